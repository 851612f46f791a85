"""One person from frame to frame, while it is not known who will matter in the end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..tracklets import keypoint_similarity

LONGEST_ABSENCE = 1.0
"""Seconds after which whoever is largest is followed instead."""

LEAST_SIMILARITY = 0.15
"""Of poses, 0..1, below which it is somebody else."""

TOLERANCE = 0.12
"""Of the person's size: displacement of a joint, from a frame to the next at 25 frames/s, at which
its similarity is exp(-1/2); of rarer frames more in proportion."""

_USUAL_STEP = 0.04  # seconds


class Follower:
    """Follow one person: the largest at first, then whose pose is nearest to the latest.

    Parameters
    ----------
    at
        Seconds, of whatever clock, at which the person was seen last.
    """

    def __init__(self) -> None:
        self.at = -np.inf
        self._keypoints: NDArray[np.float32] | None = None
        self._scores: NDArray[np.float32] | None = None
        self._size = 1.0

    def choose(self, found: FrameDetections, at: float) -> int | None:
        """Pick the person among those found at a time; None where the person is not seen."""
        if not len(found):
            return None
        areas = np.prod(np.maximum(found.boxes[:, 2:] - found.boxes[:, :2], 1.0), axis=1)
        chosen = int(areas.argmax())
        if self._keypoints is not None and at - self.at <= LONGEST_ABSENCE:
            assert self._scores is not None
            tolerance = TOLERANCE * max(1.0, (at - self.at) / _USUAL_STEP) * self._size
            similar = keypoint_similarity(
                self._keypoints, self._scores, found.keypoints, found.scores, tolerance
            )
            chosen = int(similar.argmax())
            if similar[chosen] < LEAST_SIMILARITY:
                return None
        self._keypoints, self._scores = found.keypoints[chosen], found.scores[chosen]
        self._size, self.at = float(np.sqrt(areas[chosen])), at
        return chosen
