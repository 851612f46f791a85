"""From motion to pairs of lifter input and target, for training and for evaluation alike."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.normalisation import PERSON, normalise_windows, ray_rotations
from glagcn_cli.skeleton import COCO17, to_lifter_joints

from .augment import add_noise, detector_points, mirror_motion, reshape_bodies
from .cameras import IMAGE_SIZE, CameraRange, Cameras, draw_cameras


@dataclass(frozen=True)
class Augmentation:
    """How training samples are varied."""

    cameras: CameraRange = field(default_factory=CameraRange)
    mirror: bool = True
    bodies: bool = True
    noise: float = 0.03
    exact: float = 0.4


def observe(cameras: Cameras, motion: NDArray[np.floating]) -> NDArray[np.float32]:
    """2D that the lifter would be given if the detector were exact.

    The detector's points are projected and then converted by the very function that inference
    uses: (samples, frames, 17, 3) world metres to (samples, frames, 17, 2) pixels.
    """
    points = cameras.project(cameras.to_camera(detector_points(motion)))
    keypoints, _ = to_lifter_joints(points, np.ones(points.shape[:-1]), COCO17)
    return keypoints


def ray_frame_targets(cameras: Cameras, motion: NDArray[np.floating]) -> NDArray[np.float32]:
    """Root-relative joints in the frame of the ray to the root: (samples, frames, 17, 3) metres."""
    in_camera = cameras.to_camera(motion)
    root = in_camera[:, :, 0]
    relative = in_camera - root[:, :, None]
    return np.einsum("ntij,ntvj->ntvi", ray_rotations(root), relative).astype(np.float32)


def training_batch(
    rng: np.random.Generator, motion: NDArray[np.floating], augmentation: Augmentation
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Input (samples, frames, 17, 2) and target (samples, frames, 17, 3) of one step."""
    if augmentation.mirror:
        motion = mirror_motion(motion, rng.random(len(motion)) < 0.5)
    if augmentation.bodies:
        motion = reshape_bodies(rng, motion)
    cameras = draw_cameras(rng, motion, augmentation.cameras)
    keypoints = add_noise(rng, observe(cameras, motion), augmentation.noise, augmentation.exact)
    inputs = normalise_windows(keypoints, PERSON, IMAGE_SIZE)
    return inputs, ray_frame_targets(cameras, motion)
