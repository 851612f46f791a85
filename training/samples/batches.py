"""Turns motion or film into pairs of lifter input and target, in batches on the device."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from glagcn_cli.camera import focal_length, pixel_rays, ray_rotations
from glagcn_cli.lifting.normalisation import PERSON, normalise_windows
from glagcn_cli.skeleton import JointSet

from .augment import Augmentation, joints_of, mirror_sides, turn_about_vertical
from .bodies import mark_joints_elsewhere, reshape_bodies
from .cameras import IMAGE_SIZE, draw_cameras, rotate
from .detector_noise import Detections
from .mixed_bodies import mix_bodies
from .postures import change_postures
from .quick_limbs import flick_limbs
from .random_draws import Draws
from .virtual_detector import corrupt, marked_points


class Batch(NamedTuple):
    """Input and target of a training step.

    Parameters
    ----------
    inputs
        (samples, frames, joints, 2 or 3) float32, normalised: without unit. A third channel is
        the score; a joint of score 0 is missing, its x and y are 0.
    targets
        (samples, frames, joints, 3) float32 metres, relative to the root, NaN for unknown feet and
        palms. Axes: `PERSON`
        normalisation, of the ray to the root in each frame; `IMAGE`, of the camera.
    up
        (samples, frames, 3) float32 unit vectors against gravity, on the axes that the targets
        have before `Augmentation.rotate_target`; None for film, whose gravity is unknown.
    """

    inputs: Tensor
    targets: Tensor
    up: Tensor | None = None


def ray_frame(relative: Tensor, directions: Tensor) -> Tensor:
    """Turn camera-frame vectors (..., frames, joints, 3) to the rays (..., frames, 3) of frames."""
    return rotate(ray_rotations(directions)[..., None, :, :], relative)


@torch.no_grad()
def virtual_batch(
    draws: Draws,
    motion: Tensor,
    augmentation: Augmentation,
    normalisation: str,
    conversion: str,
    channels: int = 2,
    fps: float = 25.0,
) -> Batch:
    """Make a batch of free motion seen by virtual cameras.

    Parameters
    ----------
    draws
        Source of randomness.
    motion
        (samples, frames, 17 or 25, 3) metres, world frame (z up), H36M-17 or H36M-25, on the device
        to compute on. Unknown feet and palms are NaN.
    augmentation
        Settings of the augmentation.
    normalisation
        `PERSON` or `IMAGE`; pictures have `IMAGE_SIZE`.
    conversion
        As in `virtual_detector.observe`.
    channels
        2: x and y. 3: also the score, without which no joint can be missing.
    fps
        Frames per second of the motion.
    """
    if augmentation.mirror:
        motion = mirror_sides(motion, draws.chance(0.5, (len(motion),)), joints_of(motion))
    if augmentation.mixed > 0:
        motion = mix_bodies(draws, motion, augmentation.mixed)
    if augmentation.flicks > 0:
        motion = flick_limbs(draws, motion, augmentation.flicks)
    if augmentation.bodies > 0:
        motion = reshape_bodies(draws, motion, augmentation.bodies, augmentation.children)
    if augmentation.definitions > 0:
        motion = mark_joints_elsewhere(draws, motion, augmentation.definitions)
    if augmentation.postures > 0:
        motion = change_postures(draws, motion, augmentation.postures)
    cameras = draw_cameras(draws, motion, augmentation.cameras)
    points, depth, joint_set = marked_points(cameras, motion, conversion)
    seen = corrupt(draws, points, depth, joint_set, augmentation, channels, fps)
    size = _image_size_on(points.device)
    inputs = normalise_windows(seen.points, normalisation, size, scores=_scores(seen, channels))
    in_camera = cameras.to_camera(motion)
    root = in_camera[:, :, 0]
    targets = in_camera - root[:, :, None]
    up = cameras.up[:, None, None].expand(-1, targets.shape[1], -1, -1)
    if normalisation == PERSON:
        targets, up = ray_frame(targets, root), ray_frame(up, root)
    targets = _augment_targets(draws, targets.float(), augmentation)
    return Batch(inputs, targets, up[:, :, 0].float())


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
    channels: int = 2,
    fps: float = 25.0,
) -> Batch:
    """Make a batch of filmed windows with 3D joints; `augmentation` can mirror and corrupt them.

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
        (samples,) degrees over the picture's longer side; only `PERSON` uses it.
    joint_set
        Joint set of the windows.
    augmentation
        Settings of the augmentation.
    normalisation
        `PERSON` or `IMAGE`.
    channels, fps
        As in `virtual_batch`.
    """
    root = joint_set.root
    seen = corrupt(draws, keypoints, joints[..., 2], joint_set, augmentation, channels, fps)
    scores = _scores(seen, channels)
    inputs = normalise_windows(seen.points, normalisation, image_size, root, scores)
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
    return Batch(inputs, _augment_targets(draws, targets.float(), augmentation))


def _scores(seen: Detections, channels: int) -> Tensor | None:
    """Return the scores where the lifter reads them."""
    return seen.scores if channels == 3 else None


def _augment_targets(draws: Draws, targets: Tensor, augmentation: Augmentation) -> Tensor:
    """Disturb the targets apart from their inputs, if the settings ask for it."""
    if augmentation.rotate_target > 0:
        return turn_about_vertical(draws, targets, augmentation.rotate_target)
    return targets


@lru_cache
def _image_size_on(device: torch.device) -> Tensor:
    """Return the virtual image size (1, 2) on a device, copied once: copies wait for a GPU."""
    return torch.tensor([IMAGE_SIZE], dtype=torch.float32, device=device)
