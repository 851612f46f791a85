"""Mixed bodies: arms, legs and trunks of several samples put on one body."""

from __future__ import annotations

import torch
from torch import Tensor

from glagcn_cli.lifting.normalisation import BODY
from glagcn_cli.skeleton import H36M25

from .augment import indices_on, joints_of
from .cameras import rotate
from .random_draws import Draws

_REPLACED = 0.7  # share of the arms, legs and trunks of a mixed sample that come from others
# Standard deviations of the angles, in degrees, by which parts are turned for a window.
_ARM_TURN, _LEG_TURN, _LEAN = 20.0, 11.0, 7.0

_AT = {joint: number for number, joint in enumerate(H36M25.joints)}
_PARENTS = tuple(parent if parent >= 0 else H36M25.root for parent in H36M25.parents)
_LEFT_ARM, _RIGHT_ARM, _LEFT_LEG, _RIGHT_LEG = (
    tuple(_AT[f"{side}_{joint}"] for joint in joints)
    for joints in (
        ("elbow", "wrist", "index_knuckle", "little_knuckle"),
        ("knee", "ankle", "heel", "big_toe"),
    )
    for side in ("left", "right")
)
_ARMS = (_AT["left_shoulder"], _AT["right_shoulder"], *_LEFT_ARM, *_RIGHT_ARM)
_LEGS = (*_LEFT_LEG, *_RIGHT_LEG)
_TURNS = (
    (_LEFT_ARM, _ARM_TURN), (_RIGHT_ARM, _ARM_TURN),
    (_LEFT_LEG, _LEG_TURN), (_RIGHT_LEG, _LEG_TURN),
)  # fmt: skip
_TRUNK = tuple(_AT[joint] for joint in ("spine", "thorax", "neck", "head"))


def mix_bodies(draws: Draws, motion: Tensor, probability: float) -> Tensor:
    """Put parts of other samples on some bodies, with unchanged bone lengths.

    Feet and hands come with their limbs, unknown ones too.

    Arms are moved from one chest to the other, legs and trunk between the pelvises. Each limb is
    then turned about its root, and the body leaned, by angles that are constant in the window. The
    height of the lowest joint above the floor is unchanged.

    Parameters
    ----------
    draws
        Source of randomness; parts come from samples of the same process.
    motion
        (samples, frames, 17 or 25, 3) metres, world frame (z up), H36M-17 or H36M-25.
    probability
        Share of the samples that are changed.
    """
    samples, device = len(motion), motion.device
    vectors = bone_vectors(motion)
    lengths = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True).mean(dim=1, keepdim=True)
    pelvis = pelvis_frames(motion)
    chest = pelvis.mT @ chest_frames(motion)  # seen from the pelvis
    legs, trunk, arms = (_donors(draws, samples, device) for _ in range(3))
    in_pelvis = rotate(pelvis.mT[:, :, None], vectors)
    in_chest = rotate((pelvis @ chest).mT[:, :, None], vectors)
    parts = in_pelvis.clone()
    for part, donors in ((_LEGS, legs), (_TRUNK, trunk)):
        joints = _there(part, motion)
        parts[:, :, joints] = in_pelvis[donors][:, :, joints]
    joints = _there(_ARMS, motion)
    parts[:, :, joints] = rotate(chest[trunk][:, :, None], in_chest[arms][:, :, joints])
    for part, degrees in _TURNS:
        turn = small_rotations(draws, samples, degrees).to(motion.dtype)
        joints = _there(part, motion)
        parts[:, :, joints] = rotate(turn[:, None, None], parts[:, :, joints])
    lean = small_rotations(draws, samples, _LEAN).to(motion.dtype)
    vectors = rotate((lean[:, None] @ pelvis)[:, :, None], parts)
    size = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True).clip(1e-6)
    # Feet and hands of a body that has none known keep the lengths that they come with.
    fitting = torch.where(lengths.isfinite(), lengths / size, 1.0)
    mixed = put_together(motion, vectors * fitting)
    chosen = draws.chance(probability, (samples,))
    return torch.where(chosen[:, None, None, None], mixed, motion)


