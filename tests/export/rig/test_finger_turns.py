"""Rotations of finger bones: hands with known bends come back from the rig's joints."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.biomechanics.fingers import FINGERS, finger_angles, hand_motion
from glagcn_cli.export.rig.finger_bones import FINGER_BONES
from glagcn_cli.export.rig.finger_turns import (
    RESTING,
    finger_rotations,
    resting_fingers,
    steady_angles,
)
from glagcn_cli.export.rig.kinematics import fit_person
from glagcn_cli.export.rig.rig import RigMotion
from tests.helpers.made_hands import FIST, hand, with_hands
from tests.helpers.moving_figure import sequence, walking

FPS = Fraction(50)
BENDS = {"index": (10.0, 20.0, 5.0), "middle": (50.0, 60.0, 30.0), "ring": (0.0, 90.0, 40.0),
         "little": (80.0, 100.0, 70.0)}  # fmt: skip


def points_of(motion: RigMotion, side: str) -> np.ndarray:
    """(frames, 21, 3) of a hand of the rig, x right, y down, z away from the camera."""
    rig, turns = motion.rig, motion.turns_by_name()
    places = dict(zip(rig.names, rig.positions(motion.root, motion.turns()), strict=True))
    found = [places[f"{side.capitalize()}Hand"]]
    for bone in FINGER_BONES:
        if bone.side == side:
            found.append(places[bone.name])
            if bone.number == 2:
                found.append(places[bone.name] + turns[bone.name].apply(rig.end_sites[bone.name]))
    return np.stack(found, axis=1) * [1, -1, -1]


def test_bends_come_back_from_the_joints_of_the_rig() -> None:
    person = with_hands(sequence(walking(30).joints), hand(BENDS, False), hand(FIST, True))
    motion = fit_person(person)
    for side, right, bends in (("left", False, BENDS), ("right", True, FIST)):
        found = finger_angles(points_of(motion, side), right)
        for number, finger in enumerate(FINGERS[1:], start=1):
            meant = [bends[finger]] * 30
            # A little of the resting pose is mixed in, and the fan of the knuckles is not flat.
            np.testing.assert_allclose(found[:, number, :3], meant, atol=3.0)


@pytest.mark.parametrize("palmar", [0.0, 40.0])
def test_thumbs_point_where_they_did(palmar: float) -> None:
    made = hand({}, True)
    axis = made[2] - made[1]
    base, tip = made[1], made[1:5]
    across = np.cross(axis, [0, 0, -1]) / np.linalg.norm(axis)
    out = Rotation.from_rotvec(np.radians(palmar) * across)
    made[1:5] = base + out.apply(tip - base)
    seen = finger_angles(made[None], True)[0, 0]
    motion = fit_person(with_hands(sequence(walking(3).joints), made * [-1, 1, 1], made))
    for side, right in (("left", False), ("right", True)):
        found = finger_angles(points_of(motion, side), right)[:, 0]
        np.testing.assert_allclose(found, [seen] * 3, atol=3.0)


def test_a_mirrored_hand_has_mirrored_rotations() -> None:
    both = [hand_motion(_frames(hand(BENDS, right)), right) for right in (False, True)]
    turns = finger_rotations(both, FPS)
    left, right = turns[:, :15], turns[:, 15:]
    np.testing.assert_allclose(left * [1, -1, -1, 1], right, atol=1e-6)


def test_a_hand_that_was_never_seen_hangs_down_and_is_named() -> None:
    motion = fit_person(with_hands(sequence(walking(5).joints), None, hand(FIST)))
    gone = {bone.name for bone in FINGER_BONES if bone.side == "left"}
    assert set(motion.absent) == gone
    turns = motion.turns_by_name()
    resting = resting_fingers({"left": turns["LeftHand"]})
    assert resting.keys() == gone
    for name, turn in resting.items():
        assert (turn.inv() * turns[name]).magnitude().max() < 1e-6
    found = finger_angles(points_of(motion, "left"), right=False)
    np.testing.assert_allclose(found[:, 1:, :3], np.tile(RESTING[1:, :3], (5, 1, 1)), atol=3.0)


def test_fingers_go_over_to_rest_where_a_hand_is_not_seen() -> None:
    frames = _frames(hand(FIST), 300)
    frames[60:260, :, 5] = 0.0
    frames[60:260, :, 2:5] = hand({})
    angles = steady_angles(hand_motion(frames, True), FPS)
    fist = finger_angles(hand(FIST)[None], True)[0]
    np.testing.assert_allclose(angles[30], fist, atol=2.5)
    np.testing.assert_allclose(angles[160], RESTING, atol=4.0)
    assert np.abs(np.diff(angles, axis=0)).max() < 6.0  # degrees a frame: no jump
    blink = _frames(hand(FIST), 60)
    blink[30:33, :, 5] = 0.0
    np.testing.assert_allclose(steady_angles(hand_motion(blink, True), FPS)[31], fist, atol=6.0)


def test_noise_is_averaged_and_limits_hold() -> None:
    rng = np.random.default_rng(0)
    frames = _frames(hand(BENDS), 100)
    frames[..., 2:5] += rng.normal(0, 0.005, frames[..., 2:5].shape)
    motion = hand_motion(frames, True)
    rough = np.abs(np.diff(motion.angles[:, 1:, :3], axis=0)).mean()
    assert np.abs(np.diff(steady_angles(motion, FPS)[:, 1:, :3], axis=0)).mean() < 0.25 * rough


def test_people_without_hands_have_no_fingers() -> None:
    motion = fit_person(sequence(walking(3).joints))
    assert not motion.rig.fingers and motion.rotations.shape[1] == len(motion.rig.names) == 19


def _frames(points: np.ndarray, count: int = 10) -> np.ndarray:
    frames = np.zeros((count, 21, 6))
    frames[..., 2:5], frames[..., 5] = points, 0.95
    return frames
