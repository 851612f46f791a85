"""From motion or film to pairs of lifter input and target, in batches on the training device."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from glagcn_cli.normalisation import (
    PERSON,
    focal_length,
    normalise_windows,
    pixel_rays,
    ray_rotations,
)
from glagcn_cli.skeleton import AS_GIVEN, COCO17, CONVERSION, H36M17, JointSet, lifter_points

from .augment import (
    add_noise,
    detector_points,
    hide_joints,
    mirror_sides,
    reshape_bodies,
    turn_about_vertical,
)
from .cameras import IMAGE_SIZE, CameraRange, Cameras, draw_cameras, rotate
from .random_draws import Draws


@dataclass(frozen=True)
class Augmentation:
    """How training samples are varied.

    Parameters
    ----------
    cameras
        From where virtual cameras look. Film has its own cameras.
    mirror
        Half of the samples are mirrored.
    bodies
        Free motion gets bodies of other proportions.
    noise
        Upper limit of a sample's 2D noise, as a share of the person's size; 0 adds none.
    exact
        Share of the samples without noise.
    occlusion
        Probability that a sample has one to three joints out of sight for a while.
    rotate_target
        Degrees. Turns ONLY the 3D target about the vertical axis of its frame, by up to this much
        to either side, as the published authors did. It is wrong, since input and target then no
        longer belong together, and is here to reproduce their run.
    """

    cameras: CameraRange = field(default_factory=CameraRange)
    mirror: bool = True
    bodies: bool = True
    noise: float = 0.0
    exact: float = 0.4
    occlusion: float = 0.0
    rotate_target: float = 0.0


class Batch(NamedTuple):
    """What a training step reads.

    Parameters
    ----------
    inputs
        (samples, frames, joints, 2) float32, normalised: without unit.
    targets
        (samples, frames, joints, 3) float32 metres, relative to the root. Axes: `PERSON`
        normalisation, of the ray to the root in each frame; `IMAGE`, of the camera.
    """

    inputs: Tensor
    targets: Tensor


def observe(cameras: Cameras, motion: Tensor, conversion: str) -> Tensor:
    """2D that the lifter would be given if the detector were exact.

    Parameters
    ----------
    cameras
        One for every sample.
    motion
        (samples, frames, 17, 3) metres, world frame, H36M-17.
    conversion
        `CONVERSION`: the detector's points are projected and then converted by the very function
        that inference uses. `AS_GIVEN`: the 17 joints themselves are projected.

    Returns
    -------
    Tensor
        (samples, frames, 17, 2) pixels, float32.
    """
    if conversion == AS_GIVEN:
        return cameras.project(cameras.to_camera(motion)).float()
    if conversion != CONVERSION:
        raise ValueError(f"conversion is {conversion!r}, expected {CONVERSION!r} or {AS_GIVEN!r}")
    return lifter_points(cameras.project(cameras.to_camera(detector_points(motion))), COCO17)


def ray_frame(relative: Tensor, directions: Tensor) -> Tensor:
    """Turn camera-frame vectors (..., frames, joints, 3) to the rays (..., frames, 3) of frames."""
    return rotate(ray_rotations(directions)[..., None, :, :], relative)


@torch.no_grad()
def virtual_batch(
    draws: Draws, motion: Tensor, augmentation: Augmentation, normalisation: str, conversion: str
) -> Batch:
    """See free motion through virtual cameras.

    Parameters
    ----------
    draws
        Source of randomness.
    motion
        (samples, frames, 17, 3) metres, world frame (z up), H36M-17, on the device to compute on.
    augmentation
        How samples are varied.
    normalisation
        `PERSON` or `IMAGE`; pictures have `IMAGE_SIZE`.
    conversion
        As in `observe`.
    """
    if augmentation.mirror:
        motion = mirror_sides(motion, draws.chance(0.5, (len(motion),)), H36M17)
    if augmentation.bodies:
        motion = reshape_bodies(draws, motion)
    cameras = draw_cameras(draws, motion, augmentation.cameras)
    keypoints = _spoil(draws, observe(cameras, motion, conversion), augmentation)
    inputs = normalise_windows(keypoints, normalisation, _image_size_on(keypoints.device))
    in_camera = cameras.to_camera(motion)
    root = in_camera[:, :, 0]
    targets = in_camera - root[:, :, None]
    if normalisation == PERSON:
        targets = ray_frame(targets, root)
    return Batch(inputs, _spoil_targets(draws, targets.float(), augmentation))


@torch.no_grad()
def filmed_batch(
    draws: Draws,
    joints: Tensor,
    keypoints: Tensor,
    image_size: Tensor,
    fov: Tensor,
    joint_set: JointSet,
    augmentation: Augmentation,
    normalisation: str,
) -> Batch:
    """Windows of film with 3D joints; `augmentation` can mirror and spoil them.

    Parameters
    ----------
    draws
        Source of randomness.
    joints
        (samples, frames, joints, 3) metres, camera frame.
    keypoints
        (samples, frames, joints, 2) pixels.
    image_size
        (samples, 2) width and height in pixels.
    fov
        (samples,) degrees over the picture's longer side; only `PERSON` looks at it.
    joint_set
        Their joints.
    augmentation
        How samples are varied.
    normalisation
        `PERSON` or `IMAGE`.
    """
    root = joint_set.root
    spoilt = _spoil(draws, keypoints, augmentation)
    inputs = normalise_windows(spoilt, normalisation, image_size, root)
    targets = joints - joints[:, :, root : root + 1]
    if normalisation == PERSON:
        focal = focal_length(image_size, fov)[:, None, None]
        rays = pixel_rays(keypoints[:, :, root], image_size[:, None], focal)
        targets = ray_frame(targets, rays)
    if augmentation.mirror:
        # After normalising, the picture's centre is 0 and the rays' axes are mirrored with it.
        chosen = draws.chance(0.5, (len(inputs),))
        inputs = mirror_sides(inputs, chosen, joint_set)
        targets = mirror_sides(targets, chosen, joint_set)
    return Batch(inputs, _spoil_targets(draws, targets.float(), augmentation))


def _spoil(draws: Draws, keypoints: Tensor, augmentation: Augmentation) -> Tensor:
    """Make exact 2D what a detector would give."""
    if augmentation.noise > 0:
        keypoints = add_noise(draws, keypoints, augmentation.noise, augmentation.exact)
    if augmentation.occlusion > 0:
        keypoints = hide_joints(draws, keypoints, augmentation.occlusion)
    return keypoints


def _spoil_targets(draws: Draws, targets: Tensor, augmentation: Augmentation) -> Tensor:
    """Part the targets from their inputs, if that was asked for."""
    if augmentation.rotate_target > 0:
        return turn_about_vertical(draws, targets, augmentation.rotate_target)
    return targets


@lru_cache
def _image_size_on(device: torch.device) -> Tensor:
    """Size of virtual pictures (1, 2) on a device, copied there once: copies wait for a GPU."""
    return torch.tensor([IMAGE_SIZE], dtype=torch.float32, device=device)
