from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from glagcn_cli.scene.bones import bone_lengths, steady_bones
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import walking

PARENTS, CHILDREN = np.array(H36M17.bone_indices).T


def lengths(joints):
    return np.linalg.norm(joints[:, CHILDREN] - joints[:, PARENTS], axis=-1)


def directions(joints):
    bones = joints[:, CHILDREN] - joints[:, PARENTS]
    return bones / np.linalg.norm(bones, axis=-1, keepdims=True)


def test_bone_lengths_are_medians_that_one_bad_frame_does_not_move():
    joints = walking(21).joints.copy()
    joints[3, H36M17.index("left_knee")] += 5.0
    assert bone_lengths(joints)["left_knee"] == pytest.approx(0.43, abs=1e-9)


def test_steady_bones_leave_a_figure_of_constant_bones_alone():
    joints = walking(21).joints
    np.testing.assert_allclose(steady_bones(joints, np.ones(21, bool)), joints, atol=1e-9)


def noisy(frames=60, metres=0.02, seed=0):
    rng = np.random.default_rng(seed)
    return walking(frames).joints + rng.normal(0, metres, (frames, 17, 3))


def laid_end_to_end(joints):
    laid = joints.copy()
    length = bone_lengths(joints)
    for number, (parent, child) in enumerate(H36M17.bone_indices):
        bone = directions(joints)[:, number] * length[H36M17.joints[child]]
        laid[:, child] = laid[:, parent] + bone
    return laid


def test_steady_bones_keep_the_root_and_one_length_on_both_sides():
    joints = noisy()
    steady = steady_bones(joints, np.ones(60, bool))
    np.testing.assert_array_equal(steady[:, 0], joints[:, 0])
    assert lengths(steady).std(axis=0).max() < 1e-12
    mirrored = [CHILDREN.tolist().index(H36M17.mirror[child]) for child in CHILDREN]
    np.testing.assert_allclose(lengths(steady), lengths(steady)[:, mirrored], atol=1e-12)
    expected = [bone_lengths(joints)[H36M17.joints[child]] for child in CHILDREN]
    np.testing.assert_allclose(lengths(steady)[0], expected, atol=1e-12)


def test_steady_joints_are_nearer_than_bones_laid_end_to_end():
    joints = noisy()
    near = np.square(steady_bones(joints, np.ones(60, bool)) - joints).sum(axis=(1, 2))
    far = np.square(laid_end_to_end(joints) - joints).sum(axis=(1, 2))
    assert near.mean() < 0.6 * far.mean()


def test_the_root_stays_the_middle_between_the_hips():
    steady = steady_bones(noisy(), np.ones(60, bool))
    left, right = H36M17.indices(["left_hip", "right_hip"])
    np.testing.assert_allclose((steady[:, left] + steady[:, right]) / 2, steady[:, 0], atol=1e-12)


def test_steady_joints_are_about_as_near_as_can_be():
    """Against scipy's minimiser over the directions of all bones."""
    joints = noisy(1, 0.04)
    length = bone_lengths(joints)
    length = np.array([length[H36M17.joints[child]] for child in CHILDREN])
    left, right = (
        CHILDREN.tolist().index(hip) for hip in H36M17.indices(["left_hip", "right_hip"])
    )

    def miss(numbers):
        turned = numbers.reshape(16, 3)
        turned = turned / np.linalg.norm(turned, axis=1, keepdims=True) * length[:, None]
        turned[right] = -turned[left]
        pose = joints[0].copy()
        for number, (parent, child) in enumerate(H36M17.bone_indices):
            pose[child] = pose[parent] + turned[number]
        return (pose - joints[0]).ravel()

    best = least_squares(miss, directions(joints)[0].ravel()).cost * 2
    found = np.square(steady_bones(joints, np.ones(1, bool)) - joints).sum()
    assert best <= found + 1e-9
    assert found < 1.03 * best


def test_a_joint_known_to_be_unsure_does_not_pull_the_others():
    joints, wrist = walking(40).joints.copy(), H36M17.index("left_wrist")
    rest = [joint for joint in range(17) if joint != wrist]
    joints[:20, wrist] += [0.0, 0.3, 0.3]
    unsure = np.full((40, 17), 0.03)
    unsure[:20, wrist] = 0.3
    true, valid = walking(40).joints, np.ones(40, bool)
    alike, told = (
        np.linalg.norm(steady_bones(joints, valid, given) - true, axis=-1)[:, rest].max()
        for given in (None, unsure)
    )
    assert told < 0.01
    assert told < 0.1 * alike


def test_lengths_are_read_where_joints_are_sure_and_on_the_better_side():
    joints, knee = walking(40).joints.copy(), H36M17.index("left_knee")
    joints[:30, knee] = joints[:30, H36M17.index("left_hip")] + [0.0, -0.2, 0.0]
    unsure = np.full((40, 17), 0.03)
    unsure[:30, knee] = 0.25
    length = bone_lengths(joints, unsure)
    assert length["left_knee"] == length["right_knee"] == pytest.approx(0.43, abs=1e-9)


def test_the_same_uncertainty_everywhere_is_as_good_as_none():
    joints, valid = noisy(), np.ones(60, bool)
    alike = steady_bones(joints, valid, np.full((60, 17), 0.07))
    np.testing.assert_allclose(alike, steady_bones(joints, valid), atol=1e-12)


def test_joints_in_one_place_are_no_error():
    joints = noisy()
    joints[10] = 0.0
    with np.errstate(all="raise"):
        steady = steady_bones(joints, np.ones(60, bool), np.zeros((60, 17)))
    assert np.isfinite(steady).all()


def test_only_valid_frames_say_how_long_bones_are():
    joints = walking(20).joints.astype(np.float64)
    joints[10:] = 0.0
    valid = np.arange(20) < 10
    steady = steady_bones(joints, valid)
    np.testing.assert_allclose(steady[:10], joints[:10], atol=1e-9)
    assert np.isfinite(steady).all()
