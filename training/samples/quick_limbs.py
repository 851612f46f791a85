"""Quick limbs: punches and kicks that leave and return within a few frames."""

from __future__ import annotations

import torch
from torch import Tensor

from glagcn_cli.skeleton import H36M17, H36M25

from .augment import joints_of
from .cameras import rotate
from .mixed_bodies import (
    bone_vectors,
    chest_frames,
    pelvis_frames,
    put_together,
    small_rotations,
)
from .random_draws import Draws

_SWING = 60.0  # degrees, standard deviation of the angle between the limb's way and its aim
_STRAIGHT = 0.5  # share of the flicks whose limb is straight where they arrive
_ARM = 0.75  # share of them that are of arms
_HELD = (0.0, 3.0)  # frames that the limb stays where it arrived
_MOVING = (1.0, 5.0)  # frames from its way to there, and as many back
_EARLIEST = 0.75  # of half the window from its middle, the farthest that a flick is centred

_AT = {joint: number for number, joint in enumerate(H36M25.joints)}
_LIMBS = (
    ("elbow", "wrist", ("index_knuckle", "little_knuckle")),
    ("knee", "ankle", ("heel", "big_toe")),
)


def flick_limbs(draws: Draws, motion: Tensor, probability: float) -> Tensor:
    """Throw an arm or a leg of some samples to another pose and back, once in the window.

    Parameters
    ----------
    draws
        Source of randomness.
    motion
        (samples, frames, 17 or 25, 3) metres, world frame (z up), H36M-17 or H36M-25. A foot or
        hand keeps its pose on the limb.
    probability
        Share of the samples that are changed.
    """
    samples, extended = len(motion), joints_of(motion) is not H36M17
    vectors = bone_vectors(motion)
    share = _away(draws, samples, motion.shape[1]).to(motion.dtype)[..., None]
    of_arm, of_left = (draws.chance(p, (samples,)) for p in (_ARM, 0.5))
    straight = draws.chance(_STRAIGHT, (samples,))[:, None, None]
    thrown = vectors.clone()
    turn = small_rotations(draws, samples, _SWING).to(motion.dtype)
    frames = (chest_frames(motion), pelvis_frames(motion))
    for (upper, lower, end), frame in zip(_LIMBS, frames, strict=True):
        for side in ("left", "right"):
            here = (of_arm == (upper == "elbow")) & (of_left == (side == "left"))
            first, last = (_AT[f"{side}_{joint}"] for joint in (upper, lower))
            limb = vectors[:, :, [first, last]]
            aim = _aimed(limb, frame, turn, straight)
            moved = _between(limb, aim, share[..., None])
            thrown[:, :, [first, last]] = torch.where(here[:, None, None, None], moved, limb)
            if extended:
                points = [_AT[f"{side}_{point}"] for point in end]
                carried = _carried(vectors[:, :, points], limb[:, :, 1:], moved[:, :, 1:])
                thrown[:, :, points] = torch.where(
                    here[:, None, None, None], carried, vectors[:, :, points]
                )
    chosen = draws.chance(probability, (samples,))[:, None, None, None]
    return torch.where(chosen, put_together(motion, thrown), motion)


def _aimed(limb: Tensor, frame: Tensor, turn: Tensor, straight: Tensor) -> Tensor:
    """Draw the directions (samples, frames, 2, 3) in the world that a limb is thrown to.

    That is its pose in the window's middle, turned in the frame of the chest or pelvis that it
    hangs on, and straightened for some.
    """
    middle = limb.shape[1] // 2
    held = rotate(frame[:, middle, None].mT, limb[:, middle])
    held = rotate(turn[:, None], held)
    held = torch.where(straight, held[:, :1].expand_as(held), held)
    return rotate(frame[:, :, None], held[:, None])


def _carried(vectors: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """Turn vectors (samples, frames, n, 3) as a bone (samples, frames, 1, 3) turns, untwisted."""
    norm = torch.linalg.vector_norm
    start, end = (bone / norm(bone, dim=-1, keepdim=True).clip(1e-6) for bone in (before, after))
    axis = torch.linalg.cross(start, end).expand_as(vectors)
    cosine = (start * end).sum(dim=-1, keepdim=True)
    once = torch.linalg.cross(axis, vectors)
    return vectors + once + torch.linalg.cross(axis, once) / (1 + cosine).clip(1e-3)


def _between(limb: Tensor, aim: Tensor, share: Tensor) -> Tensor:
    """Turn bones (samples, frames, 2, 3) part of the way to directions, with their lengths."""
    length = torch.linalg.vector_norm(limb, dim=-1, keepdim=True)
    towards = aim / torch.linalg.vector_norm(aim, dim=-1, keepdim=True).clip(1e-6)
    mixed = torch.lerp(limb / length.clip(1e-6), towards, share)
    return mixed / torch.linalg.vector_norm(mixed, dim=-1, keepdim=True).clip(1e-3) * length


def _away(draws: Draws, samples: int, frames: int) -> Tensor:
    """Return each frame's progress to the other pose: (samples, frames), 0 to 1, smooth."""
    half = frames // 2
    middle = half * (1 + draws.uniform(-_EARLIEST, _EARLIEST, (samples,)))
    held, moving = (draws.uniform(*limits, (samples,)) for limits in (_HELD, _MOVING))
    apart = (torch.arange(frames, device=middle.device) - middle[:, None]).abs()
    left = (apart - held[:, None] / 2) / moving[:, None]
    return 0.5 + 0.5 * torch.cos(torch.pi * left.clip(0, 1))
