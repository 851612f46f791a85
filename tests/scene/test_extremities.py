"""Feet and palms on bodies that the scene changes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from glagcn_cli.poses import PoseSequence
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.extremities import SOLE_HEIGHT, carry, of_one_length
from glagcn_cli.scene.placing import to_scene
from glagcn_cli.skeleton import H36M17, H36M25
from tests.helpers.synthetic_motion import walking, with_extremities

FRAMES = 50
BODY = len(H36M17)
TO_SCENE = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])  # the helper's z is up


def motion() -> np.ndarray:
    return (with_extremities(walking(FRAMES)) @ TO_SCENE.T).astype(np.float64)


def in_camera(joint_set=H36M25) -> PoseSequence:
    """Somebody who walks on the spot, upright, 4 m before a level camera."""
    joints = with_extremities(walking(FRAMES, 0.0)) @ np.array(
        [[0.0, 0, -1], [-1, 0, 0], [0, -1, 0]]
    )
    joints = (joints - joints[:, :1])[:, : len(joint_set)]
    pixels = 600 * joints[..., :2] / (joints[..., 2:] + 4) + [320, 240]
    return PoseSequence(
        joints.astype(np.float32), np.ones(joints.shape[:2], np.float32), np.ones(FRAMES, bool),
        Fraction(50), pixels.astype(np.float32), "camera", joint_set,
    )  # fmt: skip


def lengths(joints: np.ndarray) -> np.ndarray:
    return np.stack(
        [
            np.linalg.norm(joints[:, child] - joints[:, parent], axis=-1)
            for parent, child in H36M25.bone_indices
            if child >= BODY
        ]
    )


def test_feet_and_palms_keep_their_directions_and_get_one_length():
    joints = motion()
    unsteady = joints.copy()
    grown = 1 + 0.2 * np.sin(np.arange(FRAMES))[:, None]
    for parent, child in H36M25.bone_indices:
        if child >= BODY:
            unsteady[:, child] = unsteady[:, parent] + grown * (
                joints[:, child] - joints[:, parent]
            )
    shifted = joints[:, :BODY] + 0.3
    steady = of_one_length(unsteady, shifted, np.ones(FRAMES, bool))
    np.testing.assert_array_equal(steady[:, :BODY], shifted)
    assert np.ptp(lengths(steady), axis=1).max() < 1e-9
    heel, toe = H36M25.index("left_heel"), H36M25.index("left_big_toe")
    sole = steady[:, toe] - steady[:, heel]
    np.testing.assert_allclose(np.cross(sole, joints[:, toe] - joints[:, heel]), 0, atol=1e-6)


def test_a_body_alone_is_left_as_it_is():
    joints = motion()[:, :BODY]
    assert of_one_length(joints, joints + 1, np.ones(FRAMES, bool)).shape == joints.shape
    after = joints.copy()
    carry(joints, after)
    np.testing.assert_array_equal(after, joints)


def test_feet_go_where_their_ankles_go():
    before = motion()
    after = before.copy()
    after[:, H36M25.index("left_ankle")] += [0.1, 0.02, 0.0]
    carry(before, after)
    for joint in ("left_heel", "left_big_toe"):
        moved = after[:, H36M25.index(joint)] - before[:, H36M25.index(joint)]
        np.testing.assert_allclose(moved, np.tile([0.1, 0.02, 0.0], (FRAMES, 1)), atol=1e-9)
    for joint in ("right_heel", "left_index_knuckle"):
        np.testing.assert_array_equal(after[:, H36M25.index(joint)], before[:, H36M25.index(joint)])


def test_the_body_stands_in_the_scene_as_without_feet_and_palms():
    whole, alone = (
        to_scene([in_camera(joint_set)], (640, 480), SceneChoices())[0]
        for joint_set in (H36M25, H36M17)
    )
    assert whole.joint_set is H36M25
    np.testing.assert_allclose(whole.joints[:, :BODY], alone.joints, atol=1e-4)
    np.testing.assert_array_equal(whole.contacts, alone.contacts)
    soles = whole.joints[:, H36M25.indices(["left_heel", "right_heel"]), 1]
    assert soles.min() > -1e-6
    assert np.abs(soles[whole.contacts] - SOLE_HEIGHT).max() < 0.01
    assert np.ptp(lengths(whole.joints), axis=1).max() < 1e-4
