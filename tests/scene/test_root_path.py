"""The root's path from its size and place in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.camera import focal_length
from glagcn_cli.scene.root_path import root_depth, smooth_depth
from glagcn_cli.skeleton import H36M17
from tests.helpers.filmed_figure import ANY_CAMERA, CAMERAS, SIZE, Camera, walk


@ANY_CAMERA
def test_depth_is_exact_for_exact_joints(camera: Camera) -> None:
    joints = walk()
    depth = root_depth(camera.film(joints), SIZE, focal_length(SIZE, camera.fov))
    np.testing.assert_allclose(depth, camera.depth(joints), rtol=1e-3)


def test_depth_trusts_the_joints_that_were_seen() -> None:
    camera, joints = CAMERAS["12 degrees down"], walk()
    film = camera.film(joints)
    film.keypoints[:, 13] += [300, -200]  # a wrist somewhere else
    focal = focal_length(SIZE, camera.fov)
    error = np.abs(root_depth(film, SIZE, focal) - camera.depth(joints)).mean()
    film.scores[:, 13] = 0.0
    doubted = np.abs(root_depth(film, SIZE, focal) - camera.depth(joints)).mean()
    assert doubted < 0.2 * error


def test_joints_without_a_place_in_the_picture_do_not_count_in_depth() -> None:
    camera, joints = CAMERAS["12 degrees down"], walk()
    film = camera.film(joints)
    legs = H36M17.indices(["left_knee", "left_ankle", "right_knee", "right_ankle"])
    film.keypoints[:, legs] = 0.0
    film.scores[:, legs] = 0.0
    depth = root_depth(film, SIZE, focal_length(SIZE, camera.fov))
    np.testing.assert_allclose(depth, camera.depth(joints), rtol=1e-3)


def test_frames_that_were_filled_in_have_the_depth_of_what_was_filled_in() -> None:
    camera, joints = Camera(down=12), walk()
    film = camera.film(joints)
    film.scores[40:50] = 0.0
    film.scores[45, :2] = 1.0
    depth = root_depth(film, SIZE, focal_length(SIZE, camera.fov))
    np.testing.assert_allclose(depth, camera.depth(joints), rtol=1e-3)


def test_in_filled_frames_too_a_joint_that_was_never_seen_does_not_count() -> None:
    camera, joints = Camera(down=12), walk()
    film = camera.film(joints)
    legs = H36M17.indices(["left_knee", "left_ankle", "right_knee", "right_ankle"])
    film.keypoints[:, legs] = 0.0
    film.scores[:, legs] = 0.0
    film.scores[40:50] = 0.0
    depth = root_depth(film, SIZE, focal_length(SIZE, camera.fov))
    np.testing.assert_allclose(depth, camera.depth(joints), rtol=1e-3)


@pytest.mark.parametrize("heading", [0, 90, 200])
def test_smoothing_keeps_a_steady_walk_from_end_to_end(heading: float) -> None:
    camera, joints = Camera(down=12), walk(heading)
    depth = camera.depth(joints)
    np.testing.assert_allclose(smooth_depth(depth, camera.film(joints)), depth, atol=0.04)


def test_smoothing_takes_out_most_of_the_noise_in_every_run() -> None:
    rng = np.random.default_rng(9)
    valid = np.ones(400, bool)
    valid[150:200] = False
    film = Camera().film(walk(90, 400), valid)
    noisy = 6 * np.exp(rng.normal(0, 0.03, 400))
    smooth = smooth_depth(noisy, film)
    np.testing.assert_array_equal(smooth[150:200], noisy[150:200])
    for run in (slice(0, 150), slice(200, 400)):
        assert np.std(smooth[run] - 6) < 0.3 * np.std(noisy[run] - 6)
