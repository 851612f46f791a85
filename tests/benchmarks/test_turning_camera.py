"""The virtual camera that films a real clip, and the figures that compare people seen by it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks.real_video.background_following import moved_boxes
from benchmarks.real_video.turning_camera import Still, compare
from benchmarks.real_video.virtual_camera import MOTIONS, Filming, filming, intrinsics
from tests.helpers.moving_figure import sequence
from tests.helpers.planted_walk import planted_walk

STILL = intrinsics(700.0, (1280, 720))
WALK = planted_walk()
PERSON = replace(sequence(WALK.joints, fps=Fraction(50)), contacts=WALK.contacts)
TRUTH = Still(PERSON, np.eye(3), 700.0)


def test_a_camera_that_does_not_turn_sees_the_picture() -> None:
    camera = Filming(np.eye(3)[None], np.array([700.0]), (1280, 720))
    np.testing.assert_allclose(camera.matrix(0, STILL), np.eye(3), atol=1e-9)


@pytest.mark.parametrize("name", MOTIONS)
def test_motions_are_turns_and_lenses(name: str) -> None:
    camera = filming(name, 60, Fraction(30), 700.0)
    assert camera.rotation.shape == (60, 3, 3) and camera.focal.min() > 300
    np.testing.assert_allclose(np.linalg.det(camera.rotation), 1)


def test_the_pan_turns_by_60_degrees() -> None:
    camera = filming("pan of 60 degrees", 300, Fraction(30), 700.0)
    turn = Rotation.from_matrix(camera.rotation[-1] @ camera.rotation[0].T)
    assert np.degrees(turn.magnitude()) == pytest.approx(60, abs=0.5)


def test_boxes_move_with_the_picture() -> None:
    shift = np.array([[1, 0, 30], [0, 1, -20], [0, 0, 1.0]])
    boxes = np.array([[0, 0, 10, 20]], np.float32)
    np.testing.assert_allclose(moved_boxes(boxes, shift), [[30, -20, 40, 0]])
    assert moved_boxes(np.zeros((0, 4), np.float32), shift).shape == (0, 4)


def test_the_same_person_has_no_error_and_a_turned_one_has() -> None:
    joints, valid = PERSON.joints.astype(np.float64), PERSON.valid
    same = compare(joints, valid, PERSON, TRUTH)
    assert same.heading == pytest.approx(0, abs=1e-6) and same.path == pytest.approx(0, abs=1e-6)
    assert same.jitter == pytest.approx(1)
    turn = Rotation.from_euler("y", 10, degrees=True).as_matrix()
    turned = compare(joints @ turn.T, valid, PERSON, TRUTH)
    assert turned.heading == pytest.approx(10, abs=0.1)
    assert turned.path > 3
