"""People who are followed by a wide pan, in a round picture."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.camera import pixel_rays, ray_rotations, unrolled_rays
from glagcn_cli.camera_path.path import TURNING, CameraPath
from glagcn_cli.camera_path.unrolling import UnrolledView
from glagcn_cli.poses import Keypoints2D, PoseSequence
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.filming import film_camera
from glagcn_cli.scene.placing import place
from glagcn_cli.skeleton import H36M17
from tests.helpers.planted_walk import planted_walk
from tests.helpers.turning_world import turns

SIZE, FOCAL, FRAMES = (1280, 720), 900.0, 250
HEIGHT = 1.5  # metres of the camera above the floor
TO_CAMERA = np.diag([1.0, -1.0, -1.0])


def around(degrees: float, away: float = 5.0) -> NDArray[np.float64]:
    """Walk (frames, 17, 3) on an arc about a camera at the origin; y up."""
    straight = planted_walk(heading=90.0, frames=FRAMES).joints
    angles = np.radians(np.linspace(-degrees / 2, degrees / 2, FRAMES))
    joints = straight - straight[:, :1] * [1, 0, 1] + [0, -HEIGHT, -away]
    turn = Rotation.from_rotvec(angles[:, None] * [0, -1, 0]).as_matrix()
    return np.einsum("fij,fvj->fvi", turn, joints)


def following(joints: NDArray, tilt: float = -4.0) -> CameraPath:
    """A camera that pans after somebody, with its axes at first as fixed ones."""
    root = joints[:, 0]
    pan = np.degrees(np.arctan2(root[:, 0], -root[:, 2])) + 5 * np.sin(np.arange(FRAMES) / 20)
    nothing = np.zeros(FRAMES)
    rotation = turns(pan, tilt)
    return CameraPath(
        TURNING, rotation @ rotation[0].T, np.full(FRAMES, FOCAL), nothing, nothing,
        np.ones(FRAMES, bool),
    )  # fmt: skip


def seen(joints: NDArray, path: CameraPath, first: NDArray) -> Keypoints2D:
    """2D of joints through the camera, whose fixed axes are turned by `first`."""
    turned = np.einsum("fij,jk,fvk->fvi", path.rotation, first @ TO_CAMERA, joints)
    assert turned[..., 2].min() > 1
    flat = turned[..., :2] / turned[..., 2:] * FOCAL + (np.array(SIZE) - 1) / 2
    return Keypoints2D(
        flat.astype(np.float32), np.ones((FRAMES, 17), np.float32), np.ones(FRAMES, bool),
        Fraction(50), SIZE, H36M17,
    )  # fmt: skip


def perfectly_lifted(joints: NDArray, person: Keypoints2D, to_view: NDArray) -> PoseSequence:
    """What a lifter without errors returns that takes the round picture for a flat one."""
    root = person.keypoints[:, 0].astype(np.float64)
    flat = ray_rotations(pixel_rays(root, SIZE, FOCAL))
    round_ = ray_rotations(unrolled_rays(root, SIZE, FOCAL))
    relative = (joints - joints[:, :1]) @ to_view.T
    shown = np.einsum("fji,fjk,fvk->fvi", flat, round_, relative)
    return PoseSequence(
        shown.astype(np.float32), person.scores, person.valid, person.fps, person.keypoints,
        "camera",
    )  # fmt: skip


@pytest.mark.parametrize("degrees", [60, 170, 300])
def test_who_walks_around_the_camera_walks_around_it_in_the_scene(degrees: float) -> None:
    joints = around(degrees)
    path = following(joints)
    first = turns(np.degrees(np.arctan2(joints[0, 0, 0], -joints[0, 0, 2])), -4.0)
    view = UnrolledView.of(path, SIZE)
    person = view.steady(seen(joints, path, first))
    to_view = view.rotation @ first @ TO_CAMERA
    np.testing.assert_allclose(to_view[1], [0, -1, 0], atol=0.01)  # the pan tells which way is down
    body = view.straightened(perfectly_lifted(joints, person, to_view))
    choices = SceneChoices(view.fov, unrolled=True)
    (placed,) = place([[body]], SIZE, [choices])
    scene = placed.people[0].joints.astype(np.float64)
    # The scene's y is up too; what it does not say is the heading of its axes.
    turn, _ = Rotation.align_vectors(*(p[:, 0] - p[:, 0].mean(axis=0) for p in (joints, scene)))
    assert np.degrees(np.arccos(turn.as_matrix()[1, 1])) < 3
    found = scene @ turn.as_matrix().T
    away = (found - found[:, :1].mean(axis=0)) - (joints - joints[:, :1].mean(axis=0))
    length = np.linalg.norm(np.diff(joints[:, 0], axis=0), axis=1).sum()
    assert np.linalg.norm(away[:, 0], axis=1).mean() < 0.03 * length

    shown = view.filmed(placed.people[0])
    np.testing.assert_allclose(shown.keypoints, seen(joints, path, first).keypoints, atol=1.0)
    camera = film_camera([shown], view.turns @ placed.axes.T, path.focal, SIZE)
    assert camera is not None
    off = np.linalg.norm(camera.project(shown.joints, SIZE) - shown.keypoints, axis=-1)
    assert np.median(off) < 10, "pixels of a person 300 tall"


def test_a_body_keeps_its_shape_in_the_round_picture() -> None:
    joints = around(170)
    path = following(joints)
    first = turns(np.degrees(np.arctan2(joints[0, 0, 0], -joints[0, 0, 2])), -4.0)
    steady = UnrolledView.of(path, SIZE).steady(seen(joints, path, first)).keypoints
    tall = np.ptp(steady[..., 1], axis=1)
    assert tall.max() < 1.1 * tall.min()
    assert np.ptp(steady[:, 0, 0]) == pytest.approx(FOCAL * np.radians(170), rel=0.02)


def test_nobody_stands_on_the_cameras_head() -> None:
    joints = around(60)
    path = following(joints)
    view = UnrolledView.of(path, SIZE)
    assert np.linalg.det(view.rotation) == pytest.approx(1)
    person = seen(joints, path, turns(-30.0, -4.0))
    nobody = replace(person, scores=np.zeros_like(person.scores))
    assert np.isfinite(view.steady(nobody).keypoints).all()
