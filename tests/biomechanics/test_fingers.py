"""Bends of fingers of hands that are put together with known angles, and of drawn ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from benchmarks.measuring.drawn_hands import POSES, drawn
from glagcn_cli.biomechanics.fingers import (
    CLOSED,
    FINGERS,
    LIMITS,
    OPEN,
    OTHER,
    POINTING,
    SHAPES,
    finger_angles,
    hand_motion,
    hand_shapes,
    with_steady_bones,
)
from glagcn_cli.detection.hands.direct import HandPoints
from glagcn_cli.detection.hands.placing import square_of_hand
from glagcn_cli.detection.models import shipped_weights
from tests.helpers.made_hands import FIST, POINT, hand


@pytest.mark.parametrize("right", [True, False], ids=["right", "left"])
@pytest.mark.parametrize("turn", [(0, 0, 0), (0, 180, 0), (70, -20, 130)])
def test_bends_come_back(right: bool, turn: tuple[float, float, float]) -> None:
    bends = {"index": (10.0, 20.0, 5.0), "middle": (50.0, 60.0, 30.0), "ring": (-15.0, 90.0, 40.0),
             "little": (80.0, 100.0, 70.0)}  # fmt: skip
    points = Rotation.from_euler("xyz", turn, degrees=True).apply(hand(bends, right))
    found = finger_angles(points[None], right)[0]
    for number, finger in enumerate(FINGERS[1:], start=1):
        np.testing.assert_allclose(found[number, :3], bends[finger], atol=1e-6)
        assert abs(found[number, 3]) < 1e-6


def test_a_finger_that_turns_to_the_thumb_spreads() -> None:
    points = hand({})
    turn = Rotation.from_euler("z", 15, degrees=True)  # from up to the right
    points[5:9] = points[5] + turn.apply(points[5:9] - points[5])
    for right, both in ((True, points), (False, points * [-1, 1, 1])):
        assert finger_angles(both[None], right)[0, 1, 3] == pytest.approx(15, abs=1e-6)


def test_angles_stay_within_their_limits() -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, (200, 21, 3))
    found = finger_angles(noise, True)
    assert (found >= LIMITS[..., 0]).all() and (found <= LIMITS[..., 1]).all()


@pytest.mark.parametrize(
    ("bends", "shape"), [({}, OPEN), (FIST, CLOSED), (POINT, POINTING),
                         (dict.fromkeys(FINGERS[1:], (60.0, 55.0, 20.0)), OTHER)],
)  # fmt: skip
@pytest.mark.parametrize("right", [True, False])
def test_shapes_of_hands(bends: dict, shape: str, right: bool) -> None:
    assert SHAPES[hand_shapes(hand(bends, right)[None])[0]] == shape


def test_bones_have_one_length_and_keep_their_directions() -> None:
    rng = np.random.default_rng(1)
    sizes = rng.uniform(0.8, 1.2, 30)
    points = hand({"index": (30.0, 40.0, 20.0)}) * sizes[:, None, None]
    points += rng.normal(0, 1, (30, 1, 3))
    steady = with_steady_bones(points, np.ones(30, bool))
    lengths = np.linalg.norm(steady[:, 5] - steady[:, 0], axis=-1)
    np.testing.assert_allclose(lengths, np.median(sizes) * np.hypot(0.03, 0.09), rtol=1e-6)
    before, after = points[:, 6] - points[:, 5], steady[:, 6] - steady[:, 5]
    np.testing.assert_allclose(np.cross(before, after), 0, atol=1e-9)
    assert ((before * after).sum(axis=-1) > 0).all()


def test_where_a_hand_is_not_seen_nothing_is_said() -> None:
    frames = np.zeros((3, 21, 6))
    frames[1, :, 2:5], frames[1, :, 5] = hand(FIST), 0.9
    motion = hand_motion(frames, right=True)
    assert [SHAPES[shape] for shape in motion.shapes] == ["", CLOSED, ""]
    assert np.isnan(motion.angles[[0, 2]]).all() and np.isfinite(motion.angles[1]).all()
    assert motion.seen.tolist() == [False, True, False]


@pytest.mark.parametrize("shape", [OPEN, CLOSED, POINTING])
@pytest.mark.parametrize("side", ["Left", "Right"])
def test_drawn_hands_are_told_apart(shape: str, side: str) -> None:
    torch.set_num_threads(1)
    find = HandPoints(shipped_weights("hand_lite.pth"), exact=True)
    right = 0
    for angle in (0, 40, 180):
        turn = Rotation.from_euler("y", angle, degrees=True)
        picture, wrist, joints = drawn(side, POSES[shape], turn)
        square = square_of_hand(wrist[:2], joints["Index1"][:2], joints["Pinky1"][:2])
        assert square is not None
        (found,) = find([(picture, square)])
        assert found.presence > 0.5
        right += SHAPES[hand_shapes(found.metric[None])[0]] == shape
    assert right >= 2
