import warnings

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.export.rig.rotations import continuous_euler, continuous_quaternions, swing
from tests.helpers.moving_figure import about

RANDOM = np.random.default_rng(0)


def unit(count):
    vectors = RANDOM.normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_swing_takes_one_direction_to_another_about_an_axis_across_both():
    start, end = unit(100), unit(100)
    turn = swing(start, end)
    assert np.allclose(turn.apply(start), end)
    assert np.allclose(np.sum(turn.as_rotvec() * start, axis=-1), 0, atol=1e-9)


@pytest.mark.parametrize("axis", np.eye(3))
def test_swing_to_the_opposite_direction_is_a_half_turn(axis):
    assert np.allclose(swing(axis[None], -axis[None]).apply(axis[None]), -axis)


def test_euler_angles_give_the_rotations_back():
    rotations = Rotation.random(400, random_state=0).as_quat().reshape(100, 4, 4)
    angles = continuous_euler(rotations, "ZXY")
    back = Rotation.from_euler("ZXY", angles.reshape(-1, 3), degrees=True)
    assert (back.inv() * Rotation.from_quat(rotations.reshape(-1, 4))).magnitude().max() < 1e-7


def test_euler_angles_go_on_through_turns_and_past_the_middle_axis_range():
    count = 200
    truth = np.stack(
        [np.linspace(0, 800, count), np.linspace(0, 170, count), np.full(count, 10.0)], axis=-1
    )
    rotations = Rotation.from_euler("ZXY", truth, degrees=True).as_quat()
    angles = continuous_euler(rotations[:, None], "ZXY")[:, 0]
    assert np.allclose(angles, truth, atol=1e-6)


def test_gimbal_lock_is_silent_and_right():
    lock = Rotation.from_euler("ZXY", [[30, 90, 40]], degrees=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        angles = continuous_euler(lock.as_quat()[None], "ZXY")
    back = Rotation.from_euler("ZXY", angles[0], degrees=True)
    assert (back.inv() * lock).magnitude().max() < 1e-6


def test_quaternions_keep_to_one_half_sphere():
    path = about("y", np.linspace(0, 1400, 300)).as_quat()
    flipped = path * RANDOM.choice([-1.0, 1.0], size=(300, 1))
    continuous = continuous_quaternions(flipped)
    assert np.sum(continuous[1:] * continuous[:-1], axis=-1).min() > 0.99
    assert np.allclose(np.abs(np.sum(continuous * path, axis=-1)), 1.0)
