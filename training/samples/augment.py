"""Augments samples: mirror images, and the points that a detector marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import Tensor

from glagcn_cli.skeleton import COCO17, COCO25, H36M17, H36M25, JointSet

from .cameras import CameraRange
from .random_draws import Draws

_EAR_HALF_WIDTH = 0.075  # metres
_FACE_FORWARD = {"nose": 0.11, "eye": 0.09}  # metres in front of the ears
_EYE_HALF_WIDTH = 0.032
_EYE_UP = 0.03


@dataclass(frozen=True)
class Augmentation:
    """Strengths and probabilities of the augmentations.

    Parameters
    ----------
    cameras
        Placement of virtual cameras. Film has its own cameras.
    mirror
        Half of the samples are mirrored.
    bodies
        Probability that a body of free motion gets other proportions. Some should stay unchanged:
        their hips are anatomical, at the narrow end of the changed ones.
    children
        Share of the changed bodies with a child's size and proportions.
    definitions
        Probability that hips, shoulders and head of free motion are marked at other places of the
        body, as motion capture of another laboratory does.
    postures
        Probability that a body of free motion is put in a posture that is rarely captured.
    mixed
        Probability that parts of other samples are put on a body of free motion.
    flicks
        Probability that a limb of free motion is thrown to another pose and back in a few frames.
    playback
        Range of the factor on the speed of motion, applied by `engine.windows`.
    quick
        Share of the samples with a higher factor, up to `quickest`.
    quickest
        Largest factor on the speed of quick samples.
    noise
        Factor on a detector's errors (`detector_noise.NOISE`); 0 adds none.
    exact
        Share of the samples without noise.
    occlusion
        Probability that a sample has one to three joints hidden, for a while or throughout.
    missing_frames
        Probability that a sample has a run of frames in which the person was not found.
    swaps
        Probability that a sample has legs, arms or all joints swapped left for right for a while.
    lost_extremities
        Probability that each foot and each hand is missing throughout or for a while, and that
        all of them are (`lost_extremities`).
    crop
        Probability that an edge of the picture goes through a sample's body.
    rotate_target
        Degrees. Turns ONLY the 3D target about the vertical axis of its frame, by up to this much
        to either side, as the published authors did. It is wrong, since input and target no longer
        match, and exists only to reproduce their run.
    """

    cameras: CameraRange = field(default_factory=CameraRange)
    mirror: bool = True
    bodies: float = 1.0
    children: float = 0.0
    definitions: float = 0.0
    postures: float = 0.0
    mixed: float = 0.0
    flicks: float = 0.0
    playback: tuple[float, float] = (1.0, 1.0)
    quick: float = 0.0
    quickest: float = 3.5
    noise: float = 0.0
    exact: float = 0.4
    occlusion: float = 0.0
    missing_frames: float = 0.0
    swaps: float = 0.0
    lost_extremities: float = 0.0
    crop: float = 0.0
    rotate_target: float = 0.0


@lru_cache
def indices_on(indices: Sequence[int], device: torch.device) -> Tensor:
    """Return indices on a device, copied there once, since a copy waits for the GPU."""
    return torch.tensor(indices, device=device)


def joints_of(motion: Tensor) -> JointSet:
    """Return the joint set of motion (..., 17 or 25, 3): with feet and palms or without."""
    return H36M25 if motion.shape[-2] == len(H36M25) else H36M17


def mirror_sides(points: Tensor, chosen: Tensor, joint_set: JointSet) -> Tensor:
    """Mirror chosen samples: x negated, left and right swapped.

    Parameters
    ----------
    points
        (samples, frames, joints, 2 or 3), their x axis across the plane of reflection.
    chosen
        (samples,) bool.
    joint_set
        Joint set with the left and right joints.
    """
    mirrored = points[:, :, indices_on(joint_set.mirror, points.device)]
    mirrored[..., 0].neg_()
    return torch.where(chosen[:, None, None, None], mirrored, points)


def detector_points(joints: Tensor) -> Tensor:
    """Compute COCO's points of motion, as a detector defines them.

    Parameters
    ----------
    joints
        (..., 17 or 25, 3) metres, H36M-17 or H36M-25. Its head joint lies at the height of the
        ears.

    Returns
    -------
    Tensor
        (..., 17 or 25, 3) metres, COCO-17 or COCO-25: unchanged limbs, feet and palms; ears to
        both sides of the head joint, eyes and nose in front of it. The face points at right angles
        to the shoulders and to the neck.
    """
    own = joints_of(joints)
    at = {joint: joints[..., i, :] for i, joint in enumerate(own.joints)}
    across = at["left_shoulder"] - at["right_shoulder"]
    across = across / torch.linalg.vector_norm(across, dim=-1, keepdim=True)
    up = at["head"] - at["neck"]
    forward = torch.linalg.cross(across, up)
    forward = forward / torch.linalg.vector_norm(forward, dim=-1, keepdim=True).clip(1e-6)
    up = torch.linalg.cross(forward, across)
    at["nose"] = at["head"] + _FACE_FORWARD["nose"] * forward
    for side, sign in (("left", 1.0), ("right", -1.0)):
        at[f"{side}_ear"] = at["head"] + sign * _EAR_HALF_WIDTH * across
        eye = _FACE_FORWARD["eye"] * forward + _EYE_UP * up
        at[f"{side}_eye"] = at["head"] + sign * _EYE_HALF_WIDTH * across + eye
    marked = COCO17 if own is H36M17 else COCO25
    return torch.stack([at[joint] for joint in marked.joints], dim=-2)


def turn_about_vertical(draws: Draws, targets: Tensor, degrees: float) -> Tensor:
    """Turn each sample's joints (samples, frames, joints, 3) about the y axis of their frame.

    The angle is up to `degrees` to either side. Turning the target alone is wrong: the 2D input
    then belongs to another pose. It exists because the published authors trained so.
    """
    angle = torch.deg2rad(draws.uniform(-degrees, degrees, (len(targets),)))[:, None, None]
    cos, sin = torch.cos(angle), torch.sin(angle)
    x, y, z = targets.unbind(dim=-1)
    return torch.stack([cos * x + sin * z, y, cos * z - sin * x], dim=-1)
