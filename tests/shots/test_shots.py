"""A film with cuts, from pixels to scenes: nothing is carried from one shot into another."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.keypoints import cache
from glagcn_cli.keypoints.source import CACHE, DETECTION, KeypointsUse
from glagcn_cli.pipeline.process_video import process_video
from glagcn_cli.pipeline.settings import EVERYBODY, Settings
from glagcn_cli.pipeline.video_lifter import LiftedVideo, VideoLifter
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.placing import to_scene, to_scenes
from glagcn_cli.scene.stature import stature
from glagcn_cli.shots.camera_motion import CAMERA_DRIFT, CAMERA_MOVES
from glagcn_cli.shots.film_cuts import FILM_CUTS
from glagcn_cli.shots.shots import Shot, between_cuts, in_clip, shots_of, shots_of_part
from tests.helpers.clips import encode
from tests.helpers.fake_detection import FakeDetector, random_lifter, use_detector
from tests.helpers.filmed_figure import SIZE, Camera, walk
from tests.helpers.landscape import landscape, view, watch

OTHER_PLACE = landscape(9)[300:660, 500:1140]
KEPT = {
    FILM_CUTS: np.array([10, 14, 30]),
    CAMERA_MOVES: np.array([False, True, False, True]),
    CAMERA_DRIFT: np.array([0.0, 0.1, 0.0, 0.2]),
}


# What is kept of a clip --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cuts, expected",
    [
        ([], [(0, 40)]),
        ([10, 30], [(0, 10), (10, 30), (30, 40)]),
        ([30, 10, 10, 0, -5, 40, 10**9], [(0, 10), (10, 30), (30, 40)]),
    ],
)
def test_shots_lie_between_cuts(cuts: list[int], expected: list[tuple[int, int]]) -> None:
    assert [(shot.start, shot.stop) for shot in between_cuts(cuts, 40)] == expected


def test_each_shot_has_its_own_camera() -> None:
    assert shots_of(KEPT, 40) == [
        Shot(0, 10), Shot(10, 14, True, 0.1), Shot(14, 30), Shot(30, 40, True, 0.2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "kept, moving",
    [
        ({}, False),
        ({CAMERA_MOVES: np.array(True), CAMERA_DRIFT: np.array(0.1)}, True),
        ({CAMERA_MOVES: np.array([False, True, True])}, True),
    ],
)
def test_what_says_nothing_of_cuts_is_one_shot(kept: dict, moving: bool) -> None:
    (shot,) = shots_of(kept, 40)
    assert (shot.start, shot.stop, shot.moving_camera) == (0, 40, moving)


@pytest.mark.parametrize(
    "part, cuts, moves",
    [
        (slice(None), [10, 14, 30], [False, True, False, True]),
        (slice(12, 31), [2, 18], [True, False, True]),
        (slice(11, 13), [], [True]),
        (slice(0, None, 6), [2, 3, 5], [False, True, False, True]),
        (slice(0, None, 9), [2, 4], [False, False, True]),  # the second shot lies between frames
    ],
)
def test_shots_of_a_part_are_those_that_it_shows(part, cuts, moves) -> None:
    kept = shots_of_part(KEPT, 40, part)
    assert kept[FILM_CUTS].tolist() == cuts and kept[CAMERA_MOVES].tolist() == moves
    assert [shot.drift > 0 for shot in shots_of(kept, len(range(40)[part]))] == moves
    assert shots_of_part({}, 40, part) == {}


# Cameras -----------------------------------------------------------------------------------------


def test_a_cut_is_no_motion_of_the_camera() -> None:
    """The second shot shows the same place from beside: as if the camera had jumped."""
    frames = [view(800)] * 45 + [view(890)] * 45
    assert watch(frames).arrays()[CAMERA_MOVES].tolist() == [True], "so it looks without the cut"
    assert watch(frames).arrays([45])[CAMERA_MOVES].tolist() == [False, False]


def test_one_shot_moves_and_the_other_does_not() -> None:
    frames = [view(800)] * 45 + [view(300 + 6 * t) for t in range(45)]
    told = watch(frames).arrays([45])
    assert told[CAMERA_MOVES].tolist() == [False, True]
    assert told[CAMERA_DRIFT][1] == pytest.approx(6 * 44 / 640, rel=0.3)


# Scenes ------------------------------------------------------------------------------------------


def test_a_shot_is_placed_as_if_there_were_no_other() -> None:
    """One camera looks down, the other is rolled: together they say of neither which way is up."""
    cameras = [Camera(down=25, roll=10), Camera(down=-5, roll=-12)]
    people = [camera.film(walk(40, 150), person=k + 1) for k, camera in enumerate(cameras)]
    choices = SceneChoices(cameras[0].fov)
    together = to_scene(people, SIZE, choices)
    each = to_scenes([[person] for person in people], SIZE, [choices] * 2)
    for person, placed, pooled in zip(people, each, together, strict=True):
        (alone,) = to_scene([person], SIZE, choices)
        np.testing.assert_array_equal(placed.joints, alone.joints)
        off = np.linalg.norm(np.diff((pooled.joints - alone.joints)[[0, -1], 0], axis=0))
        assert off > 0.1, "metres that the path is wrong by with the other's up"


def test_the_main_persons_height_scales_all_shots_alike() -> None:
    camera = Camera()
    shots = [[camera.film(walk(90, 60), person=2)], [camera.film(walk(0, 60), person=1)]]
    plain = to_scenes(shots, SIZE, [SceneChoices(camera.fov)] * 2)
    tall = to_scenes(shots, SIZE, [SceneChoices(camera.fov, height=2.0)] * 2)
    assert stature(tall[1].joints) == pytest.approx(2.0, rel=0.01)
    for one, other in zip(plain, tall, strict=True):
        np.testing.assert_allclose(other.joints, one.joints * 2.0 / stature(plain[1].joints),
                                   atol=1e-4)  # fmt: skip


def test_poses_of_a_shot_are_laid_out_in_their_clip() -> None:
    poses = Camera().film(walk(0, 20), person=3)
    shot = Shot(30, 50)
    wide = in_clip(poses, shot, 70)
    assert len(wide) == 70 and wide.person == 3
    assert np.flatnonzero(wide.valid).tolist() == list(range(30, 50))
    np.testing.assert_array_equal(wide.joints[shot.frames], poses.joints)
    assert in_clip(poses, Shot(0, 20), 20) is poses


# Whole runs --------------------------------------------------------------------------------------


@pytest.fixture
def film(tmp_path: Path) -> Path:
    frames = [view(800)] * 40 + [OTHER_PLACE] * 40
    return encode(tmp_path / "in.mp4", np.stack(frames), 30)


def lift(film: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> LiftedVideo:
    use_detector(monkeypatch, FakeDetector(people=2))
    lifter = random_lifter(film.parent / "lifter.pth")
    return models(lifter, **settings).lift(film)


def models(lifter: Path, **settings: object) -> VideoLifter:
    return VideoLifter(Settings(lifter=str(lifter), device="cpu", **settings))  # type: ignore


def test_nobody_is_the_same_person_after_a_cut(film, monkeypatch, caplog) -> None:
    with caplog.at_level(logging.INFO):
        lifted = lift(film, monkeypatch, people=EVERYBODY)
    assert "the film is cut (at 1.33 s): each of its 2 shots" in caplog.text
    assert lifted.people_found == 4 == len(lifted.sequences)
    assert [shot.start for shot in lifted.shots] == [0, 40]
    for sequence, person in zip(lifted.sequences, lifted.keypoints, strict=True):
        assert len(sequence) == len(person) == 80
        assert sequence.person == person.person
        np.testing.assert_array_equal(sequence.valid, person.valid)
        seen = np.flatnonzero(sequence.valid)
        assert seen.tolist() in (list(range(40)), list(range(40, 80)))


def test_a_shot_is_lifted_as_if_it_were_a_clip_of_its_own(film, monkeypatch, tmp_path) -> None:
    lifted = lift(film, monkeypatch, people=EVERYBODY)
    alone = encode(tmp_path / "first.mp4", np.stack([view(800)] * 40), 30)
    first = lift(alone, monkeypatch, people=EVERYBODY)
    shown = [sequence for sequence in lifted.sequences if sequence.valid[0]]
    for one, other in zip(first.sequences, shown, strict=True):
        np.testing.assert_allclose(other.joints[:40], one.joints, atol=1e-5)


@pytest.mark.parametrize("most, people", [(1, 1), (3, 3), (9, 4)])
def test_the_most_important_of_all_are_lifted(film, monkeypatch, caplog, most, people) -> None:
    with caplog.at_level(logging.INFO):
        lifted = lift(film, monkeypatch, people=EVERYBODY, max_people=most)
    assert [sequence.person for sequence in lifted.sequences] == list(range(1, people + 1))
    assert lifted.people_found == 4
    assert (f"the {most} most in view are lifted" in caplog.text) == (people < 4)


def test_cuts_are_kept_with_the_2d(film, monkeypatch, tmp_path) -> None:
    use_detector(monkeypatch, FakeDetector(people=2))
    lifter = models(random_lifter(tmp_path / "lifter.pth"), people=EVERYBODY)
    process_video(lifter, film, [tmp_path / "a.npz"], use=KeypointsUse(save_2d=True))
    again = lifter.lift(None, use=KeypointsUse(from_2d=tmp_path / "a.keypoints.npz"))
    assert [shot.start for shot in again.shots] == [0, 40]
    assert len(again.sequences) == 4


def test_2d_that_was_kept_before_cuts_were_looked_for_is_not_used(
    film, monkeypatch, tmp_path
) -> None:
    use = KeypointsUse(cache=True)
    lifter = models(random_lifter(tmp_path / "lifter.pth"))
    assert cache.RESULTS > 1
    for results, source in ((1, DETECTION), (2, DETECTION), (2, CACHE)):
        monkeypatch.setattr(cache, "RESULTS", results)
        use_detector(monkeypatch, FakeDetector())
        assert VideoLifter(lifter.settings).lift(film, use=use).found.source == source
