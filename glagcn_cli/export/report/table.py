"""Figures of a person as rows of a table: left, right, and how much they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...biomechanics.angle_names import SIDES
from ...biomechanics.cycles import Segment, cut, difference, gait_figures, strides
from ..measured import Measured

UNKNOWN = "not given"

LEAST_SPAN = 10.0
"""Degrees of a range, below which a difference of sides in percent is mostly error."""

_BOTH = (
    ("cadence", "Cadence", "steps/min", 1.0, 0),
    ("speed", "Speed", "m/s", 1.0, 2),
)
_EACH = (
    ("stride_length", "Stride length", "m", 1.0, 2),
    ("step_length", "Step length", "m", 1.0, 2),
    ("stride_seconds", "Stride time", "s", 1.0, 2),
    ("stance_share", "Stance", "% of stride", 100.0, 0),
    ("swing_share", "Swing", "% of stride", 100.0, 0),
)
_EXTREMES = (
    ("hip_flexion", "Hip flexion, range"),
    ("knee_flexion", "Knee flexion, range"),
    ("shoulder_flexion", "Shoulder flexion, range"),
    ("elbow_flexion", "Elbow flexion, range"),
)
_SPANS = (*_EXTREMES, ("shoulder_elevation", "Shoulder elevation, range"))


class Row(NamedTuple):
    """Text of a row; ``difference`` is left less right, percent of their mean."""

    name: str
    unit: str
    left: str
    right: str
    both: str = ""
    difference: str = ""


def with_bar(value: float, error: float, digits: int) -> str:
    """Format a value with its standard deviation, if it has one."""
    if not np.isfinite(value):
        return UNKNOWN
    bar = f" ± {error:.{digits}f}" if np.isfinite(error) else ""
    return f"{value:.{digits}f}{bar}"


def gait_rows(person: Measured) -> list[Row]:
    """Return cadence, speed, lengths, times, and the range of angles in a stride."""
    figures = gait_figures(person.gait)
    errors = {} if person.gait_errors is None else person.gait_errors.figures

    def text(name: str, scale: float, digits: int) -> str:
        value, error = figures.get(name, np.nan), errors.get(name, np.nan)
        return with_bar(value * scale, error * scale, digits)

    rows = [
        Row(title, unit, "", "", text(name, scale, digits))
        for name, title, unit, scale, digits in _BOTH
    ]
    for name, title, unit, scale, digits in _EACH:
        left, right = (figures.get(f"{side}_{name}", np.nan) for side in SIDES)
        sides = [text(f"{side}_{name}", scale, digits) for side in SIDES]
        bars = [errors.get(f"{side}_{name}", np.nan) for side in SIDES]
        both, apart = text(name, scale, digits), _apart((left, right), bars)
        rows.append(Row(title, unit, sides[0], sides[1], both, apart))
    segments = [strides(person.gait, side) for side in range(2)]
    return rows + [_range_row(person, kind, title, segments) for kind, title in _EXTREMES]


def repetition_rows(person: Measured) -> list[Row]:
    """Return number and time of repetitions, and the range of angles in one."""
    repetitions, fps = person.repetitions, float(person.sequence.fps)
    seconds = np.array([last - first for first, last in repetitions.segments]) / fps
    spread = float(seconds.std(ddof=1)) if len(seconds) > 1 else float("nan")
    rows = [
        Row("Repetitions", "", "", "", str(len(repetitions))),
        Row(
            "Time of one (± from one to the next)", "s", "", "", with_bar(seconds.mean(), spread, 1)
        ),
    ]
    segments = list(repetitions.segments)
    return rows + [_range_row(person, kind, name, [segments, segments]) for kind, name in _SPANS]


def span_rows(person: Measured) -> list[Row]:
    """Return the range of angles over the clip."""
    whole = [(0, len(person.sequence) - 1)]
    return [_range_row(person, kind, title, [whole, whole]) for kind, title in _SPANS]


def _range_row(person: Measured, kind: str, title: str, segments: list[list[Segment]]) -> Row:
    """Return the largest less the smallest angle of the mean cycle of each side.

    The bar is that of a difference of two independent errors, which is more than it mostly is.
    """
    values, errors, texts = [], [], []
    for side, own in zip(SIDES, segments, strict=True):
        degrees = person.angles[f"{side}_{kind}"]
        if len(own) == 1 and own[0] == (0, len(degrees) - 1):
            known = degrees[np.isfinite(degrees)]
            bars = person.angles.deviation(f"{side}_{kind}")
        else:
            cycles = cut(degrees, person.angles.deviation(f"{side}_{kind}"), own)
            known, bars = cycles.mean[np.isfinite(cycles.mean)], cycles.deviation
        span = float(np.ptp(known)) if len(known) else float("nan")
        bars = bars[np.isfinite(bars)]
        error = float(np.sqrt(2) * bars.mean()) if len(bars) else float("nan")
        values.append(span)
        errors.append(error)
        texts.append(with_bar(span, error, 0))
    apart = _apart(values, errors) if np.mean(values) >= LEAST_SPAN else ""
    return Row(title, "degrees", texts[0], texts[1], "", apart)


def _apart(values: Sequence[float], errors: Sequence[float]) -> str:
    """Format left less right in percent of their mean, with the bar of two independent errors."""
    left, right = values
    apart, bar = difference(left, right), 100 * float(np.linalg.norm(errors) / np.mean(values))
    if not np.isfinite(apart):
        return ""
    return f"{apart:+.0f} ± {bar:.0f} %" if np.isfinite(bar) else f"{apart:+.0f} %"
