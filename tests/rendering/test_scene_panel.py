from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.halves import LOWER
from glagcn_cli.poses import PoseSequence
from glagcn_cli.rendering.scene_panel import FAINTEST, SURE, UNSURE, ScenePanel, opacity
from glagcn_cli.rendering.scene_view import SceneView, clip_points
from glagcn_cli.skeleton import H36M17
from tests.helpers.walkers import poses, standing, walk

SIZE = (640, 360)


def drawn(sequences: list[PoseSequence], index: int = 0, turn: float = 0.0) -> np.ndarray:
    panel = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    ScenePanel(sequences, SIZE, turn).draw(panel, index, index / 30)
    return panel


def at(panel: np.ndarray, sequence: PoseSequence, joint: str, index: int = 0) -> np.ndarray:
    camera = SceneView(clip_points([sequence]), SIZE).camera()
    pixel = camera.project(sequence.joints[index, H36M17.index(joint)])[0]
    column, row = np.rint(pixel).astype(int)
    return panel[row, column].astype(int)


def is_blue(colour: np.ndarray) -> bool:
    return bool(colour[2] > colour[0] + 60)


def is_orange(colour: np.ndarray) -> bool:
    return bool(colour[0] > colour[2] + 60)


@pytest.mark.parametrize("joint", ["wrist", "elbow", "knee", "ankle"])
def test_left_is_blue_and_right_is_orange_where_they_project(joint: str) -> None:
    sequence = poses(standing()[None])
    panel = drawn([sequence])
    assert is_blue(at(panel, sequence, "left_" + joint))
    assert is_orange(at(panel, sequence, "right_" + joint))
    trunk = at(panel, sequence, "thorax")
    assert np.ptp(trunk) < 20
    assert trunk.min() > 120


def test_a_figure_facing_the_camera_has_its_left_on_the_right() -> None:
    panel = drawn([poses(standing()[None])]).astype(int)[:300]  # without the legend
    columns = np.arange(SIZE[0])
    blue = (panel[..., 2] > panel[..., 0] + 60).sum(axis=0)
    orange = (panel[..., 0] > panel[..., 2] + 60).sum(axis=0)
    assert (blue * columns).sum() / blue.sum() > (orange * columns).sum() / orange.sum() + 10


def test_a_still_view_stays_identical_where_nobody_is() -> None:
    path = np.linspace([-2, 0, 0], [2, 0, 0], 90)
    sequence = poses(walk(path))
    first, last = drawn([sequence], 0), drawn([sequence], 89)
    half = SIZE[0] // 2
    nobody = sequence.valid.copy()
    nobody[45] = False
    empty = drawn([poses(walk(path), valid=nobody)], 45)
    np.testing.assert_array_equal(first[:, half:], empty[:, half:])  # walked in from the left
    np.testing.assert_array_equal(last[:, :half], empty[:, :half])
    assert (first != empty).any()


def test_the_nearer_person_hides_the_farther() -> None:
    # Two people in line with the default view; the near one's thorax must be whole.
    direction = np.array([np.sin(np.radians(25)), 0, np.cos(np.radians(25))], np.float32)
    far, near = standing()[None] - direction, standing()[None] + direction
    both = [poses(far, 1), poses(near, 2)]
    camera = SceneView(clip_points(both), SIZE).camera()
    column, row = np.rint(camera.project(near[0, H36M17.index("left_knee")])[0]).astype(int)
    for order in (both, both[::-1]):
        assert is_blue(drawn(order)[row, column].astype(int))


def test_a_figure_in_the_air_leaves_its_shadow_on_the_floor() -> None:
    joints = np.stack([standing(), standing() + np.array([0, 0.5, 0], np.float32)])
    jumping = poses(joints)
    gone = poses(joints[:, :], valid=np.array([True, False]))
    camera = SceneView(clip_points([jumping]), SIZE).camera()
    column, row = np.rint(camera.project(np.array([-0.05, 0, 0]))[0]).astype(int)
    under = np.s_[row - 3 : row + 4, column - 3 : column + 4]
    # The view of `gone` is another one, so its floor is looked at only for how dark floors are.
    assert drawn([jumping], 1)[under].sum(axis=-1, dtype=int).min() < 85
    assert drawn([gone], 1)[180:300].sum(axis=-1, dtype=int).min() > 85


