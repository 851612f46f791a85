"""People marked by eye in frames of public clips: where they are and how tall.

`people_marked.json` holds numbers only. A mark is the middle of somebody's torso (of what is seen
of it, for somebody seen from the waist down) and the height of what is seen of them, pixels. Who is
hardly seen (covered by somebody, before the sun, an arm in the picture's edge) is marked as not
plain: finding them is neither asked for nor held against a detector.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from glagcn_cli.files.checksums import sha256

MARKS = Path(__file__).with_name("people_marked.json")

HEIGHTS = (0.5, 1.7)
"""A box is of somebody if it holds the mark and is so many times as high as they are."""

NEAR = 0.2
"""A pose is of somebody if the middle of its torso is within this share of their height."""


@dataclass(frozen=True)
class MarkedFrame:
    """The people of a frame.

    Parameters
    ----------
    places
        (people, 3): x, y and height, pixels.
    plain
        (people,) whether they are plainly seen.
    """

    places: NDArray[np.float64]
    plain: NDArray[np.bool_]

    def of_boxes(self, boxes: NDArray[np.floating]) -> NDArray[np.intp]:
        """Which box (boxes, 4) is of whom: (people,), -1 for nobody's."""
        x, y, height = self.places.T[:, :, None]
        left, top, right, bottom = boxes.T[:, None]
        share = (bottom - top) / height
        fits = (left <= x) & (x <= right) & (top <= y) & (y <= bottom)
        fits &= (share >= HEIGHTS[0]) & (share <= HEIGHTS[1])
        aside = np.abs((left + right) / 2 - x) / height
        return _assigned(fits, aside)

    def of_points(self, middles: NDArray[np.floating]) -> NDArray[np.intp]:
        """Which point (points, 2) is of whom: (people,), -1 for nobody's."""
        apart = np.linalg.norm(self.places[:, None, :2] - middles, axis=-1)
        apart = apart / self.places[:, 2:]
        return _assigned(apart <= NEAR, apart)


@dataclass(frozen=True)
class MarkedClip:
    """A clip with marked frames.

    Parameters
    ----------
    path
        The video.
    frames
        By number, from 0.
    everybody
        Nobody else is to be seen: boxes that are of nobody marked are false.
    """

    path: Path
    frames: dict[int, MarkedFrame]
    everybody: bool


def marked_clips(folder: Path) -> list[MarkedClip]:
    """Return the marked clips whose videos lie in a folder; refuse another file of the name."""
    clips = []
    for name, about in json.loads(MARKS.read_text(encoding="utf-8"))["clips"].items():
        path = folder / name
        if not path.is_file():
            continue
        if sha256(path) != about["sha256"]:
            raise ValueError(f"{path} is not the video that was marked")
        clips.append(MarkedClip(path, _frames(about["people"]), about["everybody"]))
    return clips


def _frames(people: Sequence[Sequence[float]]) -> dict[int, MarkedFrame]:
    rows = np.array(people, float)
    return {
        int(number): MarkedFrame(rows[chosen, 1:4], rows[chosen, 4] > 0)
        for number in np.unique(rows[:, 0])
        for chosen in [rows[:, 0] == number]
    }


def _assigned(fits: NDArray[np.bool_], cost: NDArray[np.floating]) -> NDArray[np.intp]:
    """Assign as many columns to rows as fit, at the least cost; -1 where none is left."""
    chosen = np.full(len(fits), -1)
    rows, columns = linear_sum_assignment(np.where(fits, cost, 1e6))
    for row, column in zip(rows, columns, strict=True):
        if fits[row, column]:
            chosen[row] = column
    return chosen
