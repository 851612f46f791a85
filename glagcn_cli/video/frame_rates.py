"""The one exact rate at which the frames of a stream are shown."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

# Frame rates that cameras and editors produce.
STANDARD_RATES = tuple(
    sorted(
        [Fraction(k) for k in (5, 10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)]
        + [Fraction(k * 1000, 1001) for k in (15, 24, 30, 48, 60, 120, 240)]
    )
)


ROUNDED, GIF_TICK = 0.001, 0.01
"""Seconds to which most containers and GIFs round the times of pictures."""

_ENOUGH = 8  # pictures of which something can be said
_SHARED = 0.02  # share of the pictures of a stream that may fall on the step of another
_FASTEST = 240  # pictures a second
_SHIFTS = (Fraction(0), Fraction(1, 4), Fraction(-1, 4))
_TIES = (Fraction(0), Fraction(-1, 1000))


@dataclass(frozen=True)
class ChosenRate:
    """A constant rate, and how the pictures of the stream lie on its steps.

    Attributes
    ----------
    fps
        Exact steps a second, from the first picture on.
    variable
        Pictures leave steps out or share them; None when the stream does not tell.
    shift
        Steps to add to a picture's time before it is rounded to a step.
    """

    fps: Fraction
    variable: bool | None
    shift: Fraction = Fraction(0)


def choose_rate(
    tick_rate: Fraction,
    average: float | None,
    duration: float | None = None,
    times: Sequence[Fraction] = (),
    rounded: float = ROUNDED,
) -> ChosenRate:
    """Choose the constant rate at which the frames of a stream are shown.

    Parameters
    ----------
    tick_rate
        The lowest rate that hits the time of every frame, as ffmpeg finds it. It is the rate of a
        constant-rate video, but may be a multiple of it for interlaced video or uneven times.
    average
        Frames divided by duration, rounded to two decimals; None when the container has none.
    duration
        Seconds, None when the container has none.
    times
        Seconds of the first pictures, in order, where they are known.
    rounded
        Seconds to which the container rounds them.

    Returns
    -------
    ChosenRate
        At first ``tick_rate``, but the average where ``tick_rate`` is twice that (two fields a
        frame), and the first standard rate that drops nothing on average where ``tick_rate`` is
        above 60 and about twice the average or more (times of any value). A standard rate is then
        preferred where that moves no frame by half its time (2997/100 is 30000/1001). Of that,
        the half (third, ...) where most pictures come at every second (third, ...) step and next
        to none would be lost; or the first faster one where many pictures would share a step.
    """
    measured = len(times) >= _ENOUGH and len({*times}) > 0.9 * len(times)
    seconds = [float(time - times[0]) for time in times] if measured else []
    if measured and (average is None or average > _FASTEST):
        average = round((len(times) - 1) / seconds[-1], 2)
    rate = _told_rate(tick_rate, average, duration)
    if not measured:
        return ChosenRate(rate, None if average is None else abs(average / rate - 1) > 0.01)
    rate = _seen_rate(rate, tick_rate, seconds, rounded)
    shift = _shift(seconds, rate)
    steps = _steps(seconds, rate, shift)
    drift = abs(float(average or rate) / float(rate) - 1)
    return ChosenRate(rate, _uneven(steps) > 0.01 * len(steps) or drift > 0.01, shift)


def _told_rate(tick_rate: Fraction, average: float | None, duration: float | None) -> Fraction:
    rate = tick_rate
    if average and abs(tick_rate / 2 - average) < 0.006 and tick_rate / 2 in STANDARD_RATES:
        rate = tick_rate / 2
    elif average and tick_rate > max(60, 1.9 * average):
        rate = next((known for known in STANDARD_RATES if known >= 0.98 * average), tick_rate)
    nearest = min(STANDARD_RATES, key=lambda known: abs(rate / known - 1))
    drift = abs(rate / nearest - 1)
    frames_moved = drift * rate * duration if duration else 0
    return nearest if drift < 1e-5 or (drift < 0.005 and duration and frames_moved < 0.5) else rate


def _seen_rate(
    rate: Fraction, tick_rate: Fraction, seconds: Sequence[float], rounded: float
) -> Fraction:
    """Correct a rate that a stream announces by the times of its pictures."""
    near = min(STANDARD_RATES, key=lambda known: abs(known / rate - 1))
    alone = _SHIFTS[0]
    if abs(near / rate - 1) < 0.01 and _sharing(seconds, near, alone) < _sharing(
        seconds, rate, alone
    ):
        rate = near  # an average, of times that are near those of a camera
    told = _usual_rate(seconds, rounded)
    whole = told and abs(rate / told - round(rate / told)) < 0.015 * rate / told
    if told and not whole and _few_share(seconds, told):
        return told  # 24 pictures a second under a header of 30
    if _few_share(seconds, rate):
        steps = [round((after - before) * rate) for before, after in pairwise(seconds)]
        most, count = Counter(steps).most_common(1)[0]
        slower = rate / max(most, 1)  # but slides keep the rate of their file
        usual = 2 * count > len(steps) and slower >= STANDARD_RATES[0]
        return slower if usual and _few_share(seconds, slower) else rate
    brief = sorted(b - a for a, b in pairwise(seconds))[len(seconds) // 5]
    fastest = min(_FASTEST, 1.1 / brief) if brief else _FASTEST
    faster = (r for r in sorted({*STANDARD_RATES, tick_rate}) if 1.004 * rate < r <= fastest)
    found = next((r for r in faster if _few_share(seconds, r)), rate)
    # Over so many pictures 30 and 30000/1001 lie on the same steps: their slope tells.
    steps = _steps(seconds, found, _shift(seconds, found))
    slope = sum(k * k for k in steps) / sum(k * t for k, t in zip(steps, seconds, strict=True))
    alike = [r for r in {*STANDARD_RATES, tick_rate} if abs(r / found - 1) < 0.004]
    return min(alike, key=lambda known: abs(known / slope - 1), default=found)


def _usual_rate(seconds: Sequence[float], rounded: float) -> Fraction | None:
    """Return the rate at which most pictures follow one another; None where they are too uneven."""
    steps = sorted(after - before for before, after in pairwise(seconds))
    middle = steps[len(steps) // 2]
    alike = [step for step in steps if abs(step - middle) <= 0.05 * middle + rounded]
    mean = sum(alike) / len(alike)
    if len(alike) < 0.6 * len(steps) or not mean:
        return None
    nearest = min(STANDARD_RATES, key=lambda known: abs(known * mean - 1))
    coarse = (rounded - ROUNDED) / (mean * len(alike))
    exact = abs(nearest * mean - 1) < max(0.003, coarse)
    return nearest if exact else Fraction(1 / mean).limit_denominator(1000)


def shown_pictures(seconds: Sequence[float], rate: Fraction, shift: Fraction) -> list[int]:
    """Return the number of the picture that is shown at each step, given the pictures' seconds."""
    steps = _steps(seconds, rate, shift)
    ends = [*steps[1:], steps[-1] + 1] if steps else []
    return [
        k for k, (step, end) in enumerate(zip(steps, ends, strict=True)) for _ in range(step, end)
    ]


