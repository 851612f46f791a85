"""The view of a clip: the order of people in the picture, and the size of the main person."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from glagcn_cli.poses import PoseSequence
from glagcn_cli.rendering.chosen_view import SACRIFICED, ChosenView
from glagcn_cli.rendering.scene_panel import ScenePanel
from glagcn_cli.rendering.scene_view import AZIMUTH, SceneView, clip_points
from tests.helpers.walkers import poses, standing, walk

SIZE = (1280, 720)
FILM = (640, 360)
FOCAL = 500.0  # pixels of the film
CAMERA = np.array([0.0, 1.2, 6.0])  # looks along -z


def filmed(joints: np.ndarray, person: int = 1) -> PoseSequence:
    """Poses with their 2D in a picture of `FILM`."""
    away = (joints - CAMERA) * [1, -1, -1]
    pixels = FOCAL * away[..., :2] / away[..., 2:] + np.array(FILM) / 2
    return replace(poses(joints, person), keypoints=pixels.astype(np.float32))


def stands(x: float, z: float, person: int = 1, frames: int = 5) -> PoseSequence:
    return filmed(np.tile(standing() + np.array([x, 0, z], np.float32), (frames, 1, 1)), person)


def exchanged(people: list[PoseSequence], view: SceneView) -> int:
    """Count frames in which the hips of a pair stand in another order than in the picture."""
    camera, count = view.camera(), 0
    for one, other in combinations(people, 2):
        film = other.keypoints[:, 0, 0] - one.keypoints[:, 0, 0]
        drawn = [camera.project(person.joints[:, 0])[0][:, 0] for person in (one, other)]
        count += int((np.sign(film) != np.sign(drawn[1] - drawn[0])).sum())
    return count


def size_in(view: SceneView, person: PoseSequence) -> float:
    """Height of a person in a view, as a share of that in the video beside it."""
    drawn = np.ptp(view.camera().project(person.joints)[0][..., 1], axis=1)
    filmed = np.ptp(person.keypoints[..., 1], axis=1) * SIZE[1] / FILM[1]
    return float(np.median(drawn / filmed))


GROUPS = {
    "near right, far left": [(0.4, 2), (-1.0, -3)],
    "near left, far right": [(-0.4, 2), (1.0, -3)],
    "far ones on both sides": [(0.1, 2), (-1.5, -4), (1.6, -4)],
    "three in depth, falling": [(0.6, 3), (0.2, 0), (-0.6, -4)],
    "three in depth, rising": [(-0.6, 3), (-0.2, 0), (0.6, -4)],
    "in one row": [(-1.0, 0), (0.0, 0), (1.0, 0)],
    "one in front of two": [(0.0, 3), (-0.8, -1), (0.8, -1.5)],
    "far ones close together": [(0.0, 2), (1.2, -6), (1.7, -3)],
}


@pytest.mark.parametrize("places", GROUPS.values(), ids=GROUPS)
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("pixels", [None, 2.0])
def test_people_stand_in_the_order_of_the_picture(
    places: list[tuple[float, float]], mirrored: bool, pixels: float | None
) -> None:
    sides = -1 if mirrored else 1
    people = [stands(sides * x, z, n) for n, (x, z) in enumerate(places, start=1)]
    chosen = ChosenView(people, SIZE, pixels)
    assert exchanged(people, chosen.view()) == 0
    assert abs(chosen.azimuth) <= AZIMUTH


def test_a_view_that_exchanges_nobody_stays() -> None:
    people = [stands(-0.4, 2, 1), stands(1.0, -3, 2)]
    assert exchanged(people, SceneView(clip_points(people), SIZE)) == 0
    assert ChosenView(people, SIZE).azimuth == AZIMUTH
    people = [stands(0.4, 2, 1), stands(-1.0, -3, 2)]
    assert exchanged(people, SceneView(clip_points(people), SIZE)) == 5
    assert ChosenView(people, SIZE).azimuth == -AZIMUTH  # as much from the side as before


def test_one_person_alone_is_seen_from_where_they_were() -> None:
    people = [filmed(walk(np.linspace([-2, 0, 1], [2, 0, -3], 60)))]
    chosen = ChosenView(people, SIZE, 2.0)
    assert chosen.azimuth == AZIMUTH
    np.testing.assert_array_equal(chosen.points, clip_points(people))


def test_people_who_cross_are_exchanged_as_little_as_can_be() -> None:
    across = np.linspace(-1.5, 1.5, 60)[:, None]
    near, far = walk(across * [1, 0, 0] + [0, 0, 1.5]), walk(-across * [1, 0, 0] - [0, 0, 2])
    people = [filmed(near, 1), filmed(far, 2)]
    before = exchanged(people, SceneView(clip_points(people), SIZE))
    assert exchanged(people, ChosenView(people, SIZE).view()) <= 2 < 10 < before


def test_a_long_clip_is_decided_by_some_of_its_frames() -> None:
    people = [stands(0.4, 2, 1, frames=1501), stands(-1.0, -3, 2, frames=1501)]
    people[1].valid[1400:] = False
    chosen = ChosenView(people, SIZE, 2.0)
    assert chosen.azimuth == -AZIMUTH


def test_a_long_clip_may_have_all_that_poses_may_have() -> None:
    plain = stands(0.0, 3.0, frames=2000)
    rich = replace(
        plain,
        uncertainty=np.full(plain.scores.shape, 0.02, np.float32),
        contacts=np.ones((2000, 2), bool),
        up=np.tile(np.float32([0, 1, 0]), (2000, 1)),
        absent=np.zeros(17, bool),
        free=plain.joints,
    )
    assert all(value is not None for name, value in vars(rich).items() if name != "detected")
    one, other = (ChosenView([person], SIZE, 2.0) for person in (plain, rich))
    assert one.azimuth == other.azimuth
    np.testing.assert_array_equal(one.points, other.points)


def test_joints_that_were_not_seen_move_nobody() -> None:
    people = [stands(0.4, 2, 1), stands(-1.0, -3, 2)]
    keypoints, scores = people[0].keypoints.copy(), people[0].scores.copy()
    keypoints[:, 1:12], scores[:, 1:12] = -1e4, 0
    hidden = [replace(people[0], keypoints=keypoints, scores=scores), people[1]]
    assert ChosenView(hidden, SIZE).azimuth == ChosenView(people, SIZE).azimuth


@pytest.mark.parametrize("keypoints", [0.0, np.nan])
def test_without_2d_there_is_no_order_to_keep(keypoints: float) -> None:
    people = [stands(0.4, 2, 1), stands(-1.0, -3, 2)]
    unknown = [replace(p, keypoints=np.full_like(p.keypoints, keypoints)) for p in people]
    chosen = ChosenView(unknown, SIZE, 2.0)
    assert chosen.azimuth == AZIMUTH
    np.testing.assert_array_equal(chosen.points, clip_points(unknown))


BYSTANDERS = {
    "far to the left": [(-4.0, -9.0)],
    "far to the right": [(4.0, -9.0)],
    "far on both sides": [(-5.0, -12.0), (6.0, -10.0)],
    "a row behind": [(x, -8.0) for x in (-4.0, -2.0, 2.0, 4.0)],
    "beside": [(1.0, 1.0)],
}


@pytest.mark.parametrize("places", BYSTANDERS.values(), ids=BYSTANDERS)
def test_bystanders_make_the_main_person_no_smaller_than_in_the_video(
    places: list[tuple[float, float]],
) -> None:
    main = stands(0.2, 1.0)
    others = [stands(x, z, n) for n, (x, z) in enumerate(places, start=2)]
    view = ChosenView([main, *others], SIZE, SIZE[1] / FILM[1]).view()
    assert size_in(view, main) >= 0.95
    across = view.camera().project(main.joints)[0][..., 0] / SIZE[0]
    assert across.min() > 0.05 and across.max() < 0.95


COMPANY = {
    "behind to the left": [(-2.2, -1.5)],
    "behind to the right": [(2.4, -1.5)],
    "on both sides": [(-2.0, -1.0), (2.0, -1.0)],
    "beside, nearer": [(-1.2, 2.0)],
    "in company, and bystanders": [(-1.8, -0.5), (5.0, -12.0), (-6.0, -11.0)],
}


@pytest.mark.parametrize("places", COMPANY.values(), ids=COMPANY)
@pytest.mark.parametrize("mirrored", [False, True])
def test_who_is_half_as_large_as_the_main_person_is_shown_whole(
    places: list[tuple[float, float]], mirrored: bool
) -> None:
    sides = -1 if mirrored else 1
    main = stands(0.0, 1.0)
    others = [stands(sides * x, z, n) for n, (x, z) in enumerate(places, start=2)]
    view = ChosenView([main, *others], SIZE, SIZE[1] / FILM[1]).view()
    height = np.ptp(main.keypoints[..., 1])
    near = [one for one in others if np.ptp(one.keypoints[..., 1]) > 0.5 * height]
    assert near
    for person in (main, *near):
        across, down = np.moveaxis(view.camera().project(person.joints)[0] / SIZE, -1, 0)
        assert across.min() > 0.02 and across.max() < 0.98
        assert down.min() > 0.05 and down.max() < 0.95
    assert size_in(view, main) >= 0.85
    assert exchanged([main, *near], view) == 0


def test_who_walks_out_of_the_film_is_shown_to_the_end() -> None:
    """The woman of the example at 6.2 s: she is near, and far to the left of the man."""
    main = stands(0.0, 0.0, 1, frames=60)
    walker = filmed(walk(np.linspace([3.0, 0, 1.0], [-3.0, 0, 1.0], 60)), 2)
    view = ChosenView([main, walker], SIZE, SIZE[1] / FILM[1]).view()
    across = view.camera().project(walker.joints)[0][..., 0] / SIZE[0]
    assert across.min() > 0.02 and across.max() < 0.98


def test_a_main_person_larger_than_the_picture_gives_up_a_little_for_others() -> None:
    main, other = stands(0.0, 4.3), stands(-3.0, -6.0, 2)
    alone = size_in(SceneView(clip_points([main]), SIZE), main)
    assert alone < 1
    both = size_in(ChosenView([main, other], SIZE, SIZE[1] / FILM[1]).view(), main)
    assert both >= alone * (1 - SACRIFICED) * 0.98


def test_nobody() -> None:
    empty = replace(stands(0, 0), valid=np.zeros(5, bool))
    for people in ([], [empty]):
        chosen = ChosenView(people, SIZE, 2.0)
        assert chosen.azimuth == AZIMUTH
        np.testing.assert_array_equal(chosen.points, clip_points([]))


def test_who_is_not_in_the_view_has_no_number_at_its_rim() -> None:
    main, far = stands(0, 0), stands(300.0, 0, 2)
    panel = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    room = clip_points([main])
    scene = ScenePanel([], SIZE, 0.0, room)
    scene.draw_people(panel, [main], 0, 0.0)
    both = panel.copy()
    scene.draw_people(both, [main, far], 0, 0.0)
    np.testing.assert_array_equal(both[:, -200:], panel[:, -200:])
