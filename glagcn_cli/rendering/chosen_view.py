"""Choose a view in which people keep the order of the picture and the main person is large."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence
from .scene_view import AZIMUTH, SceneView, places_shown, plausible_figures

AZIMUTH_STEP = 2.5
"""Degrees between the views that are tried, from `AZIMUTH` down to 0 on both sides."""

CLEARLY_APART = 0.05
"""Of two people's size in the picture: with less between them, neither is left of the other."""

NO_BYSTANDER = 0.45
"""Of the main person's size in the picture: who is as large is shown whole, wherever they are."""

NARROW_MARGIN = 0.03
"""Share of the picture at the sides where the main person would else be smaller than filmed."""

REACHES = (15.0, 12.0, 10.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.5, 1.0, 0.5)
"""Metres from where these people are that bystanders' places are shown, at most."""

SACRIFICED = 0.1
"""Share of the main person's largest size that others may cost where the video shows that person
larger than any view of the whole body can."""

_FRAMES = 100  # of a long clip that many are looked at


class ChosenView:
    """The view of a clip that stands still.

    Parameters
    ----------
    sequences
        One entry a person, scene frame; the first is the main person.
    size
        (width, height) of the picture in pixels.
    pixels
        Pixels of the picture that one of the video takes beside it; None where there is no video to
        compare with: then everybody is shown.

    Attributes
    ----------
    azimuth
        Degrees, as in `SceneView`: `AZIMUTH`, unless people would be exchanged.
    points
        (n, 3) metres: places that the view shows.
    """

    def __init__(
        self, sequences: Sequence[PoseSequence], size: tuple[int, int], pixels: float | None = None
    ) -> None:
        self._size, self._pixels = size, pixels
        people = [_thinned(sequence) for sequence in sequences if sequence.valid.any()]
        self._main = people[0] if people else None
        self._whole = [k for k, one in enumerate(people) if k == 0 or _is_near(one, people[0])]
        figures = plausible_figures(sequences)
        self._figures = [figure[:: -(-len(figure) // _FRAMES)] for figure in figures]
        self.azimuth, reach = self._choose(people)
        self.points = places_shown(figures, reach, self._whole)

    def view(self) -> SceneView:
        """Return the view itself."""
        return self._framed(self.points, self.azimuth)

    @property
    def main_size(self) -> float:
        """Median size in pixels of the main person in the view."""
        if self._main is None:
            return 0.0
        drawn = _extent(self.view().camera().project(self._main.joints)[0], _seen(self._main))
        return float(np.median(drawn[np.isfinite(drawn)]))

    def _choose(self, people: Sequence[PoseSequence]) -> tuple[float, float | None]:
        """Return the azimuth with the fewest exchanges, the widest such, and its reach."""
        pairs = _clear_pairs(people)
        if not pairs:
            return AZIMUTH, self._reach(people, AZIMUTH)
        best: tuple[int, float, float | None] | None = None
        for azimuth in _azimuths():
            reach = self._reach(people, azimuth)
            count = _exchanges(people, pairs, self._trial(azimuth, reach))
            if best is None or count < best[0]:
                best = count, azimuth, reach
            if count == 0:
                break
        assert best is not None
        return best[1], best[2]

    def _trial(self, azimuth: float, reach: float | None) -> SceneView:
        """Return a view of some of the frames."""
        return self._framed(places_shown(self._figures, reach, self._whole), azimuth)

    def _framed(self, points: NDArray[np.float64], azimuth: float) -> SceneView:
        """Return a view with the usual margins, or with narrow ones for a larger main person.

        Bystanders are no reason for that: they would push that person to the rim.
        """
        view = SceneView(points, self._size, azimuth=azimuth)
        if len(self._whole) < 2 or self._size_in(view) >= 1:
            return view
        return SceneView(points, self._size, azimuth=azimuth, margin=NARROW_MARGIN)

    def _size_in(self, view: SceneView) -> float:
        """Return the size of the main person in a view, as a share of that in the video."""
        if self._main is None or self._pixels is None:
            return np.inf
        return _relative_size(self._main, view, self._pixels)

    def _reach(self, people: Sequence[PoseSequence], azimuth: float) -> float | None:
        """Return how far from the main person others are shown; None for everybody."""
        if self._pixels is None or len(people) == len(self._whole):
            return None

        def size_at(reach: float | None) -> float:
            return self._size_in(self._trial(azimuth, reach))

        largest = size_at(0.0)
        wanted = 1.0 if largest >= 1 else largest * (1 - SACRIFICED)
        if size_at(None) >= wanted:
            return None
        # The farther the reach, the smaller the person.
        fits = bisect_left(REACHES, True, key=lambda reach: size_at(reach) >= wanted)
        return REACHES[fits] if fits < len(REACHES) else 0.0


def _azimuths() -> Iterator[float]:
    """Iterate from `AZIMUTH` down to 0, on both sides."""
    for azimuth in np.arange(AZIMUTH, 0, -AZIMUTH_STEP):
        yield float(azimuth)
        yield -float(azimuth)
    yield 0.0


def _thinned(sequence: PoseSequence) -> PoseSequence:
    """Return every so many frames of a long clip, the same ones of every person."""
    every = -(-len(sequence) // _FRAMES)  # rounded up
    return sequence.each_frame(lambda values: values[::every])


def _in_picture(person: PoseSequence) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where a person is across the picture, and how large, (frames,) pixels.

    Joints that were not seen do not count, unless none was. NaN in frames without a pose, and
    where there is no 2D.
    """
    keypoints = person.keypoints.astype(np.float64)
    seen = _seen(person)
    return _middle(keypoints[..., 0], seen), _extent(keypoints, seen)


def _is_near(person: PoseSequence, main: PoseSequence) -> bool:
    """Tell whether a person is about half as large in the picture as the main one, or larger."""
    sizes, of_main = _in_picture(person)[1], _in_picture(main)[1]
    both = (sizes > 0) & (of_main > 0)
    if both.any():
        return float(np.median(sizes[both] / of_main[both])) >= NO_BYSTANDER
    alone = [some[some > 0] for some in (sizes, of_main)]
    if not all(map(len, alone)):
        return False
    return float(np.median(alone[0]) / np.median(alone[1])) >= NO_BYSTANDER


def _seen(person: PoseSequence) -> NDArray[np.bool_]:
    """Return which joints (frames, joints) count: the seen ones, or all where none was."""
    seen = person.scores > 0
    return (seen | (seen.sum(axis=1, keepdims=True) == 0)) & person.valid[:, None]


def _middle(across: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    total = np.where(seen, across, 0.0).sum(axis=1)
    return np.where(seen.any(axis=1), total / np.maximum(seen.sum(axis=1), 1), np.nan)


def _extent(pixels: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the diagonals (frames,) of the boxes around the seen of points (frames, joints, 2)."""
    low = np.where(seen[..., None], pixels, np.inf).min(axis=1)
    high = np.where(seen[..., None], pixels, -np.inf).max(axis=1)
    sides = np.where(seen.sum(axis=1, keepdims=True) > 0, high - low, np.nan)
    return np.hypot(sides[:, 0], sides[:, 1])


def _clear_pairs(
    people: Sequence[PoseSequence],
) -> list[tuple[int, int, NDArray[np.intp], NDArray[np.bool_]]]:
    """Return pairs of people with the frames in which one is clearly left of the other.

    The last of each says in which of those frames the first of the two is the left one.
    """
    places = [_in_picture(person) for person in people]
    pairs = []
    for one, other in combinations(range(len(people)), 2):
        apart = places[other][0] - places[one][0]
        clear = np.abs(apart) > CLEARLY_APART * (places[one][1] + places[other][1]) / 2
        frames = np.flatnonzero(clear)
        if len(frames):
            pairs.append((one, other, frames, apart[frames] > 0))
    return pairs


def _exchanges(
    people: Sequence[PoseSequence],
    pairs: Sequence[tuple[int, int, NDArray[np.intp], NDArray[np.bool_]]],
    view: SceneView,
) -> int:
    """Count the frames in which a pair stands in another order than in the picture."""
    camera = view.camera()
    across = [_middle(camera.project(person.joints)[0][..., 0], _seen(person)) for person in people]
    return sum(
        int(((across[other][frames] > across[one][frames]) != left).sum())
        for one, other, frames, left in pairs
    )


def _relative_size(person: PoseSequence, view: SceneView, pixels: float) -> float:
    """Return a person's size in a view, as a share of that in the video beside it."""
    drawn = _extent(view.camera().project(person.joints)[0], _seen(person))
    filmed = _in_picture(person)[1] * pixels
    known = np.isfinite(drawn) & (filmed > 0)
    return float(np.median(drawn[known] / filmed[known])) if known.any() else np.inf
