"""Where places of a frame lie in another one, as far as the background tells: for who is who.

The background of two pictures that follow each other differs by about a similarity: a shift, a turn
about the line of sight and a change of size. Chained from picture to picture, these unroll what a
camera sees that pans as far as it likes. They need no focal length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..shots.shots import between_cuts
from .links import BackgroundLinks, Pairs

LONGEST_GUESS = 1.0
"""Seconds without the background across which it is taken to have moved evenly."""

UNKNOWN = -1
"""In place of a place's number: nothing is known of a frame."""

_Complex = NDArray[np.complex128]


class _Similarity(NamedTuple):
    """From z = x + iy to ``factor * z + shift``."""

    factor: complex = 1.0
    shift: complex = 0.0

    def after(self, first: _Similarity) -> _Similarity:
        """Return this one after another one."""
        return _Similarity(self.factor * first.factor, self.factor * first.shift + self.shift)

    def back(self) -> _Similarity:
        """Return the inverse."""
        return _Similarity(1 / self.factor, -self.shift / self.factor)


@dataclass(frozen=True)
class CarriedPlaces:
    """Places of the background in every frame.

    Parameters
    ----------
    factor, shift
        (frames,) complex: from x + iy in a frame to the unrolled picture of its place.
    place
        (frames,) number of the place, `UNKNOWN` where the background was not found. Frames of two
        places have nothing in common.
    """

    factor: _Complex
    shift: _Complex
    place: NDArray[np.intp]

    @classmethod
    def still(cls) -> CarriedPlaces:
        """Return what leaves every place where it is."""
        return cls(np.empty(0, complex), np.empty(0, complex), np.empty(0, np.intp))

    @classmethod
    def of_clip(
        cls, clip: Mapping[str, NDArray[Any]], frames: int, fps: float, cuts: Sequence[int] = ()
    ) -> CarriedPlaces:
        """Return the places of the background in a clip.

        Parameters
        ----------
        clip
            Arrays stored with its 2D.
        frames
            Length of the clip.
        fps
            Frames per second.
        cuts
            First frames of shots: nothing is carried across.
        """
        links = BackgroundLinks.of_clip(clip, frames)
        if links is None:
            return cls.still()
        found = cls(np.ones(frames, complex), np.zeros(frames, complex), np.full(frames, UNKNOWN))
        keys = _unrolled(links)
        for number in np.flatnonzero(links.keys >= 0).tolist():
            place, key = keys.get(int(links.keys[number]), (UNKNOWN, _Similarity()))
            whole = key.after(_fit(links.pairs[number]).back())
            found.factor[number], found.shift[number] = whole
            found.place[number] = place
        for shot in between_cuts(cuts, frames):
            found._fill(slice(shot.start, shot.stop), LONGEST_GUESS * fps)
        return found

    def _fill(self, part: slice, longest: float) -> None:
        """Guess frames between others, in place; they are held before the first and after."""
        known = part.start + np.flatnonzero(self.place[part] >= 0)
        if not len(known):
            return
        for before, after in pairwise(known.tolist()):
            if after - before > longest or self.place[before] != self.place[after]:
                continue
            share = np.arange(1, after - before) / (after - before)
            inside = slice(before + 1, after)
            self.factor[inside] = (1 - share) * self.factor[before] + share * self.factor[after]
            self.shift[inside] = (1 - share) * self.shift[before] + share * self.shift[after]
            self.place[inside] = self.place[before]
        for inside, nearest in (
            (slice(max(part.start, int(known[0] - longest)), known[0]), known[0]),
            (slice(known[-1] + 1, min(part.stop, int(known[-1] + longest))), known[-1]),
        ):
            for values in (self.factor, self.shift, self.place):
                values[inside] = values[nearest]

    @property
    def moves(self) -> bool:
        """Whether the background lies elsewhere in some frames."""
        return len(self.place) > 0

    def carried(self, points: NDArray[np.floating], start: int, stop: int) -> NDArray[np.floating]:
        """Return where points (..., 2) of the background in one frame lie in another."""
        if not self._joined(start, stop):
            return points
        places = points[..., 0] + 1j * points[..., 1]
        unrolled = self.factor[start] * places + self.shift[start]
        there = (unrolled - self.shift[stop]) / self.factor[stop]
        return np.stack([there.real, there.imag], axis=-1)

    def carried_boxes(
        self, boxes: NDArray[np.floating], start: int, stop: int
    ) -> NDArray[np.floating]:
        """Return boxes (..., 4) of one frame as they are in another; they stay upright."""
        if not self._joined(start, stop):
            return boxes
        middle = self.carried((boxes[..., :2] + boxes[..., 2:]) / 2, start, stop)
        half = (boxes[..., 2:] - boxes[..., :2]) / 2 * self.larger(start, stop)
        return np.concatenate([middle - half, middle + half], axis=-1)

    def larger(self, start: int, stop: int) -> float:
        """Return how many times as large the background is in one frame as in another."""
        if not self._joined(start, stop):
            return 1.0
        return float(abs(self.factor[start] / self.factor[stop]))

    def _joined(self, start: int, stop: int) -> bool:
        """Tell whether anything has moved between two frames, and how is known."""
        if start == stop or not self.moves:
            return False
        return bool(self.place[start] == self.place[stop] != UNKNOWN)


def _unrolled(links: BackgroundLinks) -> dict[int, tuple[int, _Similarity]]:
    """Return each key picture's place, and the way from it to that place's first picture."""
    found: dict[int, tuple[int, _Similarity]] = {}
    for (one, other), pairs in zip(links.ends.tolist(), links.links, strict=True):
        place, whole = found.setdefault(one, (one, _Similarity()))
        found.setdefault(other, (place, whole.after(_fit(pairs).back())))
    for key in np.unique(links.keys[links.keys >= 0]).tolist():
        found.setdefault(key, (key, _Similarity()))
    return found


def _fit(pairs: Pairs) -> _Similarity:
    """Fit a similarity to places in a key picture and another (parts, 5), by least squares."""
    weights = pairs[:, 4].astype(np.float64)
    if not weights.any():
        return _Similarity()
    here, there = pairs[:, 0] + 1j * pairs[:, 1], pairs[:, 2] + 1j * pairs[:, 3]
    middle, aim = (np.average(places, weights=weights) for places in (here, there))
    spread = float((weights * np.abs(here - middle) ** 2).sum())
    if spread <= weights.sum():  # all in one part
        return _Similarity(1.0, complex(aim - middle))
    factor = (weights * (there - aim) * np.conj(here - middle)).sum() / spread
    return _Similarity(complex(factor), complex(aim - factor * middle))
