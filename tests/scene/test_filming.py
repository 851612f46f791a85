"""The place of a camera that filmed a scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.camera import focal_length
from glagcn_cli.poses import PoseSequence
from glagcn_cli.scene.filming import film_camera, moving_film_camera
from tests.helpers.filmed_figure import CAMERAS, SIZE, Camera, walk


def filmed(camera: Camera) -> PoseSequence:
    joints = walk(40.0)
    return replace(camera.film(joints), joints=joints.astype(np.float32), frame="scene")


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_the_camera_stands_where_it_filmed_from(camera: Camera) -> None:
    scene, focal = filmed(camera), np.full(150, focal_length(SIZE, camera.fov))
    rotation = np.tile(camera.rotation, (150, 1, 1))
    found = film_camera([scene], rotation, focal, SIZE)
    assert found is not None
    np.testing.assert_allclose(found.position, np.tile(camera.place, (150, 1)), atol=0.01)
    np.testing.assert_allclose(found.project(scene.joints, SIZE), scene.keypoints, atol=0.5)


def test_a_leg_that_is_wrong_does_not_move_the_camera() -> None:
    camera = CAMERAS["rolled"]
    scene, focal = filmed(camera), np.full(150, focal_length(SIZE, camera.fov))
    keypoints = scene.keypoints.copy()
    keypoints[:, 1:4] += 200
    found = film_camera(
        [replace(scene, keypoints=keypoints)], np.tile(camera.rotation, (150, 1, 1)), focal, SIZE
    )
    assert found is not None
    np.testing.assert_allclose(found.position[0], camera.place, atol=0.2)


def test_a_camera_that_walks_is_where_it_is_in_every_frame() -> None:
    camera, joints = CAMERAS["12 degrees down"], walk(40.0)
    dolly = np.arange(150)[:, None] / 50 * [0.8, 0, -0.4]
    film = camera.film(joints - dolly[:, None])
    valid = np.ones(150, bool)
    valid[70:80] = False
    scene = replace(film, joints=joints.astype(np.float32), frame="scene", valid=valid)
    rotation, focal = np.tile(camera.rotation, (150, 1, 1)), np.full(150, focal_length(SIZE, 60))
    found = moving_film_camera([scene], rotation, focal, SIZE)
    assert found is not None
    np.testing.assert_allclose(found.position, camera.place + dolly, atol=0.15)
    off = np.linalg.norm(found.project(scene.joints, SIZE) - scene.keypoints, axis=-1)
    assert np.median(off) < 3
    assert moving_film_camera([], rotation, focal, SIZE) is None


def test_nobody_tells_no_place() -> None:
    assert film_camera([], np.tile(np.eye(3), (5, 1, 1)), np.ones(5), SIZE) is None
