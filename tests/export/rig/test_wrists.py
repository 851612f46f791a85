"""Palms on their forearms: those hardly seen, or impossible, take after their neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.export.rig.rig import LEFT
from glagcn_cli.export.rig.rotations import twist_about
from glagcn_cli.export.rig.wrists import steady_hands

FRAMES = 60
SECONDS = np.arange(FRAMES) / 30
BENT = np.full(FRAMES, 1.2)
SURE = np.full(FRAMES, 0.9)
WRONG = slice(25, 31)


def forearms() -> Rotation:
    angles = np.linspace([0.2, -0.5, 0.1], [0.9, 1.2, -0.4], FRAMES)
    return Rotation.from_euler("yzx", angles)


def hands(turn: np.ndarray, bend: float = 0.3) -> Rotation:
    bent = Rotation.from_rotvec(np.tile([0.0, 0.0, bend], (FRAMES, 1)))
    return forearms() * bent * Rotation.from_rotvec(turn[:, None] * LEFT)


def apart(one: Rotation, other: Rotation) -> np.ndarray:
    return np.degrees((one.inv() * other).magnitude())


def slow() -> np.ndarray:
    return np.linspace(-0.8, 0.8, FRAMES)


def steady(hand: Rotation, certain=SURE, elbow=BENT) -> Rotation:
    return steady_hands(forearms(), hand, LEFT, certain, elbow, SECONDS)


def test_palms_that_are_seen_stay_where_they_are():
    assert apart(steady(hands(slow())), hands(slow())).max() < 1.5


@pytest.mark.parametrize("wrong", [1.0, 2.0, 3.1])
def test_palms_that_are_hardly_seen_take_after_those_beside_them(wrong):
    turn, certain = slow(), SURE.copy()
    turn[WRONG] += wrong
    certain[WRONG] = 0.03
    assert apart(steady(hands(turn), certain), hands(slow())).max() < 8.0


def test_no_bent_arm_turns_its_palm_right_round():
    turn = slow()
    turn[WRONG] += np.pi
    assert apart(steady(hands(turn)), hands(slow())).max() < 10.0


def test_a_straight_arm_turns_its_palm_from_the_shoulder_too():
    turn = slow() + np.radians(130)
    straight = np.full(FRAMES, 0.02)
    assert apart(steady(hands(turn), elbow=straight), hands(turn)).max() < 3.0


def test_a_wrist_does_not_fold_over():
    found = steady(hands(slow(), bend=2.8), certain=np.where(np.arange(FRAMES) < 20, 0.9, 0.2))
    along = (forearms().inv() * found).apply(LEFT)
    assert np.degrees(np.arccos(along @ LEFT)).max() < 90.0


def test_a_palm_that_was_never_seen_has_its_thumb_up():
    found = forearms().inv() * steady(hands(slow() + 2.0, bend=1.0), np.zeros(FRAMES))
    assert np.degrees(found.magnitude()).max() < 1.0


def test_one_frame():
    one = forearms()[:1], hands(slow())[:1]
    found = steady_hands(*one, LEFT, SURE[:1], BENT[:1], SECONDS[:1])
    assert apart(found, one[1])[0] < 1.0


def test_turns_are_told_about_an_axis():
    turns = Rotation.from_rotvec(np.multiply.outer([-3.0, 0.0, 1.0, 3.0], LEFT))
    np.testing.assert_allclose(twist_about(turns, LEFT), [-3.0, 0.0, 1.0, 3.0], atol=1e-9)
