"""People upside down, on all fours, sitting, lying: placed in the scene as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.placing import to_scene
from tests.helpers.filmed_figure import (
    CAMERAS,
    FPS,
    SIZE,
    Camera,
    about_x,
    directions,
    lifted,
    walk,
)
from tests.helpers.moving_figure import Figure


def shaken(frames: int) -> NDArray:
    """Small movements at 0.8 Hz, degrees."""
    return 6 * np.sin(2 * np.pi * 0.8 * np.arange(frames) / FPS)


def posture(name: str, frames: int = 100) -> NDArray:
    """Somebody who hardly moves, (frames, 17, 3) metres, lowest joint at y = 0, facing +z."""
    sway = shaken(frames)
    if name == "upside down":
        joints = about_x(Figure(frames, hip=sway, knee=5.0, raised=170.0).joints, 180.0)
    elif name == "on all fours":
        limbs = Figure(frames, hip=85.0 + sway, knee=85.0, shoulder=-80.0, alternate=False).joints
        joints = about_x(limbs, 85.0)
    elif name == "sitting":
        joints = Figure(
            frames, hip=90.0, knee=90.0, shoulder=sway, elbow=40.0, alternate=False
        ).joints
    elif name == "on the back":
        flat = Figure(frames, hip=10 + sway, knee=20.0, elbow=20.0, alternate=False).joints
        joints = about_x(flat, -90.0)
    else:
        flat = Figure(frames, hip=-4 + sway / 4, knee=8 + sway, alternate=False).joints
        joints = about_x(flat, 90.0)
    return joints - [0, 1, 0] * joints[..., 1].min(keepdims=True)[..., None]


POSTURES = ("upside down", "on all fours", "sitting", "on the back", "face down")
STEEP = {
    "level": Camera(),
    "steep and rolled": Camera(down=35, roll=-20, place=(0.3, 4, 5)),
    "from the ceiling": Camera(down=80, place=(0, 6, 0.8)),
}


@pytest.mark.parametrize("camera", STEEP.values(), ids=STEEP)
@pytest.mark.parametrize("heading", [0, 70, 180])
@pytest.mark.parametrize("name", POSTURES)
def test_gravity_that_is_told_keeps_every_posture_as_it_is(name, heading, camera) -> None:
    joints = posture(name)
    turn = Rotation.from_euler("y", heading, degrees=True)
    joints = turn.apply(joints.reshape(-1, 3)).reshape(joints.shape)
    film = camera.film(joints)
    told = np.tile(camera.up, (len(joints), 1)) + np.random.default_rng(1).normal(0, 0.05, (100, 3))
    told[::7] *= -1  # now and then the lifter takes the floor for the ceiling
    told /= np.linalg.norm(told, axis=1, keepdims=True)
    (scene,) = to_scene([replace(film, up=told.astype(np.float32))], SIZE, SceneChoices(camera.fov))
    assert scene.up is None
    assert np.isfinite(scene.joints).all()
    bones, expected = directions(scene.joints), directions(joints)
    np.testing.assert_allclose(bones[..., 1], expected[..., 1], atol=0.06)  # how each bone slopes
    assert scene.joints[..., 1].min() > -0.03, "nobody is below the floor"
    assert scene.joints[..., 1].min() < 0.12, "nobody floats"
    assert (np.sum(bones[1:] * bones[:-1], axis=-1) > 0.99).all(), "nothing flips"


@pytest.mark.parametrize("name", POSTURES)
def test_without_word_of_gravity_a_level_camera_keeps_postures_too(name: str) -> None:
    joints = posture(name)
    scene = lifted(Camera(), joints)
    np.testing.assert_allclose(directions(scene)[..., 1], directions(joints)[..., 1], atol=0.03)
    assert scene[..., 1].min() > -0.03


def test_a_somersault_goes_round_without_a_jump() -> None:
    frames = 150
    turn = np.clip((np.arange(frames) - 40) / 70, 0, 1) * 360
    joints = about_x(Figure(frames, hip=60.0, knee=80.0, alternate=False).joints, turn)
    camera = Camera(down=10)
    up = np.tile(camera.up.astype(np.float32), (frames, 1))
    (scene,) = to_scene([replace(camera.film(joints), up=up)], SIZE, SceneChoices(camera.fov))
    np.testing.assert_allclose(directions(scene.joints), directions(joints), atol=0.08)


def test_people_whom_the_lifter_sees_leaning_by_different_angles_share_one_up() -> None:
    camera = CAMERAS["level"]
    scenes = []
    for lean in ((0.0, 0.0), (8.0, -4.0)):
        people = []
        for number, (joints, degrees) in enumerate(
            zip((posture("sitting"), walk(270, 100, (1, 0, -2))), lean, strict=True), start=1
        ):
            film = camera.film(joints, person=number)
            tip = Rotation.from_euler("x", degrees, degrees=True).as_matrix()
            up = np.tile(tip @ camera.up, (len(joints), 1)).astype(np.float32)
            people.append(replace(film, joints=(film.joints @ tip.T).astype(np.float32), up=up))
        scenes.append(to_scene(people, SIZE, SceneChoices(camera.fov)))
    for straight, leaning in zip(*scenes, strict=True):
        heights = [directions(scene.joints)[..., 1] for scene in (straight, leaning)]
        assert np.abs(heights[0] - heights[1]).mean() < 0.03
