"""Overlapping windows back into one clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Blend:
    """Weighted mean of what windows say of the frames that they share.

    Parameters
    ----------
    frames
        Of the clip.
    weights
        (window,) how much each frame of a window counts.
    """

    def __init__(self, frames: int, weights: NDArray[np.float64]) -> None:
        self._weights = weights
        self._weight = np.zeros(frames)
        self._total: NDArray[np.float64] | None = None

    def add(self, starts: NDArray[np.int64], values: NDArray[np.floating]) -> None:
        """Add windows (windows, window, ...) that begin at frames; a window of 1 counts for all."""
        if self._total is None:
            self._total = np.zeros((len(self._weight), *values.shape[2:]))
        shaped = self._weights.reshape(-1, *[1] * (values.ndim - 2))
        for start, window in zip(starts, values, strict=True):
            inside = slice(start, start + len(self._weights))
            self._weight[inside] += self._weights
            self._total[inside] += shaped * window

    def mean(self, inside: slice) -> NDArray[np.float64]:
        """Of each of these frames (frames, ...), all of which some window has spoken of."""
        assert self._total is not None
        weight = self._weight[inside].reshape(-1, *[1] * (self._total.ndim - 1))
        return np.asarray(self._total[inside] / weight)
