"""One person on floors of different heights, in sight all the time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.poses import PoseSequence
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.contacts import ANKLES
from glagcn_cli.scene.placing import place
from tests.helpers.filmed_figure import CAMERAS, FPS, SIZE, Camera
from tests.helpers.planted_walk import planted_walk

G = 9.81


def off_a_roof(height: float, up: bool = False) -> NDArray:
    """Walk on a roof, fall from it after half of the frames, walk on; or the reverse of it."""
    joints = planted_walk().joints.copy()
    falls = np.arange(len(joints)) / FPS - len(joints) / 2 / FPS
    heights = np.clip(height - np.where(falls > 0, G / 2 * falls**2, 0), 0, None)
    joints[..., 1] += (heights[::-1] if up else heights)[:, None]
    return joints


def placed(camera: Camera, joints: NDArray) -> tuple[PoseSequence, NDArray]:
    (scene,) = place([[camera.film(joints)]], SIZE, [SceneChoices(camera.fov)])
    return scene.people[0], scene.levels[0]


@pytest.mark.parametrize("name", ["level", "12 degrees down", "telephoto"])
@pytest.mark.parametrize("up", [False, True], ids=["down", "up"])
def test_who_jumps_off_a_roof_in_sight_comes_down(name: str, up: bool) -> None:
    joints = off_a_roof(2.4, up)
    person, levels = placed(CAMERAS[name], joints)
    assert set(np.unique(levels.round(6))) == {0.0, levels.max().round(6)}
    assert levels.max() == pytest.approx(2.4, abs=0.3)
    ankles, true = person.joints[:, ANKLES, 1].min(axis=1), joints[:, ANKLES, 1].min(axis=1)
    np.testing.assert_allclose(ankles, true, atol=0.35)
    contacts = person.contacts
    assert contacts is not None
    flight = np.flatnonzero((true > 0.3) & (true < 2.3))
    assert not contacts[flight].any(), "nobody stands in the air"
    for half in (slice(0, flight[0] - 10), slice(flight[-1] + 10, None)):
        assert contacts[half].any(axis=1).mean() > 0.8
    fall = person.joints[flight, 0, 1]
    assert abs(np.diff(fall, 2) * FPS**2 + G).mean() < 2, "and falls freely"


@pytest.mark.parametrize("height", [0.0, 0.3])
def test_a_kerb_is_no_other_floor(height: float) -> None:
    assert not placed(CAMERAS["12 degrees down"], off_a_roof(height))[1].any()


def test_stairs_are_no_other_floor() -> None:
    joints = planted_walk().joints.copy()
    joints[..., 1] += 0.18 * (np.arange(len(joints)) // 24)[:, None]
    assert not placed(CAMERAS["12 degrees down"], joints)[1].any()


def test_a_jump_is_no_other_floor() -> None:
    joints = planted_walk().joints.copy()
    air = (np.arange(len(joints)) - 100) / FPS
    joints[..., 1] += np.clip(0.5 - G / 2 * air**2, 0, None)[:, None]
    person, levels = placed(CAMERAS["level"], joints)
    assert not levels.any()
    assert person.joints[95:105, ANKLES, 1].min() > 0.35, "a jump stays a jump"


def test_who_lands_on_feet_that_slide_has_fallen_all_the_same() -> None:
    """No foot stands after the fall: the figure glides off over ice."""
    joints = off_a_roof(2.4)
    half = len(joints) // 2
    joints[half:, :, 0] += np.arange(len(joints) - half)[:, None] * 0.8 / FPS
    person, levels = placed(CAMERAS["level"], joints)
    assert levels.max() == pytest.approx(2.4, abs=0.3)
    true = joints[:, ANKLES, 1].min(axis=1)
    np.testing.assert_allclose(person.joints[:, ANKLES, 1].min(axis=1), true, atol=0.35)
