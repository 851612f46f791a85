"""Virtual cameras, placed as people hold cameras."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from glagcn_cli.camera import focal_length
from glagcn_cli.lifting.normalisation import BODY

from .random_draws import Draws

IMAGE_SIZE = (1280, 720)
NEAREST = 0.8  # metres between the camera and the closest joint, on the ground
IN_FRONT = 0.5  # metres along the camera's axis to the closest joint
ODD_DISTANCE = (1.0, 4.0)  # metres on the ground
ODD_HEIGHT = (0.1, 5.0)  # metres above the floor
ODD_ROLL = 25.0  # degrees, standard deviation


@dataclass(frozen=True)
class CameraRange:
    """Placement of virtual cameras: limits of uniform distributions.

    Parameters
    ----------
    distance
        Metres from the subject's middle position, on the ground.
    height
        Metres above the floor.
    fov
        Degrees over the picture's longer side.
    off_centre
        Largest angle between the optical axis and the subject, as a share of half the view, to the
        sides and up and down.
    roll
        Standard deviation of the roll in degrees.
    odd
        Share of unusual cameras: near, low or high, and rolled by `ODD_ROLL`.
    """

    distance: tuple[float, float] = (1.5, 12.0)
    height: tuple[float, float] = (0.3, 3.0)
    fov: tuple[float, float] = (35.0, 100.0)
    off_centre: float = 0.6
    roll: float = 3.5
    odd: float = 0.0


EVALUATION_CAMERAS = CameraRange((2.0, 9.0), (0.4, 2.6), (35.0, 90.0), 0.6, 3.0)
"""Placement of the cameras of evaluations on free motion; fixed, so that figures are comparable."""


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

    rotation: Tensor
    position: Tensor
    focal: Tensor

    @property
    def fov(self) -> Tensor:
        """Field of view over the picture's longer side: (samples,) degrees."""
        return torch.rad2deg(2 * torch.atan(max(IMAGE_SIZE) / 2 / self.focal))

    @property
    def up(self) -> Tensor:
        """Against gravity: (samples, 3) unit vectors, camera frame."""
        return self.rotation[:, :, 2]

    def to_camera(self, points: Tensor) -> Tensor:
        """Transform world points (samples, frames, joints, 3) to the camera frame, metres."""
        return rotate(self.rotation[:, None, None], points - self.position[:, None, None])

    def project(self, in_camera: Tensor) -> Tensor:
        """Project camera-frame points (samples, frames, joints, 3) to pixels (..., 2)."""
        pixels = in_camera[..., :2] * (self.focal[:, None, None, None] / in_camera[..., 2:])
        for axis, size in enumerate(IMAGE_SIZE):
            pixels[..., axis] += (size - 1) / 2
        return pixels


def rotate(rotations: Tensor, vectors: Tensor) -> Tensor:
    """Turn vectors (..., 3) by rotations (..., 3, 3) that broadcast against them.

    The product is written out, since a matrix product in TF32, or in bfloat16 under autocast, would
    be whole pixels off.
    """
    x, y, z = vectors[..., :1], vectors[..., 1:2], vectors[..., 2:]
    return rotations[..., 0] * x + rotations[..., 1] * y + rotations[..., 2] * z


def look_at(forward: Tensor, roll: Tensor | None = None) -> Tensor:
    """Build world-to-camera rotations looking along (samples, 3), z up, with roll in radians."""
    forward = forward / torch.linalg.vector_norm(forward, dim=1, keepdim=True)
    x, y, _ = forward.unbind(1)
    level = torch.hypot(x, y)
    right = torch.stack([y / level, -x / level, torch.zeros_like(x)], dim=1)
    down = torch.linalg.cross(forward, right)
    if roll is not None:
        cos, sin = torch.cos(roll)[:, None], torch.sin(roll)[:, None]
        right, down = cos * right + sin * down, cos * down - sin * right
    return torch.stack([right, down, forward], dim=1)


def _places(draws: Draws, samples: int, limits: CameraRange) -> tuple[Tensor, Tensor, Tensor]:
    """Draw metres away and above the floor, and standard deviations of the roll in degrees."""
    places = [
        draws.uniform(*limits.distance, (samples,)),
        draws.uniform(*limits.height, (samples,)),
    ]
    places.append(torch.full_like(places[0], limits.roll))
    if limits.odd > 0:
        odd = draws.chance(limits.odd, (samples,))
        others = [draws.uniform(*r, (samples,)) for r in (ODD_DISTANCE, ODD_HEIGHT)]
        others.append(torch.full_like(places[0], ODD_ROLL))
        places = [torch.where(odd, *pair) for pair in zip(others, places, strict=True)]
    return places[0], places[1], places[2]


def draw_cameras(draws: Draws, motion: Tensor, limits: CameraRange) -> Cameras:
    """Place a camera for every sample of motion.

    Parameters
    ----------
    draws
        Source of randomness; the same draws give the same cameras.
    motion
        (samples, frames, joints, 3) metres, world frame; joint 0 is the root. Feet and palms do
        not count.
    limits
        Placement of the cameras. A camera moves back until the nearest joint is `NEAREST` away. If
        a person still walks past it, it moves back along its own axis until all joints are
        `IN_FRONT` of it.
    """
    samples, motion = len(motion), motion[:, :, :BODY]
    middle = motion[:, :, 0].mean(dim=1)
    yaw = draws.uniform(0.0, 2 * math.pi, (samples,))
    away = torch.stack([torch.cos(yaw), torch.sin(yaw)], dim=1)
    spread = motion[..., :2] - middle[:, None, None, :2]
    reach = (spread * away[:, None, None]).sum(dim=-1).amax(dim=(1, 2))
    distance, height, roll_by = _places(draws, samples, limits)
    distance = torch.maximum(distance, reach + NEAREST)
    position = torch.cat([middle[:, :2] + away * distance[:, None], height[:, None]], dim=1)

    focal = focal_length(IMAGE_SIZE, draws.uniform(*limits.fov, (samples,)))
    shift = draws.uniform(-limits.off_centre, limits.off_centre, (samples, 2))
    roll = torch.deg2rad(draws.normal(1.0, (samples,)) * roll_by)
    tangents = [shift[:, axis] * (size / 2 / focal) for axis, size in enumerate(IMAGE_SIZE)]
    aim = torch.stack([*tangents, torch.ones_like(focal)], dim=1)
    direct = look_at(middle - position)
    rotation = look_at(rotate(direct.mT, aim), roll)
    forward = rotation[:, 2]
    depth = rotate(forward[:, None, None, None], motion - position[:, None, None])[..., 0]
    short = (IN_FRONT - depth.amin(dim=(1, 2))).clip(0)
    return Cameras(rotation, position - forward * short[:, None], focal)
