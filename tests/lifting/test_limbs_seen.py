"""Limbs that are turned to where the picture shows them."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.camera import focal_length
from glagcn_cli.joint_set import JointSet
from glagcn_cli.lifting.limbs_seen import limbs_as_seen
from glagcn_cli.lifting.sight import sight_of
from glagcn_cli.skeleton import H36M17, H36M25
from tests.helpers.moving_figure import walking

SIZE, FOV, FPS, FRAMES = (1280, 720), 60.0, 30.0, 12
FAR = np.array([0.3, 0.1, 4.0])  # metres, from the camera to the hip
ARM = H36M17.indices(["left_shoulder", "left_elbow", "left_wrist"])


def body() -> np.ndarray:
    """Somebody who walks past a camera (frames, 17, 3): x right, y down, relative to the hip."""
    joints = walking(FRAMES, FPS).joints.astype(np.float64)
    return (joints - joints[:, :1]) * [1, -1, -1]


def film(joints: np.ndarray) -> np.ndarray:
    """Return the pixels of joints relative to the hip."""
    there = joints + FAR
    return there[..., :2] / there[..., 2:] * focal_length(SIZE, FOV) + (np.array(SIZE) - 1) / 2


def with_arm(joints: np.ndarray, way: np.ndarray, frames: slice = slice(None)) -> np.ndarray:
    """Return the body with its left arm held out straight."""
    shoulder, elbow, wrist = ARM
    held = joints.copy()
    for start, end in ((shoulder, elbow), (elbow, wrist)):
        length = np.linalg.norm(joints[frames, end] - joints[frames, start], axis=-1)
        held[frames, end] = held[frames, start] + length[:, None] * way
    return held


def turned(
    joints: np.ndarray,
    keypoints: np.ndarray,
    scores: np.ndarray | None,
    joint_set: JointSet = H36M17,
) -> np.ndarray:
    sight = sight_of(joints, keypoints, scores, joint_set, SIZE, FOV, FPS)
    return limbs_as_seen(joints, sight, joint_set)


def seen(joints: np.ndarray, keypoints: np.ndarray, score: float = 0.9) -> np.ndarray:
    return turned(joints, keypoints, np.full(joints.shape[:2], score))


def test_what_projects_to_where_it_is_seen_stays() -> None:
    np.testing.assert_allclose(seen(body(), film(body())), body(), atol=1e-9)


@pytest.mark.parametrize("way", [[1.0, 0, 0], [0.8, -0.5, 0.33], [0.6, 0.2, -0.77]])
def test_an_arm_that_is_seen_elsewhere_is_turned_there(way) -> None:
    lifted = body()
    true = with_arm(lifted, np.array(way) / np.linalg.norm(way))
    found = seen(lifted, film(true))
    before, after = (
        np.linalg.norm(film(joints) - film(true), axis=-1)[:, ARM[1:]] for joints in (lifted, found)
    )
    assert after.mean() < 10 and after.max() < 25 and before.mean() > 50, "pixels"
    others = np.delete(np.arange(17), ARM[1:])
    np.testing.assert_allclose(found[:, others], lifted[:, others], atol=1e-9)


def test_bones_are_as_long_as_before_where_they_were_of_one_length() -> None:
    lifted = body()
    found = seen(lifted, film(with_arm(lifted, np.array([1.0, 0, 0]))))
    lengths = [
        np.linalg.norm(np.diff(joints[:, ARM], axis=1), axis=-1) for joints in (found, lifted)
    ]
    np.testing.assert_allclose(*lengths, atol=1e-6)


def test_an_arm_towards_the_camera_stays_towards_it() -> None:
    for depth in (-0.5, 0.5):
        lifted = with_arm(body(), np.array([0.6, 0.6, depth]) / np.hypot(0.6, np.hypot(0.6, depth)))
        true = with_arm(body(), np.array([0.85, 0, depth]) / np.hypot(0.85, depth))
        found = seen(lifted, film(true))
        forearm = found[:, ARM[2], 2] - found[:, ARM[1], 2]
        assert (forearm * depth > 0).all()


def test_two_frames_are_seen_and_one_frame_is_an_outlier() -> None:
    lifted, way = body(), np.array([1.0, 0, 0])
    for frames, moves in ((slice(5, 7), True), (slice(5, 6), False)):
        found = seen(lifted, film(with_arm(lifted, way, frames)))
        moved = np.linalg.norm(found - lifted, axis=-1)[:, ARM[2]] > 0.1
        assert moved[frames].all() == moves
        assert not np.delete(moved, np.arange(FRAMES)[frames]).any()


@pytest.mark.parametrize(("score", "moves"), [(0.0, False), (0.15, False), (0.5, True)])
def test_joints_that_are_hardly_seen_turn_nothing(score: float, moves: bool) -> None:
    lifted = body()
    keypoints = film(with_arm(lifted, np.array([1.0, 0, 0])))
    scores = np.full(lifted.shape[:2], 0.9)
    scores[:, ARM[1:]] = score
    found = turned(lifted, keypoints, scores)
    assert (np.abs(found - lifted).max() > 0.1) == moves


def test_where_nobody_is_seen_nothing_changes() -> None:
    found = turned(body(), np.zeros((FRAMES, 17, 2)), np.zeros((FRAMES, 17)))
    np.testing.assert_array_equal(found, body())


def test_knuckles_go_with_the_wrist() -> None:
    lifted = np.concatenate([body(), np.repeat(body()[:, :1], 8, axis=1)], axis=1)
    names = ["left_index_knuckle", "left_little_knuckle"]
    lifted[:, H36M25.indices(names)] = lifted[:, [ARM[2]]] + [[[0.05, 0.05, 0], [0.02, 0.08, 0]]]
    true = lifted.copy()
    true[:, :17] = with_arm(body(), np.array([1.0, 0, 0]))
    found = turned(lifted, film(true), None, H36M25)
    for name in names:
        knuckle = H36M25.joints.index(name)
        before, after = (joints[:, knuckle] - joints[:, ARM[2]] for joints in (lifted, found))
        np.testing.assert_allclose(after, before, atol=1e-9)


def test_2d_that_trembles_turns_nothing_whatever_its_scores() -> None:
    lifted = np.repeat(body()[:1], 60, axis=0)
    tremble = np.random.default_rng(2).normal(0, 5, (60, 17, 2))  # pixels: 3 cm
    found = turned(lifted, film(lifted) + tremble, None)
    moved = np.linalg.norm(found - lifted, axis=-1)
    assert np.median(moved) < 0.002 and moved.mean() < 0.01, "metres"
