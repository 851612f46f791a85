"""Hands of 21 points, as drawn on the video."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .drawing import Colour, Strokes


def hand_strokes(points: NDArray[np.floating], colour: Colour, radius: float) -> Strokes:
    """Return the strokes of a hand of 21 points (21, 2) pixels: the wrist, then four a finger."""
    pairs = np.array([
        (0 if point % 4 == 1 else point - 1, point) for point in range(1, 21)
    ])  # fmt: skip
    count = len(pairs)
    return Strokes(
        ends=np.asarray(points, np.float64)[pairs],
        radii=np.full((count, 2), radius),
        colours=np.tile(np.array(colour, np.float64), (count, 1)),
        depth=np.zeros(count),
        border=np.full(count, max(0.5, radius * 0.4)),
        opacity=np.ones(count),
    )
