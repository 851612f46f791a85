"""A camera that walks: feet that stand tell its path, and so that of everybody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.camera import focal_length
from glagcn_cli.camera_path.path import WALKING, CameraPath
from glagcn_cli.camera_path.steadying import steady_view
from glagcn_cli.poses import Keypoints2D, PoseSequence
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.contacts import ANKLES
from glagcn_cli.scene.placing import to_scene
from glagcn_cli.skeleton import H36M17
from tests.helpers.filmed_figure import CAMERAS, FPS, SIZE, Camera
from tests.helpers.planted_walk import planted_walk

WALK = planted_walk()
FRAMES = len(WALK.joints)
SECONDS = np.arange(FRAMES)[:, None] / FPS
DOLLIES = {
    "along with the walker": SECONDS * [1.05, 0, 0],
    "against the walker": SECONDS * [-0.8, 0, 0],
    "ahead": SECONDS * [0, 0, -0.7],
    "standing after all": SECONDS * [0, 0, 0],
    "up and down": 0.05 * np.sin(2 * np.pi * 1.8 * SECONDS) * [0, 1, 0] + SECONDS * [1.05, 0, 0],
}


def before(camera: Camera, dolly: NDArray, *people: NDArray, **choices) -> list[NDArray]:
    """People whom a camera sees that moves by the dolly (frames, 3)."""
    seen = [camera.film(joints - dolly[:, None], person=k) for k, joints in enumerate(people, 1)]
    how = SceneChoices(camera.fov, moving_camera=True, walking_camera=True, **choices)
    return [scene.joints.astype(np.float64) for scene in to_scene(seen, SIZE, how)]


@pytest.mark.parametrize("dolly", DOLLIES.values(), ids=DOLLIES)
@pytest.mark.parametrize("name", ["level", "12 degrees down"])
def test_the_walker_goes_as_far_as_before_a_camera_at_rest(name: str, dolly: NDArray) -> None:
    (joints,) = before(CAMERAS[name], dolly, WALK.joints)
    path, true = joints[:, 0, ::2], WALK.joints[:, 0, ::2]
    error = (path - path.mean(axis=0)) - (true - true.mean(axis=0))
    length = np.linalg.norm(true[-1] - true[0])
    assert np.sqrt((error**2).sum(axis=1).mean()) < 0.05 * length


def filmed_turning(joints: NDArray, yaw: NDArray, dolly: NDArray) -> tuple[PoseSequence, float]:
    """Somebody before a camera that walks and turns, as a perfect lifter sees the steadied 2D."""
    cameras = [Camera(yaw=angle, place=(way[0], 1.5, 6 + way[2])) for angle, way in
               zip(yaw, dolly, strict=True)]  # fmt: skip
    films = [one.film(joints[k : k + 1]) for k, one in enumerate(cameras)]
    focal = np.full(len(yaw), focal_length(SIZE, 60))
    nothing, seen = np.zeros(len(yaw)), np.ones(len(yaw), bool)
    path = CameraPath(WALKING, np.stack([one.rotation for one in cameras]), focal, nothing,
                      nothing, seen, oriented=True)  # fmt: skip
    person = Keypoints2D(
        np.concatenate([film.keypoints for film in films]), np.ones(joints.shape[:2], np.float32),
        seen, films[0].fps, SIZE, H36M17,
    )  # fmt: skip
    view = steady_view(path, [person], SIZE)
    assert view is not None
    body = cameras[0].film(joints)
    relative = ((joints - joints[:, :1]) @ view.rotation.T).astype(np.float32)
    return replace(body, joints=relative, keypoints=view.steady(person).keypoints), view.fov


def test_turns_that_are_known_are_not_taken_for_turns_of_people() -> None:
    seconds = SECONDS[:, 0]
    yaw, dolly = 25 - 12 * seconds, DOLLIES["along with the walker"] - [2.0, 0, 0]
    body, fov = filmed_turning(WALK.joints, yaw, dolly)
    how = SceneChoices(fov, moving_camera=True, walking_camera=True)
    (scene,) = to_scene([body], SIZE, how)
    path, true = scene.joints[:, 0, ::2], WALK.joints[:, 0, ::2]
    way, real = path[-1] - path[0], true[-1] - true[0]
    assert np.linalg.norm(way) == pytest.approx(np.linalg.norm(real), rel=0.06)
    straight = (path - path[0]) @ [-way[1], way[0]] / np.linalg.norm(way)
    assert np.abs(straight).max() < 0.2, "a straight way stays one"


def test_standing_feet_stay_where_they_are() -> None:
    camera = CAMERAS["12 degrees down"]
    film = camera.film(WALK.joints - DOLLIES["along with the walker"][:, None])
    how = SceneChoices(camera.fov, moving_camera=True, walking_camera=True)
    (scene,) = to_scene([film], SIZE, how)
    assert scene.contacts is not None and scene.contacts.any(axis=1).mean() > 0.7
    moved = np.linalg.norm(np.diff(scene.joints[:, ANKLES], axis=0), axis=-1)
    held = scene.contacts[1:] & scene.contacts[:-1]
    assert 1000 * moved[held].mean() < 1
    assert (scene.joints[:, ANKLES, 1][scene.contacts] < 0.1).all()


def test_two_people_keep_their_distance() -> None:
    other = WALK.joints + np.array([0.5, 0, -1.5])
    dolly = DOLLIES["along with the walker"]
    one, two = before(CAMERAS["12 degrees down"], dolly, WALK.joints, other)
    apart = (two - one)[:, 0, ::2]
    np.testing.assert_allclose(apart, np.tile([0.5, -1.5], (FRAMES, 1)), atol=0.15)


def test_somebody_who_stands_before_a_camera_that_walks_stays() -> None:
    stands = np.tile(planted_walk(stand_from=0.0).joints[-1:], (FRAMES, 1, 1))
    (joints,) = before(CAMERAS["level"], DOLLIES["against the walker"], stands)
    assert np.ptp(joints[:, 0, ::2], axis=0).max() < 0.15
