"""Feet that stand neither slide nor sink, whatever a lifter makes of the legs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.poses import PoseSequence
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.contacts import ANKLE_HEIGHT, ANKLES, LOWEST_ANKLE
from glagcn_cli.scene.foot_lock import lock_feet
from glagcn_cli.scene.placing import to_scene
from glagcn_cli.skeleton import H36M17
from tests.helpers.filmed_figure import FPS, SIZE, Camera, lying
from tests.helpers.planted_walk import planted_walk

CAMERA = Camera(down=12, place=(0.5, 1.5, 6.0))
LEFT_ANKLE = ANKLES[0]
PARENTS = list(H36M17.parents[1:])


def shaky(joints: NDArray) -> PoseSequence:
    """As a lifter would give it that is some centimetres off, slowly changing, mostly in depth."""
    film, rng = CAMERA.film(joints), np.random.default_rng(8)
    seconds = np.arange(len(joints)) / FPS
    error = np.zeros(film.joints.shape)
    for rate in (0.3, 0.7, 1.3):
        phase = rng.uniform(0, 2 * np.pi, error.shape[1:])
        size = rng.normal(0, 1, error.shape[1:]) * [0.01, 0.01, 0.03]
        error += size * np.sin(2 * np.pi * rate * seconds[:, None, None] + phase)
    error[:, 0] = 0
    return replace(film, joints=film.joints + error.astype(np.float32))


def scene(film: PoseSequence, **choices) -> PoseSequence:
    (placed,) = to_scene([film], SIZE, SceneChoices(CAMERA.fov, **choices))
    return placed


def speeds_in_contact(sequence: PoseSequence) -> NDArray[np.float64]:
    """Metres a second of ankles between frames that are both in contact."""
    assert sequence.contacts is not None
    moved = np.diff(sequence.joints[:, ANKLES].astype(np.float64), axis=0)
    both = sequence.contacts[1:] & sequence.contacts[:-1]
    return np.linalg.norm(moved, axis=-1)[both] * float(sequence.fps)


@pytest.mark.parametrize("heading", [0, 60, 90, 200])
def test_feet_in_contact_stand_still_at_the_height_of_the_floor(heading: float) -> None:
    joints, true = planted_walk(heading)
    placed = scene(shaky(joints))
    assert speeds_in_contact(placed).max() < 0.03
    heights = placed.joints[:, ANKLES, 1][placed.contacts]
    np.testing.assert_allclose(heights, ANKLE_HEIGHT, atol=0.02)
    assert placed.contacts[true].mean() > 0.6, "most of the time that a foot stands it is found"
    assert placed.contacts[~true].mean() < 0.05
    assert placed.joints[..., 1].min() >= LOWEST_ANKLE - 1e-6


@pytest.mark.parametrize("heading", [0, 90])
def test_they_slide_without_the_lock_and_bones_keep_their_lengths_with_it(heading) -> None:
    film = shaky(planted_walk(heading).joints)
    loose, locked = scene(film, foot_lock=False), scene(film)
    assert loose.contacts is not None and loose.contacts.any()
    assert np.percentile(speeds_in_contact(loose), 90) > 0.06
    lengths = [
        np.linalg.norm(s.joints[:, 1:] - s.joints[:, PARENTS], axis=-1) for s in (loose, locked)
    ]
    np.testing.assert_allclose(lengths[1], lengths[0], atol=1e-4)


def test_the_legs_are_kept_as_they_were_before_feet_were_held() -> None:
    film = shaky(planted_walk(60).joints)
    loose, locked = scene(film, foot_lock=False, height=1.5), scene(film, height=1.5)
    assert loose.free is None and locked.free is not None
    about_the_root = [joints - joints[:, :1] for joints in (locked.free, loose.joints)]
    np.testing.assert_allclose(about_the_root[0], about_the_root[1], atol=1e-4)
    assert np.abs(locked.free - locked.joints)[:, ANKLES].max() > 0.02


@pytest.mark.parametrize("heading", [0, 90, 200])
def test_the_path_becomes_no_worse(heading: float) -> None:
    joints, _ = planted_walk(heading)
    true = joints[:, 0, ::2] - joints[0, 0, ::2]
    errors = []
    for lock in (False, True):
        path = scene(shaky(joints), foot_lock=lock).joints[:, 0, ::2].astype(np.float64)
        off = path - path[0] - true
        errors.append(np.sqrt(np.square(off - off.mean(axis=0)).sum(axis=1).mean()))
    assert errors[1] < errors[0] + 0.01
    assert errors[1] < 0.08


def test_knees_neither_snap_nor_bend_backwards() -> None:
    joints, _ = planted_walk(90)
    placed = scene(shaky(joints)).joints.astype(np.float64)
    knees = placed[:, H36M17.indices(["left_knee", "right_knee"])]
    jolt = np.linalg.norm(np.diff(knees, n=2, axis=0), axis=-1) * FPS**2
    assert jolt.max() < 60, "metres a second squared"
    forward = placed[-1, 0] - placed[0, 0]
    forward /= np.linalg.norm(forward)
    for side, knee in zip(("left", "right"), knees.swapaxes(0, 1), strict=True):
        hip, ankle = (placed[:, H36M17.index(f"{side}_{end}")] for end in ("hip", "ankle"))
        ahead = (knee - (hip + ankle) / 2) @ forward
        assert ahead.min() > -0.05


def test_without_contacts_nothing_moves() -> None:
    joints, true = planted_walk(30)
    locked, held = lock_feet(joints, np.zeros_like(true), CAMERA.film(joints).fps)
    assert not held.any()
    inner = slice(3, -3)  # paths of ankles are smoothed by a fiftieth of a second
    np.testing.assert_allclose(locked[inner], joints[inner], atol=0.012)


def test_a_foot_that_creeps_on_is_set_anew_now_and_then() -> None:
    """Half a metre sideways in five seconds, both feet on the floor."""
    still = planted_walk(0, 250, stand_from=0.0).joints
    still = still + np.linspace(0, 0.5, 250)[:, None, None] * [1, 0, 0]
    locked, held = lock_feet(still, np.ones((250, 2), bool), CAMERA.film(still).fps)
    off = np.linalg.norm(locked[:, LEFT_ANKLE] - still[:, LEFT_ANKLE], axis=1)
    assert off.max() < 0.2
    assert 2 <= np.sum(np.diff(held[:, 0].astype(int)) == 1) <= 6


def test_a_moving_camera_keeps_everybody_in_place_on_the_floor() -> None:
    joints, _ = planted_walk(90)
    placed = scene(CAMERA.film(joints), moving_camera=True)
    np.testing.assert_allclose(np.ptp(placed.joints[:, 0, ::2], axis=0), 0, atol=1e-5)
    assert placed.contacts is None
    assert placed.joints[:, ANKLES, 1].min(axis=1).max() < ANKLE_HEIGHT + 0.05


def test_who_lies_is_left_alone() -> None:
    film = CAMERA.film(lying())
    np.testing.assert_allclose(scene(film).joints, scene(film, foot_lock=False).joints, atol=0.01)


@pytest.mark.parametrize("height", [1.2, 1.75, 2.1])
def test_height_scales_the_whole_scene(height: float) -> None:
    film = CAMERA.film(planted_walk(90).joints)
    film = replace(film, uncertainty=np.full((200, 17), 0.05, np.float32))
    own, scaled = scene(film), scene(film, height=height)
    factor = scaled.joints[0, 10, 1] / own.joints[0, 10, 1]
    np.testing.assert_allclose(scaled.joints, own.joints * factor, atol=1e-4)
    np.testing.assert_allclose(scaled.uncertainty, own.uncertainty * factor, rtol=1e-4)
    top = scaled.joints[:, H36M17.index("head"), 1].max() / (1 - 0.075)
    assert top == pytest.approx(height, rel=0.06), "the head's joint, and what is above the ears"
