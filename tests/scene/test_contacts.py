from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.camera import focal_length
from glagcn_cli.poses import PoseSequence
from glagcn_cli.scene.contacts import ANKLES, find_contacts
from glagcn_cli.skeleton import H36M17
from tests.helpers.filmed_figure import FPS, SIZE, Camera, lying
from tests.helpers.moving_figure import Figure
from tests.helpers.planted_walk import planted_walk

CAMERA = Camera(down=12, place=(0, 1.5, 6.0))


def found(joints: np.ndarray, film: PoseSequence | None = None) -> np.ndarray:
    pixels_a_metre = focal_length(SIZE, CAMERA.fov) / CAMERA.depth(joints)
    return find_contacts(film or CAMERA.film(joints), joints, pixels_a_metre)


def near_an_edge(contacts: np.ndarray, frames: int) -> np.ndarray:
    """Frames within so many of a foot's coming down or going up."""
    edges = np.zeros(contacts.shape, bool)
    changes = np.argwhere(contacts[1:] != contacts[:-1])
    for frame, foot in changes:
        edges[max(0, frame + 1 - frames) : frame + 1 + frames, foot] = True
    return edges


@pytest.mark.parametrize("heading", [0, 45, 90, 180, 270])
def test_contacts_of_a_walk_are_the_true_ones_from_every_side(heading: float) -> None:
    joints, true = planted_walk(heading)
    wrong = (found(joints) != true) & ~near_an_edge(true, 6)
    assert wrong.mean() < 0.02
    assert true.any(axis=0).all() and not true.all(axis=0).any()


def test_noise_of_a_few_pixels_makes_no_steps() -> None:
    joints, true = planted_walk(90)
    film = CAMERA.film(joints)
    shake = np.random.default_rng(4).normal(0, 1.5, film.keypoints.shape).astype(np.float32)
    noisy = found(joints, replace(film, keypoints=film.keypoints + shake))
    assert (noisy != true)[~near_an_edge(true, 8)].mean() < 0.05
    assert np.abs(np.diff(noisy.astype(int), axis=0)).sum() == pytest.approx(
        np.abs(np.diff(true.astype(int), axis=0)).sum(), abs=2
    )


def test_who_stands_stands_on_both_feet() -> None:
    assert found(Figure(100, knee=2.0, path=(0, 0.92, 0)).joints).all()


def test_nobody_touches_the_floor_in_the_air_or_lying() -> None:
    frames = 60
    up = np.sin(np.linspace(0, np.pi, frames)) * 0.4 + 0.3
    path = np.stack([0 * up, 0.92 + up, 0 * up], axis=1)
    assert not found(Figure(frames, knee=2.0, path=path).joints).any()
    assert not found(lying()).any()


def test_feet_that_are_not_seen_do_not_stand() -> None:
    joints = Figure(100, knee=2.0, path=(0, 0.92, 0)).joints
    film = CAMERA.film(joints)
    film.scores[:, H36M17.index("left_ankle")] = 0.1
    assert found(joints, film).all(axis=0).tolist() == [False, True]
    assert not found(joints, film)[:, 0].any()


def test_frames_without_a_pose_have_no_contact() -> None:
    joints = Figure(100, knee=2.0, path=(0, 0.92, 0)).joints
    valid = np.ones(100, bool)
    valid[40:60] = False
    contacts = found(joints, CAMERA.film(joints, valid))
    np.testing.assert_array_equal(contacts, np.repeat(valid[:, None], 2, axis=1))


def test_a_heel_that_rises_ends_the_contact() -> None:
    """The toes may stay where they are; the ankle does not."""
    joints = Figure(100, knee=2.0, path=(0, 0.92, 0)).joints
    rise = np.clip(np.arange(100) - 50, 0, None) / FPS * 0.2
    joints[:, ANKLES[0], 1] += rise
    contacts = found(joints)
    assert contacts[:50, 0].all() and contacts[:, 1].all()
    assert rise[contacts[:, 0]].max() < 0.06


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_few_frames_are_no_error(frames: int) -> None:
    assert found(Figure(frames, knee=2.0, path=(0, 0.92, 0)).joints).shape == (frames, 2)
