"""Orientations from directions; where a frame lacks one, the one before it holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Vectors = NDArray[np.float64]

_NEARLY_PARALLEL = 0.05  # sine of the angle below which two directions span no plane


def carried(vectors: Vectors, good: NDArray[np.bool_], otherwise: Vectors) -> Vectors:
    """Replace bad rows by the good row before them (the leading ones by the first good row)."""
    if good.all():
        return vectors
    if not good.any():
        return np.tile(otherwise, (len(vectors), 1))
    last = np.maximum.accumulate(np.where(good, np.arange(len(good)), -1))
    return vectors[np.where(last < 0, np.argmax(good), last)]


def unit_of(vectors: Vectors, otherwise: Vectors) -> Vectors:
    """Directions of (frames, 3) vectors; where there is none, that of the frame before."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    good = norms[:, 0] > 1e-6
    return carried(vectors / np.where(norms > 1e-6, norms, 1.0), good, otherwise)


def frame_of(primary: Vectors, secondary: Vectors, first: Vectors, second: Vectors) -> Rotation:
    """Rotations that take axis ``first`` to ``primary`` and ``second`` towards ``secondary``."""
    across = np.cross(primary, secondary)
    norms = np.linalg.norm(across, axis=-1)
    spread = norms > _NEARLY_PARALLEL
    third = carried(across, spread, np.cross(first, second))
    third = unit_of(third - np.sum(third * primary, axis=-1, keepdims=True) * primary, second)
    scene = np.stack([primary, np.cross(third, primary), third], axis=-1)
    rest = np.stack([first, second, np.cross(first, second)], axis=-1)
    return Rotation.from_matrix(scene @ rest.T)
