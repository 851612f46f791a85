"""Losses of feet and palms, which only some motion packs know."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from glagcn_cli.skeleton import JointSet

_SHORTEST = 0.02
"""Metres: a shorter vector has no direction."""
_FLATTEST = 0.1
"""Sine of the angle between wrist and knuckles below which a palm faces nowhere."""


def extremity_losses(
    pairs: Sequence[tuple[Tensor, Tensor]], joint_set: JointSet, position: float, direction: float
) -> dict[str, Tensor]:
    """Compute the weighted losses of feet and palms, mean over the pairs.

    Parameters
    ----------
    pairs
        Predicted and true joints (..., joints, 3) metres, NaN where unknown.
    joint_set
        Joint set of both; without feet and palms there are no losses.
    position, direction
        Weights; a term of weight 0 is not computed.
    """
    losses: dict[str, Tensor] = {}
    if joint_set.extends is None:
        return losses
    if position > 0:
        off = [known_loss(p[..., joint_set.added, :], t[..., joint_set.added, :]) for p, t in pairs]
        losses["loss_extremities"] = position * torch.stack(off).mean()
    if direction > 0:
        off = [known_loss(directions(p, joint_set), directions(t, joint_set)) for p, t in pairs]
        losses["loss_extremity_direction"] = direction * torch.stack(off).mean()
    return losses


def known_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Compute the mean distance of vectors (..., n, 3) whose truth is not NaN; 0 without any."""
    known = true[..., 0].isfinite()
    off = torch.linalg.vector_norm(predicted - true.nan_to_num(), dim=-1)
    return (off * known).sum() / known.sum().clip(1)


def directions(joints: Tensor, joint_set: JointSet) -> Tensor:
    """Return unit vectors (..., 10, 3) of feet and hands.

    Each side has ankle to heel, heel to toe, wrist to both knuckles, and the normal of the palm:
    out of it on the left, out of the back of the hand on the right.
    """
    found = []
    for side in ("left", "right"):
        ankle, heel, toe, wrist, index, little = (
            joints[..., joint_set.index(f"{side}_{joint}"), :]
            for joint in ("ankle", "heel", "big_toe", "wrist", "index_knuckle", "little_knuckle")
        )
        to_index, to_little = _unit(index - wrist), _unit(little - wrist)
        palm = torch.linalg.cross(to_little, to_index)
        length = torch.linalg.vector_norm(palm, dim=-1, keepdim=True)
        found += [_unit(heel - ankle), _unit(toe - heel), to_index, to_little]
        found.append(palm / length.clip(_FLATTEST))
    return torch.stack(found, dim=-2)


def _unit(vectors: Tensor) -> Tensor:
    return vectors / torch.linalg.vector_norm(vectors, dim=-1, keepdim=True).clip(_SHORTEST)
