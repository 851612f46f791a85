from __future__ import annotations

import numpy as np
import pytest
from moving_figure import walking

from glagcn_cli.bones import bone_lengths, steady_bones
from glagcn_cli.skeleton import H36M17

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


def test_steady_bones_keep_root_and_directions_and_make_sides_alike():
    noise = np.random.default_rng(0).normal(0, 0.02, (60, 17, 3))
    joints = walking(60).joints + noise
    steady = steady_bones(joints, np.ones(60, bool))
    np.testing.assert_array_equal(steady[:, 0], joints[:, 0])
    np.testing.assert_allclose(directions(steady), directions(joints), atol=1e-9)
    assert lengths(steady).std(axis=0).max() < 1e-12
    mirrored = [CHILDREN.tolist().index(H36M17.mirror[child]) for child in CHILDREN]
    np.testing.assert_allclose(lengths(steady), lengths(steady)[:, mirrored], atol=1e-12)


def test_only_valid_frames_say_how_long_bones_are():
    joints = walking(20).joints.astype(np.float64)
    joints[10:] = 0.0
    valid = np.arange(20) < 10
    steady = steady_bones(joints, valid)
    np.testing.assert_allclose(steady[:10], joints[:10], atol=1e-9)
    assert np.isfinite(steady).all()
