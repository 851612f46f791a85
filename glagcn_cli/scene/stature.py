"""How tall a body is, and scenes scaled to a height that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence
from .bones import bone_lengths
from .contacts import ANKLE_HEIGHT

ABOVE_THE_EARS = 0.075
"""Share of a person's height that lies above the ears, where the last joint is."""

_UPRIGHT = ("left_knee", "left_ankle", "spine", "thorax", "neck", "head")


def stature(joints: NDArray[np.floating]) -> float:
    """Compute the height in metres of a body of (frames, 17, 3) joints, standing, head to heel."""
    lengths = bone_lengths(joints)
    return (ANKLE_HEIGHT + sum(lengths[bone] for bone in _UPRIGHT)) / (1 - ABOVE_THE_EARS)


def scale_to(people: Sequence[PoseSequence], height: float | None) -> float | None:
    """Return the factor by which the visible person of the lowest number becomes this high.

    None where no height is asked for or nobody is seen.
    """
    seen = [body for body in people if body.valid.any()]
    if height is None or not seen:
        return None
    first = min(seen, key=lambda body: body.person)
    return height / stature(first.joints[first.valid])


def scaled(body: PoseSequence, scale: float | None) -> PoseSequence:
    """Scale a body and its uncertainty by a factor; None leaves it."""
    if scale is None:
        return body
    unsure = body.uncertainty
    return replace(
        body,
        joints=(body.joints * scale).astype(np.float32),
        uncertainty=None if unsure is None else (unsure * scale).astype(np.float32),
        free=None if body.free is None else (body.free * scale).astype(np.float32),
    )
