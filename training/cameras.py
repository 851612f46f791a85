"""Virtual cameras: free motion seen from anywhere a person would hold a camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.normalisation import focal_length

IMAGE_SIZE = (1280, 720)
NEAREST = 0.8  # metres between the camera and the closest joint


@dataclass(frozen=True)
class CameraRange:
    """From where virtual cameras look: limits of uniform distributions.

    Parameters
    ----------
    distance
        Metres from the subject's middle position, on the ground.
    height
        Metres above the floor.
    fov
        Degrees over the picture's longer side.
    off_centre
        Largest angle between the optical axis and the subject, as a share of half the view.
    roll
        Standard deviation of the roll in degrees.
    """

    distance: tuple[float, float] = (2.0, 9.0)
    height: tuple[float, float] = (0.4, 2.6)
    fov: tuple[float, float] = (35.0, 90.0)
    off_centre: float = 0.6
    roll: float = 3.0


@dataclass(frozen=True)
class Cameras:
    """Static pinhole cameras, one a sample.

    Parameters
    ----------
    rotation
        (samples, 3, 3) world to camera (x right, y down, z forward).
    position
        (samples, 3) metres, world frame (z up).
    focal
        (samples,) pixels at `IMAGE_SIZE`.
    """

    rotation: NDArray[np.float64]
    position: NDArray[np.float64]
    focal: NDArray[np.float64]

    def to_camera(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """World points (samples, frames, joints, 3) to the camera frame, metres."""
        offset = points - self.position[:, None, None]
        return np.einsum("nij,ntvj->ntvi", self.rotation, offset)

    def project(self, in_camera: NDArray[np.floating]) -> NDArray[np.float64]:
        """Camera-frame points (samples, frames, joints, 3) to pixels (..., 2)."""
        centre = (np.array(IMAGE_SIZE) - 1) / 2
        scaled = in_camera[..., :2] / in_camera[..., 2:]
        return scaled * self.focal[:, None, None, None] + centre


def _look_at(forward: NDArray, roll: NDArray) -> NDArray[np.float64]:
    """World-to-camera rotations that look along (samples, 3) directions, z up, rolled (radians)."""
    forward = forward / np.linalg.norm(forward, axis=1, keepdims=True)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    down = np.cross(forward, right)
    cos, sin = np.cos(roll)[:, None], np.sin(roll)[:, None]
    return np.stack([cos * right + sin * down, cos * down - sin * right, forward], axis=1)


def draw_cameras(
    rng: np.random.Generator, motion: NDArray[np.floating], limits: CameraRange
) -> Cameras:
    """Place a camera for every sample of motion.

    Parameters
    ----------
    rng
        Source of randomness; the same state gives the same cameras.
    motion
        (samples, frames, joints, 3) metres, world frame; joint 0 is the root.
    limits
        Where cameras may stand. A camera moves back until the nearest joint is `NEAREST` away.
    """
    samples = len(motion)
    middle = motion[:, :, 0].mean(axis=1)
    yaw = rng.uniform(0, 2 * np.pi, samples)
    away = np.stack([np.cos(yaw), np.sin(yaw)], axis=1)
    spread = motion[..., :2] - middle[:, None, None, :2]
    reach = np.einsum("ntvi,ni->ntv", spread, away).max(axis=(1, 2))
    distance = np.maximum(rng.uniform(*limits.distance, samples), reach + NEAREST)
    height = rng.uniform(*limits.height, samples)
    position = np.concatenate([middle[:, :2] + away * distance[:, None], height[:, None]], axis=1)

    fov = rng.uniform(*limits.fov, samples)
    focal = np.array([focal_length(IMAGE_SIZE, degrees) for degrees in fov])
    half_view = np.array(IMAGE_SIZE) / 2 / focal[:, None]  # tangents
    shift = rng.uniform(-limits.off_centre, limits.off_centre, (samples, 2)) * half_view
    roll = np.radians(rng.normal(0, limits.roll, samples))
    direct = _look_at(middle - position, np.zeros(samples))
    aim = np.concatenate([shift, np.ones((samples, 1))], axis=1)
    return Cameras(_look_at(np.einsum("nji,nj->ni", direct, aim), roll), position, focal)