def _steps(seconds: Sequence[float], rate: Fraction, shift: Fraction) -> list[int]:
    """Return the step at which each picture is shown, rounded as ffmpeg's fps filter does."""
    return [math.floor(time * rate + shift + 0.5 + 1e-6) for time in seconds]


def _sharing(seconds: Sequence[float], rate: Fraction, shift: Fraction) -> int:
    """How many pictures fall on the step of another."""
    return len(seconds) - len({*_steps(seconds, rate, shift)})


def _few_share(seconds: Sequence[float], rate: Fraction) -> bool:
    fewest = min(_sharing(seconds, rate, shift) for shift in _SHIFTS)
    return fewest <= max(1, _SHARED * len(seconds))


def _shift(seconds: Sequence[float], rate: Fraction) -> Fraction:
    """Choose how times are rounded so that the fewest pictures share a step; as a rule 0."""
    sharing = {shift: _sharing(seconds, rate, shift) for shift in _SHIFTS}
    best = min(_SHIFTS, key=lambda shift: sharing[shift])
    if sharing[best] + _SHARED * len(seconds) < sharing[_SHIFTS[0]]:
        return best
    # Else it only says where those go that come exactly half-way.
    return min(_TIES, key=lambda shift: _uneven(_steps(seconds, rate, shift)))


def _uneven(steps: Sequence[int]) -> int:
    """Count the pictures that share a step or leave some out."""
    return sum(after - before != 1 for before, after in pairwise(steps))
