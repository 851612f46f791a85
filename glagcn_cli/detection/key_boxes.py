"""Boxes of people in key frames, and between them by where people were and where they will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..similarity import best_pairs, box_overlap, size
from ..video.picture import AnyFrame
from .continued import sure_or_continued
from .interface import BoxDetector, Boxes

LEAST_OVERLAP = 0.7
"""Of a person's boxes in two key frames; with less, boxes are looked for in between too. With every
second frame a key frame, keypoints of the example clip move by 0.58, 0.41 and 0.21 pixels at 0.5,
0.7 and 0.8, and boxes are looked for in 133, 160 and 193 of its 230 frames."""

CROWD = 6
"""People of a frame whose joints are looked for between key frames too: the largest. What others do
is interpolated, so that a picture full of people costs little more than half."""

NOT_THERE = -1
"""Row of people who are not in both key frames."""

BEFORE = -1
"""Number of the frame before a batch."""


class Between(NamedTuple):
    """A frame between two key frames.

    ``before`` and ``after`` are the numbers of the key frames, `BEFORE` for the last of the batch
    before; ``rows`` (people, 2) are the rows in both of the people of this frame, `NOT_THERE` for
    who is not in both; ``share`` of the way between them.
    """

    before: int
    after: int
    rows: NDArray[np.intp]
    share: float


def key_frames(count: int, every: int, is_first: bool) -> list[int]:
    """Return the numbers of a batch's key frames.

    These are every so many, the last, and the first of a clip.
    """
    keys = [*range(every - 1, count - 1, every), count - 1]
    return [0, *keys] if is_first and keys[0] > 0 else keys


class KeyBoxes:
    """Boxes of a batch, looked for in some of its frames and interpolated in the others.

    In a stretch between two frames with the same people in about the same places boxes are
    interpolated. In any other they are looked for half way, which makes two stretches of it.

    Parameters
    ----------
    find
        The detector.
    frames
        The batch.
    last
        People of the frame before it; None at the beginning of a clip.
    new_score
        Boxes with a lower score are kept only where somebody was before.
    """

    def __init__(
        self, find: BoxDetector, frames: Sequence[AnyFrame], last: Boxes | None, new_score: float
    ) -> None:
        self._find, self._frames, self._new_score = find, frames, new_score
        self._boxes: dict[int, Boxes] = {} if last is None else {BEFORE: last}

    def by_frame(self, keys: Sequence[int]) -> dict[int, Boxes]:
        """Return the boxes of all frames, which are looked for in the frames numbered `keys`."""
        self._look_for(keys)
        open_stretches = [*pairwise(sorted(self._boxes))]
        while stretches := [pair for pair in open_stretches if not self._interpolate(*pair)]:
            middles = [(before + after) // 2 for before, after in stretches]
            self._look_for(middles)
            open_stretches = [
                half
                for (before, after), middle in zip(stretches, middles, strict=True)
                for half in ((before, middle), (middle, after))
            ]
        return self._boxes

    def _look_for(self, numbers: Sequence[int]) -> None:
        found = self._find([self._frames[number] for number in numbers])
        for number, boxes in zip(numbers, found, strict=True):
            known = max((other for other in self._boxes if other < number), default=None)
            latest = None if known is None else self._boxes[known]
            self._boxes[number] = sure_or_continued(latest, boxes, self._new_score)

    def _interpolate(self, before: int, after: int) -> bool:
        """Fill a stretch if the same people are at both its ends; tell whether it is full."""
        if after - before < 2:
            return True
        rows = same_people(self._boxes[before], self._boxes[after])
        for column, end in enumerate((before, after)):
            if not all_there(self._boxes[end], rows[:, column]):
                return False
        for index in range(before + 1, after):
            place = Between(before, after, rows, (index - before) / (after - before))
            self._boxes[index] = interpolated(self._boxes, place)
        return True


def places_between(boxes: Mapping[int, Boxes], keys: Sequence[int]) -> dict[int, Between]:
    """Return the places of the frames between key frames, and who of them is in both."""
    places = {}
    ends = [BEFORE, *keys] if BEFORE in boxes else keys
    for before, after in pairwise(ends):
        rows = same_people(boxes[before], boxes[after])
        for index in range(before + 1, after):
            share = (index - before) / (after - before)
            places[index] = _found_again(boxes, index, Between(before, after, rows, share))
    return places


def same_people(before: Boxes, after: Boxes) -> NDArray[np.intp]:
    """Return the rows (people, 2) before and after of people in about the same place."""
    overlap = np.array([box_overlap(box, after.boxes) for box in before.boxes])
    overlap = overlap.reshape(len(before), len(after))
    pairs = np.stack(best_pairs(overlap), axis=1)
    return pairs[overlap[pairs[:, 0], pairs[:, 1]] >= LEAST_OVERLAP]


def largest(boxes: Boxes) -> NDArray[np.bool_]:
    """Return who (people,) is among the `CROWD` largest."""
    order = np.argsort([-size(box) for box in boxes.boxes], kind="stable")
    first = np.zeros(len(boxes), bool)
    first[order[:CROWD]] = True
    return first


def all_there(boxes: Boxes, rows: NDArray[np.intp]) -> bool:
    """Whether these rows hold all people of a frame, or the largest of many."""
    return set(np.flatnonzero(largest(boxes))) <= set(rows)


def interpolated(boxes: Mapping[int, Boxes], place: Between) -> Boxes:
    """Boxes of the people of a frame between two others, some of whose boxes are known."""
    share = np.float32(place.share)
    before, after = boxes[place.before], boxes[place.after]
    first, second = place.rows.T
    return Boxes(
        (1 - share) * before.boxes[first] + share * after.boxes[second],
        (1 - share) * before.scores[first] + share * after.scores[second],
    )


def _found_again(boxes: Mapping[int, Boxes], index: int, place: Between) -> Between:
    """Return who in a frame with boxes is in both frames around."""
    now = boxes[index]
    rows = np.full((len(now), 2), NOT_THERE)
    expected, there = same_people(interpolated(boxes, place), now).T
    rows[there] = place.rows[expected]
    return place._replace(rows=rows)
