"""Finds the cuts of a film from small pictures, frame by frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..video.picture import AnyFrame, picture_of

FILM_CUTS = "film_cuts"
"""Name of the stored cuts beside the 2D of a clip: numbers of first frames of shots."""

BRIGHTNESS = "brightness"
"""Name of the stored median over frames of their mean level, 0..255."""

AROUND = 0.25
"""Seconds about a cut without another change as large; no shot is shorter."""

SPIKE = 3.0
"""Ratio of the change at a cut to any change about it, since motion continues."""

LEAST_CHANGE = 0.2
"""Least change at a cut: 1 less the correlation of the pictures before and after it. Unlike places
have 0.4 to 1; the sun that comes out behind a tree had 0.16."""

_SIZE = (32, 18)  # pixels: bodies are blots in it, and a shaken camera changes little
_FINEST = 128  # pixels of the longer side: larger pictures are subsampled before averaging
_GRAIN = 2.0  # grey levels; a picture that varies less counts as black, without changes


class FilmCuts:
    """Finds the cuts of a video.

    A cut is a change between two frames that stands out from all changes around it, after which the
    earlier picture does not return as after a flash or a lost frame. Fades and dissolves are not
    found.

    Parameters
    ----------
    fps
        Frames per second.

    Attributes
    ----------
    cuts
        Numbers of the frames that begin a new shot, known `AROUND` later.
    """

    def __init__(self, fps: Fraction | float) -> None:
        self.cuts: list[int] = []
        self._reach = max(1, round(AROUND * float(fps)))
        self._pictures: deque[NDArray[np.float32]] = deque(maxlen=2 * self._reach + 1)
        self._changes: deque[float] = deque(maxlen=2 * self._reach + 1)
        self._levels: list[float] = []

    def add(self, frames: Sequence[AnyFrame]) -> None:
        """Add the next frames, in order, all of the video."""
        for frame in frames:
            picture, level = _small(frame)
            change = _distance(picture, self._pictures[-1]) if self._pictures else 0.0
            self._pictures.append(picture)
            self._changes.append(change)
            self._levels.append(level)
            if len(self._changes) == self._changes.maxlen and self._is_cut(self._reach):
                self.cuts.append(len(self._levels) - 1 - self._reach)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays for storage with the 2D."""
        level = np.median(self._levels) if self._levels else 0.0
        return {FILM_CUTS: np.array(self.cuts, np.int64), BRIGHTNESS: np.array(level)}

    def _is_cut(self, at: int) -> bool:
        """Tell whether the frame at this place begins a shot; its neighbours are known."""
        change = self._changes[at]
        if change < LEAST_CHANGE:
            return False
        near = [other for place, other in enumerate(self._changes) if place != at]
        if change < SPIKE * max(near):
            return False
        pictures = list(self._pictures)
        back = min(_distance(one, other) for one in pictures[:at] for other in pictures[at:])
        return back * SPIKE > change


def _small(frame: AnyFrame) -> tuple[NDArray[np.float32], float]:
    """Return a small picture with its mean and contrast removed, and the mean."""
    picture = picture_of(frame)
    step = max(1, max(picture.size) // _FINEST)
    across, down = (min(step, side) for side in picture.size)  # at least one row of a strip
    thinned = picture.rgb(slice(down // 2, None, down), slice(across // 2, None, across))
    small = cv2.resize(thinned, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
    level = float(small.mean())
    small -= level
    return np.asarray(small / np.sqrt(np.mean(small**2) + _GRAIN**2), np.float32), level


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Compute 1 less the correlation of two pictures: 0 for the same, 1 for unlike ones."""
    return float(np.mean(np.square(one - other))) / 2
