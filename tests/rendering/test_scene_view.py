from __future__ import annotations

import cv2
import numpy as np
import pytest

from glagcn_cli.rendering.scene_view import AZIMUTH, SceneView, clip_points, view_rotation
from tests.helpers.walkers import poses, standing, walk

SIZE = (1280, 720)
MIDDLE = (np.array(SIZE) - 1) / 2


def long_walk(metres: float = 12.0) -> np.ndarray:
    share = np.linspace(0, 1, 300)[:, None]
    return walk(share * [metres, 0, 0.6 * metres] - [2, 0, 5])


def test_projection_is_opencvs() -> None:
    camera = SceneView(clip_points([poses(long_walk())]), SIZE, azimuth=40).camera()
    points = np.random.default_rng(0).uniform(-2, 2, (50, 3))
    rotation, _ = cv2.Rodrigues(camera.rotation)
    shift = -camera.rotation @ camera.position
    intrinsics = np.array([[camera.focal, 0, MIDDLE[0]], [0, camera.focal, MIDDLE[1]], [0, 0, 1]])
    expected, _ = cv2.projectPoints(points, rotation, shift, intrinsics, np.zeros(4))
    pixels, depth = camera.project(points)
    np.testing.assert_allclose(pixels, expected[:, 0], atol=1e-6)
    np.testing.assert_allclose(depth, (points @ camera.rotation.T + shift)[:, 2])


def test_a_point_straight_ahead_is_in_the_middle() -> None:
    camera = SceneView(clip_points([]), SIZE).camera()
    ahead = camera.position + 3.0 * camera.rotation[2]
    pixels, depth = camera.project(ahead)
    np.testing.assert_allclose(pixels, MIDDLE, atol=1e-9)
    assert depth == pytest.approx(3.0)


def test_right_goes_right_up_goes_up_and_nearer_is_larger() -> None:
    camera = SceneView(clip_points([]), SIZE).camera()
    origin, right, up, near = camera.project(
        np.array([[0, 1, 0], [0.5, 1, 0], [0, 1.5, 0], [0, 1, 0.5]])
    )[0]
    assert right[0] > origin[0] + 50
    assert up[1] < origin[1] - 50
    assert abs(up[0] - origin[0]) < 0.02 * (origin[1] - up[1])  # what is upright stays so
    sizes = [
        np.linalg.norm(np.subtract(*camera.project(np.array([[0, 0, z], [0, 1, z]]))[0]))
        for z in (-2.0, 0.0, 2.0)
    ]
    assert sizes[0] < sizes[1] < sizes[2]
    assert near[1] > origin[1]  # seen from above, what is nearer is lower


def test_what_is_behind_the_camera_is_nowhere() -> None:
    camera = SceneView(clip_points([]), SIZE).camera()
    pixels, depth = camera.project(camera.position - camera.rotation[2])
    assert depth < 0
    assert np.isinf(pixels).all()


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (25, 12), (-70, 40), (200, -10)])
def test_view_rotation_is_a_rotation_that_looks_back_at_the_scene(
    azimuth: float, elevation: float
) -> None:
    rotation = view_rotation(azimuth, elevation)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert rotation[0, 1] == pytest.approx(0)  # no roll
    a, e = np.radians([azimuth, elevation])
    assert rotation[2, 1] == pytest.approx(-np.sin(e))
    assert rotation[2, 0] == pytest.approx(-np.sin(a) * np.cos(e))


@pytest.mark.parametrize("size", [(1280, 720), (720, 720), (406, 720), (64, 64)])
@pytest.mark.parametrize("turn", [0.0, 30.0])
def test_everybody_is_in_the_picture_all_the_time(size: tuple[int, int], turn: float) -> None:
    first, second = long_walk(), walk(np.tile([1.0, 0.0, -4.0], (300, 1)))
    view = SceneView(clip_points([poses(first), poses(second, 2)]), size, turn)
    low, high = [], []
    for i in range(300):
        pixels, depth = view.camera(i / 30).project(np.stack([first[i], second[i]]))
        assert (depth > 0).all()
        low.append(pixels.min(axis=(0, 1)) / size)
        high.append(pixels.max(axis=(0, 1)) / size)
    assert np.min(low) > 0.05
    assert np.max(high) < 0.95
    if not turn:  # and no farther away than it must be: two opposite edges are touched
        spread = np.max(high, axis=0) - np.min(low, axis=0)
        assert spread.max() == pytest.approx(0.84, abs=0.03)


def test_turning_goes_round_and_comes_back() -> None:
    view = SceneView(clip_points([poses(long_walk())]), SIZE, turn=36.0)
    start, half, full = (view.camera(seconds) for seconds in (0.0, 5.0, 10.0))
    np.testing.assert_allclose(start.position, full.position, atol=1e-9)
    np.testing.assert_allclose(start.rotation[2, [0, 2]], -half.rotation[2, [0, 2]], atol=1e-9)
    assert start.position[1] == pytest.approx(half.position[1])
    assert start.horizon == pytest.approx(half.horizon)


def test_the_default_view_is_near_the_video_cameras() -> None:
    camera = SceneView(clip_points([]), SIZE).camera()
    towards = -camera.rotation[2]
    assert np.degrees(np.arctan2(towards[0], towards[2])) == pytest.approx(AZIMUTH)
    assert 20 <= AZIMUTH <= 30
    assert 5 < np.degrees(np.arcsin(towards[1])) < 20
    assert camera.position[1] > 1


def test_horizon_is_where_the_far_floor_ends() -> None:
    camera = SceneView(clip_points([]), SIZE).camera()
    direction = camera.rotation[2] * [1, 0, 1]
    far = camera.project(1e7 * direction / np.linalg.norm(direction))[0]
    assert far[1] == pytest.approx(camera.horizon, abs=1e-3)


@pytest.mark.parametrize("broken", [1, 3, 4])
def test_a_few_broken_frames_do_not_make_everybody_small(broken: int) -> None:
    joints = long_walk(4.0)
    wild = joints.copy()
    wild[100 : 100 + broken] += np.array([40, 9, 60], np.float32)
    wild[200, 16] = [-30, 20, 5]
    steady = SceneView(clip_points([poses(joints)]), SIZE).camera().position
    position = SceneView(clip_points([poses(wild)]), SIZE).camera().position
    assert np.linalg.norm(position - steady) < 0.3


def test_a_short_visit_counts() -> None:
    # Ten seconds on the spot, then half a second of running: not to be taken for an outlier.
    path = np.zeros((315, 3))
    path[300:, 0] = np.linspace(0.2, 4, 15)
    assert clip_points([poses(walk(path))])[:, 0].max() > 4.0


def test_frames_without_a_pose_do_not_count() -> None:
    joints = np.stack([standing()] * 40)
    joints[10:30] += 12
    valid = np.ones(40, bool)
    valid[10:30] = False
    assert clip_points([poses(joints, valid=valid)]).max() < 3
    nobody = clip_points([poses(joints, valid=np.zeros(40, bool))])
    np.testing.assert_array_equal(nobody, clip_points([]))
