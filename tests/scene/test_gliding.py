"""Feet that glide: skaters stand on the ice, and jumps stay jumps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.scene import foot_lock
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.contacts import ANKLE_HEIGHT, ANKLES
from glagcn_cli.scene.gliding import gliding
from glagcn_cli.scene.placing import to_scene
from tests.helpers.filmed_figure import FPS, SIZE, Camera
from tests.helpers.planted_walk import planted_walk

CAMERA = Camera(down=14, fov=75, place=(0.0, 2.2, 7.0))
FRAMES = 200
SECONDS = np.arange(FRAMES) / FPS


def skater() -> NDArray[np.float64]:
    """Somebody who strides as a walker does and glides by at 2 m/s besides."""
    joints = planted_walk(frames=FRAMES).joints.copy()
    joints[..., 0] += (2.0 * (SECONDS - SECONDS.mean()))[:, None] - joints[:, :1, 0] / 2
    return joints


def placed(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Place them as lifted with errors that come and go: heights of legs are off by 5 cm."""
    film = CAMERA.film(joints)
    error = np.zeros(film.joints.shape, np.float32)
    error[:, [2, 3, 5, 6], 1] = 0.05 * np.sin(2 * np.pi * 0.6 * SECONDS)[:, None]
    film = replace(film, joints=film.joints + error)
    (scene,) = to_scene([film], SIZE, SceneChoices(CAMERA.fov))
    return scene.joints.astype(np.float64)


def hover(joints: NDArray[np.float64]) -> float:
    """Mean distance in metres of the lower foot from the floor."""
    return float(np.abs(joints[:, ANKLES, 1].min(axis=1) - ANKLE_HEIGHT).mean())


def test_a_skater_stands_on_the_ice(monkeypatch: pytest.MonkeyPatch) -> None:
    on_ice = hover(placed(skater()))
    monkeypatch.setattr(foot_lock, "gliding", lambda joints, *_: np.zeros((len(joints), 2), bool))
    before = hover(placed(skater()))
    assert on_ice < 0.025
    assert on_ice < 0.7 * before


def test_the_lower_foot_glides_and_standing_ones_do_not() -> None:
    joints, contacts = planted_walk(frames=FRAMES)
    nothing = np.zeros((FRAMES, 2), bool)
    found = gliding(skater(), nothing, np.zeros(FRAMES), Fraction(FPS))
    assert found.any(axis=1).mean() > 0.8
    assert not found[joints[:, ANKLES, 1] > ANKLE_HEIGHT + 0.1].any()
    assert not gliding(joints, contacts, np.zeros(FRAMES), Fraction(FPS)).any()


@pytest.mark.parametrize("height", [0.15, 0.4])
def test_nobody_glides_in_the_air(height: float) -> None:
    time = SECONDS - SECONDS.mean()
    arc = np.maximum(height - 9.81 / 2 * time**2, 0.0)
    joints = np.tile(planted_walk(stand_from=0.0).joints[-1:], (FRAMES, 1, 1))
    joints[..., 1] += arc[:, None]
    found = gliding(joints, np.zeros((FRAMES, 2), bool), np.zeros(FRAMES), Fraction(FPS))
    assert not found[arc > 0.02].any()
    assert found[:60].all()