def unsure(metres: float, joints: str = "") -> PoseSequence:
    uncertainty = np.full((1, 17), 0.02, np.float32)
    uncertainty[:, [joints in name for name in H36M17.joints]] = metres
    return replace(poses(standing()[None]), uncertainty=uncertainty)


def test_people_of_whom_nothing_is_said_and_who_are_sure_are_drawn_alike() -> None:
    np.testing.assert_array_equal(drawn([unsure(SURE)]), drawn([poses(standing()[None])]))


def test_unsure_limbs_are_faint_and_can_still_be_told_from_nothing() -> None:
    figure, nobody = unsure(0.4, "left_"), drawn([replace(unsure(0.0), valid=np.zeros(1, bool))])
    panel, sure = drawn([figure]), drawn([unsure(0.02)])
    for joint in ("wrist", "elbow", "knee", "ankle"):
        faint, full = at(panel, figure, f"left_{joint}"), at(sure, figure, f"left_{joint}")
        assert 20 < np.ptp(faint) < 0.45 * np.ptp(full), "less blue, but blue"
        np.testing.assert_allclose(
            at(panel, figure, f"right_{joint}"), at(sure, figure, f"right_{joint}"), atol=3
        )
    assert (panel != nobody).any()


def test_opacity_falls_smoothly_from_full_to_faintest() -> None:
    metres = np.linspace(0, 0.4, 17, dtype=np.float32)[None]
    drawn_with = opacity(replace(poses(standing()[None]), uncertainty=metres), 0)
    assert (drawn_with[metres[0] <= SURE] == 1).all()
    np.testing.assert_allclose(drawn_with[metres[0] >= UNSURE + 1e-6], FAINTEST)
    assert (np.diff(drawn_with) <= 0).all() and np.abs(np.diff(drawn_with)).max() < 0.15
    assert (opacity(poses(standing()[None]), 0) == 1).all()


def test_nobody_at_all_is_said() -> None:
    nobody = drawn([])
    never = drawn([poses(standing()[None], valid=np.zeros(1, bool))])
    np.testing.assert_array_equal(nobody, never)
    middle = nobody[160:200, 200:440]
    assert (middle.min(axis=-1) > 200).sum() > 50  # letters
    someone = poses(np.stack([standing()] * 2), valid=np.array([True, False]))
    assert (drawn([someone], 1)[160:200, 200:440].min(axis=-1) > 200).sum() == 0


def test_a_turning_view_turns() -> None:
    sequence = poses(np.stack([standing()] * 61))
    before, after = drawn([sequence], 0, turn=90), drawn([sequence], 60, turn=90)
    blue = [(p.astype(int)[:300, :, 2] - p[:300, :, 0] > 60) for p in (before, after)]
    centre = [np.nonzero(mask)[1].mean() for mask in blue]
    assert centre[0] > SIZE[0] / 2 > centre[1]  # after half a turn, left is on the left


def test_wild_poses_are_drawn_without_harm() -> None:
    joints = np.stack([standing()] * 30)
    joints[10] += np.array([300, 5, 2000], np.float32)  # far behind the camera
    joints[20, 16] = [1e6, -1e6, 1e6]
    for index in (10, 20):
        assert drawn([poses(joints)], index).any()


def test_a_half_that_was_never_seen_is_not_drawn() -> None:
    whole = poses(standing()[None])
    half = replace(whole, absent=LOWER.mask())
    panel, without = drawn([whole]), drawn([half])
    assert is_blue(at(panel, whole, "left_knee")) and not is_blue(at(without, whole, "left_knee"))
    assert is_blue(at(without, whole, "left_wrist"))
    assert (opacity(half, 0) > 0).sum() == 17 - LOWER.mask().sum()
