"""One person from frame to frame, while it is not known who will matter in the end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..similarity import KEYPOINT_TOLERANCE, keypoint_similarity, size

LONGEST_ABSENCE = 1.0
"""Seconds after which whoever is largest is followed instead."""

LEAST_SIMILARITY = 0.15
"""Of poses, 0..1, below which it is somebody else."""

USUAL_STEP = 0.04
"""Seconds from a frame to the next for which `KEYPOINT_TOLERANCE` holds; after longer ones joints
may have moved by more in proportion."""


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
        sizes = [size(box) for box in found.boxes]
        chosen = int(np.argmax(sizes))
        if self._keypoints is not None and at - self.at <= LONGEST_ABSENCE:
            assert self._scores is not None
            growth = max(1.0, (at - self.at) / USUAL_STEP)
            similar = keypoint_similarity(
                self._keypoints, self._scores, found.keypoints, found.scores,
                KEYPOINT_TOLERANCE * growth * self._size,
            )  # fmt: skip
            chosen = int(similar.argmax())
            if similar[chosen] < LEAST_SIMILARITY:
                return None
        self._keypoints, self._scores = found.keypoints[chosen], found.scores[chosen]
        self._size, self.at = sizes[chosen], at
        return chosen
