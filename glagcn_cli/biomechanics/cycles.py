"""Cycles of movement: each from one event to the next, stretched to 0 to 100 %, with their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .angle_names import SIDES
from .body_axes import Floats
from .gait import Gait
from .gait_events import STEP_SECONDS

POINTS = 101
"""Of a cycle: 0 to 100 %."""

LEAST_KNOWN = 0.9
"""Share of the frames of a cycle with an angle, at least: gaps between them are bridged."""

Segment = tuple[int, int]


@dataclass(frozen=True)
class Cycles:
    """An angle over the cycles of one movement.

    Parameters
    ----------
    degrees
        (cycles, `POINTS`): the angle in each cycle that has it.
    deviation
        (`POINTS`,) degrees: the mean over cycles of the standard deviations of the angle's errors;
        NaN where none is known. The mean of many cycles may be off by as much, since errors of one
        clip have much in common.
    """

    degrees: Floats
    deviation: Floats

    def __len__(self) -> int:
        return len(self.degrees)

    @property
    def mean(self) -> Floats:
        """(`POINTS`,) degrees; NaN without a cycle."""
        return self.degrees.mean(axis=0) if len(self) else np.full(POINTS, np.nan)

    @property
    def spread(self) -> Floats:
        """(`POINTS`,) standard deviation from cycle to cycle, degrees; NaN below two cycles."""
        return self.degrees.std(axis=0, ddof=1) if len(self) > 1 else np.full(POINTS, np.nan)


def strides(gait: Gait, side: int) -> list[Segment]:
    """Return the strides of a foot: frames of a heel strike and of the same foot's next one.

    `side` is an index of `SIDES`. Strikes of two different walks make no stride.
    """
    own, other = gait.strikes[side], gait.strikes[1 - side]
    longest = 2 * STEP_SECONDS[1] * float(gait.fps)
    return [
        (int(a), int(b))
        for a, b in pairwise(own)
        if b - a <= longest and gait.walking[a : b + 1].all() and _between(other, a, b) == 1
    ]


def _between(events: NDArray[np.intp], first: int, last: int) -> int:
    return int(((events > first) & (events < last)).sum())


def cut(degrees: Floats, deviations: Floats, segments: Sequence[Segment]) -> Cycles:
    """Cut an angle (frames,) and its deviations (frames,) into cycles.

    Segments are first and last frames. A cycle without an angle in more than a tenth of its frames
    is left out.
    """
    kept = [pair for pair in segments if _known(degrees, pair) >= LEAST_KNOWN]
    bars = [_stretched(deviations, pair) for pair in kept if _known(deviations, pair) > 0]
    return Cycles(
        np.array([_stretched(degrees, pair) for pair in kept]).reshape(-1, POINTS),
        np.mean(bars, axis=0) if bars else np.full(POINTS, np.nan),
    )


def _known(values: Floats, segment: Segment) -> float:
    return float(np.isfinite(values[segment[0] : segment[1] + 1]).mean())


def _stretched(values: Floats, segment: Segment) -> Floats:
    """Return values at 0 to 100 % of a segment, over gaps by straight lines."""
    first, last = segment
    part = values[first : last + 1]
    known = np.flatnonzero(np.isfinite(part))
    places = np.linspace(0, last - first, POINTS)
    return np.asarray(np.interp(places, known, part[known]), np.float64)


def stride_seconds(gait: Gait, side: int) -> Floats:
    """Return the duration of each stride of a foot, seconds."""
    lengths = [last - first for first, last in strides(gait, side)]
    return np.array(lengths, np.float64) / float(gait.fps)


def stride_metres(gait: Gait, side: int) -> Floats:
    """Return the length of each stride of a foot: its own step and the other foot's before it."""
    found = []
    for _, last in strides(gait, side):
        own = gait.step_metres[side][gait.strikes[side] == last]
        before = np.flatnonzero(gait.strikes[1 - side] < last)
        other = gait.step_metres[1 - side][before[-1:]]
        found.append(float(own.sum() + other.sum()))
    return np.array(found)


def gait_figures(gait: Gait) -> dict[str, float]:
    """Return `Gait.summary` with strides and swing; empty without a gait.

    `stride_length` in metres, `stride_seconds`, and `swing_share` 0..1, of both sides together and
    of each with its name before them.
    """
    figures = gait.summary()
    if not figures:
        return {}
    for name, measure in (("stride_length", stride_metres), ("stride_seconds", stride_seconds)):
        sides = [measure(gait, side) for side in range(2)]
        figures[name] = _median(np.concatenate(sides))
        figures |= {f"{side}_{name}": _median(v) for side, v in zip(SIDES, sides, strict=True)}
    for side in ("", *(f"{side}_" for side in SIDES)):
        figures[f"{side}swing_share"] = 1 - figures[f"{side}stance_share"]
    return figures


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def difference(left: float, right: float) -> float:
    """Return how much larger the left side's value is, percent of their mean; NaN of zero."""
    mean = (left + right) / 2
    return 100.0 * (left - right) / mean if mean else float("nan")
