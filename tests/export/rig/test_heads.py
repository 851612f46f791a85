"""Heads that are turned as nose and ears show."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.export.rig.extremities import NECK_SHARE
from glagcn_cli.export.rig.heads import EARS_APART, NOSE_AHEAD, Face, face_of, picture_of
from glagcn_cli.export.rig.kinematics import fit_person, fit_rig
from glagcn_cli.export.rig.rig import FRONT, LEFT, NAMES, UP
from glagcn_cli.poses import Keypoints2D, PoseSequence
from glagcn_cli.skeleton import COCO25, H36M17
from tests.helpers.moving_figure import Figure

FRAMES, FPS = 40, 25.0
SCALE = 240.0  # pixels a metre


def filmed(turn: float, heading: float, score: float = 0.9):
    """Return joints of a standing body, and its face with a turned head, from far away."""
    made = Figure(FRAMES, heading=heading, shoulder=20.0, elbow=40.0, hip=15.0, knee=20.0)
    joints = made.joints
    chest = Rotation.from_rotvec(np.radians(heading) * UP)
    head = chest * Rotation.from_rotvec(np.radians(turn) * UP)
    middle = joints[:, H36M17.index("head")]
    offsets = (NOSE_AHEAD * FRONT, EARS_APART / 2 * LEFT, -EARS_APART / 2 * LEFT)
    face = np.stack([middle + head.apply(offset) for offset in offsets], axis=1)

    def pixels(points):
        return points[..., :2] * [SCALE, -SCALE] + [320, 400]

    weights = np.ones(joints.shape[:2])
    return joints, Face(pixels(face), np.full((FRAMES, 3), score), pixels(joints), weights)


def looks(joints, face):
    motion = fit_rig(joints, np.ones(FRAMES, bool), Fraction(25), face=face)
    turns = dict(zip(NAMES, motion.turns(), strict=True))

    def heading(name):
        ahead = turns[name].apply(FRONT)
        return np.degrees(np.arctan2(ahead[:, 0], ahead[:, 2]))

    return heading("Head"), heading("Neck"), motion


@pytest.mark.parametrize("heading", [0.0, 40.0, -60.0])
@pytest.mark.parametrize("turn", [0.0, 30.0, -55.0])
def test_a_head_looks_where_nose_and_ears_say(turn, heading):
    head, neck, _ = looks(*filmed(turn, heading))
    np.testing.assert_allclose(head, heading + turn, atol=4.0)
    np.testing.assert_allclose(neck, heading + NECK_SHARE * turn, atol=4.0)


def test_backs_of_heads_are_told_from_faces():
    head, _, _ = looks(*filmed(25.0, 180.0))
    np.testing.assert_allclose(np.abs((head - 205.0 + 180) % 360 - 180), 0, atol=4.0)


def test_faces_that_are_not_seen_turn_nothing():
    head, _, _ = looks(*filmed(50.0, 20.0, score=0.02))
    np.testing.assert_allclose(head, 20.0, atol=6.0)


def test_without_a_face_heads_look_ahead():
    joints, _ = filmed(50.0, 20.0)
    head, _, motion = looks(joints, None)
    np.testing.assert_allclose(head, 20.0, atol=1e-6)
    assert len(motion) == FRAMES


def test_a_face_is_known_where_the_detectors_own_2d_comes_along():
    joints, face = filmed(40.0, 10.0)
    points = np.zeros((FRAMES, len(COCO25), 2), np.float32)
    scores = np.zeros((FRAMES, len(COCO25)), np.float32)
    columns = COCO25.indices(["nose", "left_ear", "right_ear"])
    points[:, columns], scores[:, columns] = face.points, face.scores
    everywhere = np.ones(FRAMES, bool)
    seen = Keypoints2D(points, scores, everywhere, Fraction(25), (640, 480), COCO25)
    person = PoseSequence(
        joints.astype(np.float32), np.ones(joints.shape[:2], np.float32), everywhere,
        Fraction(25), face.keypoints.astype(np.float32), detected=seen,
    )  # fmt: skip
    turns = dict(zip(NAMES, fit_person(person).turns(), strict=True))
    ahead = turns["Head"].apply(FRONT)
    np.testing.assert_allclose(np.degrees(np.arctan2(ahead[:, 0], ahead[:, 2])), 50.0, atol=4.0)
    assert face_of(replace(person, detected=None)) is None


def test_joints_are_where_they_were():
    joints, face = filmed(50.0, 20.0)
    *_, turned = looks(joints, face)
    *_, ahead = looks(joints, None)
    np.testing.assert_allclose(turned.joint_positions(), ahead.joint_positions(), atol=1e-9)


def test_the_scale_of_the_picture_is_found_from_the_body():
    joints, face = filmed(0.0, 30.0)
    across = picture_of(joints, face)
    np.testing.assert_allclose(across[:, 0], SCALE, rtol=0.02)
    assert np.abs(across[:, 2]).max() < 0.1 * SCALE
