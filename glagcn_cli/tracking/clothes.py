"""How much likelier the colours of clothes are of one person than of two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..poses import CLOTHES_SHAPE, FrameDetections

SAME_SPREAD = np.array([[0.15, 0.04, 0.06], [0.20, 0.04, 0.08]])
"""Spread of brightness, red against green and blue against green between two sights of one person,
logarithms, of torso and of thighs."""

OTHER_SPREAD = np.array([[0.60, 0.17, 0.25], [0.55, 0.20, 0.45]])
"""The same spread between two people."""

OUTLIERS = 0.1
"""How often one person's colour differs as if it were another's: light, shadow, what is worn."""

INDEPENDENT = 0.5
"""Share of the sum of all colours' evidence that counts, since they change together with light."""

ENOUGH = 12
"""Sightings that tell the colours; those farther away tell of other light."""

_SURE = 1.0  # sum of trust at which a part's colour counts half


class Clothes(NamedTuple):
    """Colours (parts, 3) of torso and thighs, as logarithms, and how far they count, (parts,)."""

    colours: NDArray[np.float64]
    weights: NDArray[np.float64]


UNKNOWN = Clothes(np.zeros((CLOTHES_SHAPE[0], 3)), np.zeros(CLOTHES_SHAPE[0]))


def clothes_of(sightings: Iterable[tuple[int, int]], clip: Sequence[FrameDetections]) -> Clothes:
    """Return the mean colours of a person's clothes over the first sightings that show them.

    Parameters
    ----------
    sightings
        Frames, and rows in them.
    clip
        Detections, one entry a frame.
    """
    seen: list[NDArray[np.floating]] = []
    for frame, row in sightings:
        clothes = clip[frame].clothes
        if clothes is not None and clothes[row, :, 3].any():
            seen.append(clothes[row])
            if len(seen) == ENOUGH:
                break
    if not seen:
        return UNKNOWN
    values = np.array(seen, np.float64)
    trust = values[..., 3]
    total = trust.sum(axis=0)
    colours = (values[..., :3] * trust[..., None]).sum(axis=0)
    return Clothes(colours / np.maximum(total, 1e-6)[:, None], total / (total + _SURE))


def clothes_evidence(one: Clothes, other: Clothes) -> float:
    """Compute the logarithm of how much likelier two sets of clothes are one person's than two's.

    It is 0 where either is not known, and never beyond what `OUTLIERS` leaves.
    """
    weights = np.minimum(one.weights, other.weights)
    if not weights.any():
        return 0.0
    off = np.square(one.colours - other.colours)
    narrower = (SAME_SPREAD**-2.0 - OTHER_SPREAD**-2.0) / 2
    ratio = OTHER_SPREAD / SAME_SPREAD * np.exp(-off * narrower)
    ratio = (1 - OUTLIERS) * ratio + OUTLIERS
    return float(INDEPENDENT * (weights[:, None] * np.log(ratio)).sum())
