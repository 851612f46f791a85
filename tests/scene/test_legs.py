from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.scene.legs import LEGS, reach_for
from tests.helpers.moving_figure import SHIN, THIGH, Figure, walking

RNG = np.random.default_rng(5)
LEFT = LEGS[0]
FAR = np.full(40, 9.0)  # metres: as far as the leg is long


def bones(joints: np.ndarray) -> np.ndarray:
    return np.stack(LEFT.lengths(joints), axis=1)


def test_an_ankle_comes_to_every_place_that_the_leg_can_reach() -> None:
    joints = walking(40).joints
    away = RNG.normal(size=(40, 3))
    away *= RNG.uniform(0.1, THIGH + SHIN - 0.01, (40, 1)) / np.linalg.norm(away, axis=1)[:, None]
    target = joints[:, LEFT.hip] + away
    reached = joints.copy()
    reach_for(reached, LEFT, target, FAR)
    np.testing.assert_allclose(reached[:, LEFT.ankle], target, atol=1e-9)
    np.testing.assert_allclose(bones(reached), bones(joints), atol=1e-9)
    others = [i for i in range(17) if i not in (LEFT.knee, LEFT.ankle)]
    np.testing.assert_array_equal(reached[:, others], joints[:, others])


@pytest.mark.parametrize("longest, distance", [(9.0, THIGH + SHIN), (0.8, 0.8)])
def test_what_is_too_far_is_reached_for(longest: float, distance: float) -> None:
    joints = walking(40).joints
    hip = joints[:, LEFT.hip].copy()
    direction = np.array([0.6, -0.8, 0.0])
    reach_for(joints, LEFT, hip + 3 * direction, np.full(40, longest))
    np.testing.assert_allclose(joints[:, LEFT.ankle], hip + distance * direction, atol=1e-9)


def test_a_leg_that_is_where_it_is_to_be_stays_as_it_is() -> None:
    joints = walking(40).joints
    still = joints.copy()
    reach_for(still, LEFT, joints[:, LEFT.ankle], FAR)
    np.testing.assert_allclose(still, joints, atol=2e-3)  # the straightest knees are drawn forward


def test_a_straight_leg_bends_to_the_front() -> None:
    joints = Figure(40, heading=30.0).joints
    reach_for(joints, LEFT, joints[:, LEFT.ankle] + [0, 0.1, 0], FAR)
    front = np.array([np.sin(np.radians(30)), 0, np.cos(np.radians(30))])
    aside = joints[:, LEFT.knee] - joints[:, LEFT.hip]
    assert (aside @ front > 0.1).all()
    assert np.abs(aside @ np.cross([0, 1, 0], front)).max() < 0.02


def test_a_place_on_the_hip_itself_is_no_error() -> None:
    joints = walking(40).joints
    reach_for(joints, LEFT, joints[:, LEFT.hip].copy(), FAR)
    assert np.isfinite(joints).all()
