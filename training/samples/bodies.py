"""Other bodies on the same motion: adults, children, and joints marked elsewhere on the body."""

from __future__ import annotations

import torch
from torch import Tensor

from glagcn_cli.skeleton import H36M17, H36M25

from .augment import indices_on, joints_of
from .cameras import rotate
from .mixed_bodies import chest_frames, pelvis_frames
from .random_draws import Draws

# Standard deviations as a share: of a bone's length, and of the whole body's. Adults' statures
# differ by 6 %, men and women together.
_LIMB_SCALE = 0.06
_BODY_SCALE = 0.07
_HIP_WIDENING = (1.0, 1.7)  # detectors put hips on the body's outline: half-width 0.09 to 0.15 m
_SHOULDER_WIDTH = (0.8, 1.1)  # and shoulders farther in than many skeletons have them

_CHILDREN = (0.5, 0.95)  # statures, as a share of an adult's: from the age of two on
# A child's bone is its stature to this power: fitted to the bodies of 2 to 18 years of the body
# model anny 0.6.2 (benchmarks/training/bodies.py). Its bones then spread by 1 to 6 %.
_GROWTH = {
    "hip": 1.03, "knee": 1.06, "ankle": 1.07, "spine": 1.13, "thorax": 1.13, "neck": 0.83,
    "head": 0.6, "shoulder": 1.09, "elbow": 1.0, "wrist": 0.95,
}  # fmt: skip

# Standard deviations in metres, back and up, of where joints are marked on a body. Motion packs
# differ from each other by 0.02 to 0.05.
_HIPS_MARKED, _SHOULDERS_MARKED, _HEAD_MARKED = 0.012, 0.018, 0.018
_FEET_MARKED = 0.01  # across the sole; detectors mark the outline of a shoe

# Joints whose bones have one length, left and right alike: a number for each kind of bone.
_BONES = [joint.removeprefix("left_").removeprefix("right_") for joint in H36M25.joints]
_OF_BODY = sorted(set(_BONES[: len(H36M17)]))
_KINDS = [*_OF_BODY, *sorted(set(_BONES) - set(_OF_BODY))]
_BONE_KINDS = tuple(_KINDS.index(bone) for bone in _BONES)


def reshape_bodies(
    draws: Draws, motion: Tensor, probability: float = 1.0, children: float = 0.0
) -> Tensor:
    """Give samples another body, left and right alike.

    Bones are scaled along the tree from the root; the root is lifted with the legs so that the
    feet stay near the floor.

    Parameters
    ----------
    draws
        Source of randomness.
    motion
        (samples, frames, 17 or 25, 3) metres, world frame (z up), H36M-17 or H36M-25.
    probability
        Share of the samples that get another body.
    children
        Share of these bodies that have a child's size and proportions.
    """
    samples, own = len(motion), joints_of(motion)
    kinds = len(_OF_BODY) if own is H36M17 else len(_KINDS)
    lengths = 1.0 + draws.normal(_LIMB_SCALE, (samples, kinds))
    scale = lengths[:, indices_on(_BONE_KINDS[: len(own)], motion.device)]
    for joint, limits in (("hip", _HIP_WIDENING), ("shoulder", _SHOULDER_WIDTH)):
        width = draws.uniform(*limits, (samples,))
        for side in ("left", "right"):
            scale[:, H36M17.index(f"{side}_{joint}")] = width
    body = 1.0 + draws.normal(_BODY_SCALE, (samples,))
    scale = (scale * body[:, None]).clip(0.6, 2.0)
    if children > 0:
        scale = scale * _growth(draws, samples, children).to(scale)[:, : len(own)]
    shaped = motion.clone()
    legs = (scale[:, H36M17.index("left_knee")] + scale[:, H36M17.index("left_ankle")]) / 2
    shaped[:, :, 0, 2] *= legs[:, None]
    for parent, child in own.bone_indices:  # from the root outwards
        bone = motion[:, :, child] - motion[:, :, parent]
        shaped[:, :, child] = shaped[:, :, parent] + bone * scale[:, child, None, None]
    chosen = draws.chance(probability, (samples,))
    return torch.where(chosen[:, None, None, None], shaped, motion)


def mark_joints_elsewhere(draws: Draws, motion: Tensor, probability: float) -> Tensor:
    """Move hips, shoulders and head of some samples, by offsets that are constant on the body.

    Laboratories differ in where on a body they put these joints. The offsets are along the axes of
    pelvis and chest, alike on both sides; sideways, `reshape_bodies` moves hips and shoulders.
    Heel and toe of a foot are moved together, towards the sole or away from it.

    Parameters
    ----------
    draws
        Source of randomness.
    motion
        (samples, frames, 17 or 25, 3) metres, H36M-17 or H36M-25.
    probability
        Share of the samples that are changed.
    """
    samples = len(motion)
    pelvis, chest = pelvis_frames(motion), chest_frames(motion)
    moved = motion.clone()
    for axes, joints, spread in (
        (pelvis, ("left_hip", "right_hip"), _HIPS_MARKED),
        (chest, ("left_shoulder", "right_shoulder"), _SHOULDERS_MARKED),
        (chest, ("head",), _HEAD_MARKED),
    ):
        offset = draws.normal(spread, (samples, 3)).to(motion)
        offset[:, 0] = 0.0
        across = rotate(axes, offset[:, None].expand(-1, motion.shape[1], -1))
        for joint in joints:
            moved[:, :, H36M17.index(joint)] += across
    if joints_of(motion) is H36M25:
        _mark_feet_elsewhere(moved, draws.normal(_FEET_MARKED, (samples,)).to(motion))
    chosen = draws.chance(probability, (samples,))
    return torch.where(chosen[:, None, None, None], moved, motion)


def _mark_feet_elsewhere(motion: Tensor, offset: Tensor) -> None:
    """Move heels and toes by an offset (samples,) along the shin, off the line between them."""
    norm = torch.linalg.vector_norm
    for side in ("left", "right"):
        knee, ankle, heel, toe = H36M25.indices(
            [f"{side}_{joint}" for joint in ("knee", "ankle", "heel", "big_toe")]
        )
        sole = motion[:, :, toe] - motion[:, :, heel]
        sole = sole / norm(sole, dim=-1, keepdim=True).clip(1e-6)
        shin = motion[:, :, ankle] - motion[:, :, knee]
        down = shin - (shin * sole).sum(dim=-1, keepdim=True) * sole
        down = down / norm(down, dim=-1, keepdim=True).clip(1e-6)
        for point in (heel, toe):
            motion[:, :, point] += offset[:, None, None] * down


def _growth(draws: Draws, samples: int, children: float) -> Tensor:
    """Draw factors (samples, joints) on the bone to each joint: a child's, or 1."""
    stature = draws.uniform(*_CHILDREN, (samples,))
    grown = ~draws.chance(children, (samples,))
    stature = torch.where(grown, torch.ones_like(stature), stature)
    powers = torch.tensor([_GROWTH.get(kind, 1.0) for kind in _KINDS], device=stature.device)
    return (stature[:, None] ** powers)[:, indices_on(_BONE_KINDS, stature.device)]
