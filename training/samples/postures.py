"""Postures that motion capture rarely shows: lying, head down, sitting, on all fours."""

from __future__ import annotations

import torch
from torch import Tensor

from glagcn_cli.lifting.normalisation import BODY
from glagcn_cli.skeleton import H36M17, H36M25

from .augment import indices_on, joints_of
from .mixed_bodies import bone_vectors
from .random_draws import Draws

# Degrees about the body's left-right axis.
_TRUNK = (-110.0, 110.0)  # falls forward: 90 is face down, -90 face up
_HIPS = (-20.0, 120.0)  # thighs come up towards the trunk
_KNEES = (0.0, 130.0)  # heels come up towards the thighs
_ARMS = (-130.0, 130.0)  # fall forward; 0 leaves them hanging, under a level trunk as well
_HEAD = (-60.0, 20.0)  # falls forward from where the trunk takes it
# By the bone's outer joint; all others belong to the trunk.
_KINDS = {
    "knee": 1, "ankle": 2, "heel": 2, "toe": 2, "elbow": 3, "wrist": 3, "knuckle": 3, "neck": 4,
    "head": 4,
}  # fmt: skip
_PARTS = tuple(_KINDS.get(joint.rpartition("_")[2], 0) for joint in H36M25.joints)

_TUMBLE = (60.0, 180.0)  # degrees about a horizontal axis
_TUMBLED = 0.5  # share of the changed samples that fall over as they are; the others bend
_LOWEST = 0.05  # metres above the floor of the lowest joint


def change_postures(draws: Draws, motion: Tensor, probability: float) -> Tensor:
    """Put some bodies in other postures, on the floor, with their own motion.

    Half of them are tipped over as a whole, in any direction. In the others the trunk falls forward
    or backward, and head, arms, hips and knees bend within human limits, all about the body's
    left-right axis.

    Parameters
    ----------
    draws
        Source of randomness.
    motion
        (samples, frames, 17 or 25, 3) metres, world frame (z up), H36M-17 or H36M-25. Feet and
        hands are turned as shins and arms.
    probability
        Share of the samples that are changed.
    """
    samples, device = len(motion), motion.device
    hips = [motion[:, :, H36M17.index(f"{side}_hip")].mean(dim=1) for side in ("left", "right")]
    across = hips[0] - hips[1]  # to the left: turning about it, what points up falls forward
    yaw = draws.uniform(-torch.pi, torch.pi, (samples,))
    aside = torch.stack([torch.cos(yaw), torch.sin(yaw), torch.zeros_like(yaw)], dim=1)
    tumbled = draws.chance(_TUMBLED, (samples,))
    axis = torch.where(tumbled[:, None], aside.to(across.dtype), across)
    axis = axis / torch.linalg.vector_norm(axis, dim=-1, keepdim=True).clip(1e-6)
    limits = (_TRUNK, _HIPS, _KNEES, _ARMS, _HEAD)
    trunk, hips_bent, knees_bent, arms, head = (draws.uniform(*r, (samples,)) for r in limits)
    thighs = trunk - hips_bent
    bends = torch.stack([trunk, thighs, thighs + knees_bent, arms, trunk + head], dim=1)
    whole = draws.uniform(*_TUMBLE, (samples,))
    parts = torch.where(tumbled[:, None], whole[:, None], bends)
    degrees = parts[:, indices_on(_PARTS[: motion.shape[2]], device)].to(motion.dtype)

    turned = _turn(bone_vectors(motion), axis, torch.deg2rad(degrees))
    changed = motion.clone()
    for parent, child in joints_of(motion).bone_indices:  # from the root outwards
        changed[:, :, child] = changed[:, :, parent] + turned[:, :, child]
    drop = changed[:, :, :BODY, 2].amin(dim=(1, 2)) - _LOWEST
    changed[..., 2] -= drop[:, None, None]
    chosen = draws.chance(probability, (samples,))
    return torch.where(chosen[:, None, None, None], changed, motion)


def _turn(vectors: Tensor, axis: Tensor, angle: Tensor) -> Tensor:
    """Turn (samples, frames, joints, 3) about axes (samples, 3) by (samples, joints) radians."""
    along = axis[:, None, None].expand_as(vectors)
    cos, sin = (function(angle)[:, None, :, None] for function in (torch.cos, torch.sin))
    fixed = (vectors * along).sum(dim=-1, keepdim=True) * along
    return fixed + cos * (vectors - fixed) + sin * torch.linalg.cross(along, vectors)
