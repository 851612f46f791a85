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
from glagcn_cli.skeleton import (
    AS_GIVEN,
    COCO17,
    CONVERSIONS,
    H36M17,
    JointSet,
    lifter_points,
)

from .augment import detector_points, mirror_sides, reshape_bodies, turn_about_vertical
from .cameras import IMAGE_SIZE, CameraRange, Cameras, draw_cameras, rotate
from .detector_errors import (
    crop,
    drop_frames,
    fill_root,
    forget_scores,
    hide_joints,
    lifter_scores,
    swap_sides,
)
from .detector_noise import Detections, add_detector_noise, exact_detections, hidden_by_torso
from .postures import change_postures
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
    postures
        Probability that a body of free motion is put in a posture that is rarely captured.
    playback
        From and to how many times the speed motion is played. (`engine.windows` does it.)
    noise
        Factor on a detector's errors (`detector_noise.NOISE`); 0 adds none.
    exact
        Share of the samples without noise.
    occlusion
        Probability that a sample has one to three joints out of sight, for a while or throughout.
    missing_frames
        Probability that a sample has a run of frames in which the person was not found.
    swaps
        Probability that a sample has legs, arms or all joints swapped left for right for a while.
    crop
        Probability that an edge of the picture goes through a sample's body.
    rotate_target
        Degrees. Turns ONLY the 3D target about the vertical axis of its frame, by up to this much
        to either side, as the published authors did. It is wrong, since input and target then no
        longer belong together, and is here to reproduce their run.
    """

    cameras: CameraRange = field(default_factory=CameraRange)
    mirror: bool = True
    bodies: bool = True
    postures: float = 0.0
    playback: tuple[float, float] = (1.0, 1.0)
    noise: float = 0.0
    exact: float = 0.4
    occlusion: float = 0.0
    missing_frames: float = 0.0
    swaps: float = 0.0
    crop: float = 0.0
    rotate_target: float = 0.0


class Batch(NamedTuple):
    """What a training step reads.

    Parameters
    ----------
    inputs
        (samples, frames, joints, 2 or 3) float32, normalised: without unit. A third channel is
        the score; a joint of score 0 is missing, its x and y are 0.
    targets
        (samples, frames, joints, 3) float32 metres, relative to the root. Axes: `PERSON`
        normalisation, of the ray to the root in each frame; `IMAGE`, of the camera.
    up
        (samples, frames, 3) float32 unit vectors against gravity, on the axes that the targets
        have before `Augmentation.rotate_target`; None for film, whose gravity is not told.
    """

    inputs: Tensor
    targets: Tensor
    up: Tensor | None = None


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
    points, _, joint_set = _marked(cameras, motion, conversion)
    return lifter_points(points, joint_set)


def _marked(cameras: Cameras, motion: Tensor, conversion: str) -> tuple[Tensor, Tensor, JointSet]:
    """Points (samples, frames, 17, 2) that a detector marks, their depth in metres, which set."""
    if conversion not in CONVERSIONS:
        raise ValueError(f"conversion is {conversion!r}, expected one of {CONVERSIONS}")
    given = conversion == AS_GIVEN
    in_camera = cameras.to_camera(motion if given else detector_points(motion))
    return cameras.project(in_camera), in_camera[..., 2], H36M17 if given else COCO17


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
    channels
        2: x and y. 3: and the score, without which no joint can be missing.
    fps
        Frames per second of the motion.
    """
    if augmentation.mirror:
        motion = mirror_sides(motion, draws.chance(0.5, (len(motion),)), H36M17)
    if augmentation.bodies:
        motion = reshape_bodies(draws, motion)
    if augmentation.postures > 0:
        motion = change_postures(draws, motion, augmentation.postures)
    cameras = draw_cameras(draws, motion, augmentation.cameras)
    points, depth, joint_set = _marked(cameras, motion, conversion)
    seen = _spoilt(draws, points, depth, joint_set, augmentation, channels, fps)
    size = _image_size_on(points.device)
    inputs = normalise_windows(seen.points, normalisation, size, scores=_told(seen, channels))
    in_camera = cameras.to_camera(motion)
    root = in_camera[:, :, 0]
    targets = in_camera - root[:, :, None]
    up = cameras.up[:, None, None].expand(-1, targets.shape[1], -1, -1)
    if normalisation == PERSON:
        targets, up = ray_frame(targets, root), ray_frame(up, root)
    targets = _spoil_targets(draws, targets.float(), augmentation)
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
    channels, fps
        As in `virtual_batch`.
    """
    root = joint_set.root
    seen = _spoilt(draws, keypoints, joints[..., 2], joint_set, augmentation, channels, fps)
    scores = _told(seen, channels)
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
    return Batch(inputs, _spoil_targets(draws, targets.float(), augmentation))


def _spoilt(
    draws: Draws,
    points: Tensor,
    depth: Tensor,
    joint_set: JointSet,
    augmentation: Augmentation,
    channels: int,
    fps: float,
) -> Detections:
    """Make exact points what a detector and the conversion of inference would give."""
    tell = channels == 3
    seen = exact_detections(points)
    if augmentation.noise > 0:
        hidden = hidden_by_torso(points, depth, joint_set)
        seen = add_detector_noise(
            draws, seen, hidden, joint_set, augmentation.noise, augmentation.exact, fps
        )
    if augmentation.swaps > 0:
        seen = swap_sides(draws, seen, augmentation.swaps, joint_set)
    if augmentation.crop > 0:
        seen = crop(draws, seen, augmentation.crop, joint_set, tell)
    if augmentation.occlusion > 0:
        seen = hide_joints(draws, seen, augmentation.occlusion, joint_set, tell)
    if augmentation.missing_frames > 0:
        seen = drop_frames(draws, seen, augmentation.missing_frames)
    if tell:
        seen = forget_scores(draws, seen)
    if joint_set is COCO17:
        scores = fill_root(lifter_scores(seen.scores), H36M17.root)
        return seen._replace(points=lifter_points(seen.points, joint_set), scores=scores)
    return seen


def _told(seen: Detections, channels: int) -> Tensor | None:
    """Scores, where the lifter reads them."""
    return seen.scores if channels == 3 else None


def _spoil_targets(draws: Draws, targets: Tensor, augmentation: Augmentation) -> Tensor:
    """Part the targets from their inputs, if that was asked for."""
    if augmentation.rotate_target > 0:
        return turn_about_vertical(draws, targets, augmentation.rotate_target)
    return targets


@lru_cache
def _image_size_on(device: torch.device) -> Tensor:
    """Size of virtual pictures (1, 2) on a device, copied there once: copies wait for a GPU."""
    return torch.tensor([IMAGE_SIZE], dtype=torch.float32, device=device)