def bone_vectors(motion: Tensor) -> Tensor:
    """Return the vectors from each joint's parent to the joint, (samples, frames, joints, 3)."""
    return motion - motion[:, :, indices_on(_PARENTS[: motion.shape[2]], motion.device)]


def _there(part: tuple[int, ...], motion: Tensor) -> Tensor:
    """Return the joints of a part that the motion has."""
    return indices_on(tuple(j for j in part if j < motion.shape[2]), motion.device)


def put_together(motion: Tensor, vectors: Tensor) -> Tensor:
    """Join bones into bodies at the roots of others, at their height above the floor.

    Parameters
    ----------
    motion
        (samples, frames, 17 or 25, 3) metres, world frame (z up), H36M-17 or H36M-25.
    vectors
        The same, from each joint's parent to the joint.
    """
    joined = motion.clone()
    for parent, child in joints_of(motion).bone_indices:  # from the root outwards
        joined[:, :, child] = joined[:, :, parent] + vectors[:, :, child]
    lowest = (points[:, :, :BODY, 2].amin(dim=(1, 2)) for points in (joined, motion))
    joined[..., 2] -= (next(lowest) - next(lowest))[:, None, None]
    return joined


def pelvis_frames(motion: Tensor) -> Tensor:
    """Return the axes of the pelvis: (samples, frames, 3, 3), columns left, back, up."""
    across = motion[:, :, _AT["left_hip"]] - motion[:, :, _AT["right_hip"]]
    return _frames(across, motion[:, :, _AT["spine"]] - motion[:, :, _AT["hip"]])


def chest_frames(motion: Tensor) -> Tensor:
    """Return the axes of the chest: (samples, frames, 3, 3), columns left, back, up."""
    across = motion[:, :, _AT["left_shoulder"]] - motion[:, :, _AT["right_shoulder"]]
    return _frames(across, motion[:, :, _AT["thorax"]] - motion[:, :, _AT["spine"]])


def small_rotations(draws: Draws, samples: int, degrees: float) -> Tensor:
    """Draw rotations (samples, 3, 3) about random axes, standard deviation in degrees."""
    axis = draws.normal(1.0, (samples, 3))
    axis = axis / torch.linalg.vector_norm(axis, dim=1, keepdim=True).clip(1e-6)
    angle = torch.deg2rad(draws.normal(degrees, (samples,)))[:, None]
    x, y, z = axis.unbind(1)
    none = torch.zeros_like(x)
    cross = torch.stack([none, -z, y, z, none, -x, -y, x, none], dim=1).reshape(-1, 3, 3)
    sin, cos = torch.sin(angle)[..., None], torch.cos(angle)[..., None]
    one = torch.eye(3, dtype=axis.dtype, device=axis.device)
    return one + sin * cross + (1 - cos) * (cross @ cross)


def _donors(draws: Draws, samples: int, device: torch.device) -> Tensor:
    """Choose the donor of each sample's part: (samples,) numbers, for some their own."""
    own = torch.arange(samples, device=device)
    away = draws.uniform(0.0, 1.0, (samples,)).to(device) * samples
    other = (own + away.long()) % samples
    return torch.where(draws.chance(_REPLACED, (samples,)).to(device), other, own)


def _frames(across: Tensor, up: Tensor) -> Tensor:
    """Build right-handed axes as columns (..., 3, 3) from directions (..., 3) left and up."""
    left = across / torch.linalg.vector_norm(across, dim=-1, keepdim=True).clip(1e-6)
    back = torch.linalg.cross(up, left)
    back = back / torch.linalg.vector_norm(back, dim=-1, keepdim=True).clip(1e-6)
    return torch.stack([left, back, torch.linalg.cross(left, back)], dim=-1)
