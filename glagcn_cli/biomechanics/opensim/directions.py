"""Directions and turns of bodies, each by two of its directions."""

from __future__ import annotations

import numpy as np

from .model import Floats


def turns(rest: tuple[Floats, Floats], now: tuple[Floats, Floats]) -> Floats:
    """Return how a body has turned since rest, (frames, 3, 3).

    Parameters
    ----------
    rest
        Two of its directions at rest, (3,) each. The first is kept exactly.
    now
        The same over time, (frames, 3) each.
    """
    return np.asarray(axes(*now) @ axes(*rest).T)


def axes(first: Floats, second: Floats) -> Floats:
    """Return orthonormal axes (..., 3, 3) as columns: along the first, across both, and the rest.

    NaN where two directions are one.
    """
    along, across = unit(first), unit(np.cross(first, second))
    return np.stack([along, across, np.cross(along, across)], axis=-1)


def between(one: Floats, other: Floats) -> Floats:
    """Return the angle between directions in radians, exact for nearly parallel ones."""
    across = np.linalg.norm(np.cross(one, other), axis=-1)
    return np.asarray(np.arctan2(across, np.sum(one * other, axis=-1)))


def unit(vectors: Floats) -> Floats:
    """Return directions of vectors, NaN for zero length."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 1e-9, norms, np.nan))
