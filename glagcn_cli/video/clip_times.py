"""Times in a clip as people write them, and the part of a clip between two of them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from ..errors import UsageError

_SECONDS = re.compile(r"(?:\d{1,9}(?:\.\d*)?|\.\d+)", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2}(?:\.\d*)?)", re.ASCII)
_TICKS = 1_000_000  # a second; times are meant to the microsecond, so that 0.02 is 1/50


def parse_time(text: str) -> float:
    """Read a time as seconds (`83.5`) or as `mm:ss` or `hh:mm:ss`, each with a fraction or without.

    Raises
    ------
    ValueError
        The text is no such time. Minutes and seconds of a clock are below 60, and there is no sign.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    clock = _CLOCK.fullmatch(text)
    if clock is None or int(clock[2]) >= 60 or float(clock[3]) >= 60:
        raise ValueError(f"{text!r} is no time; write seconds (83.5) or [hh:]mm:ss (1:23.5)")
    return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])


def format_time(seconds: float) -> str:
    """Write a time as `parse_time` reads it, to the millisecond: `7.67`, `1:23.5`, `1:02:03`."""
    ticks = round(seconds * 1000)
    minutes, rest = divmod(ticks, 60_000)
    if not minutes:
        return f"{rest / 1000:g}"
    whole, thousandths = divmod(rest, 1000)
    tail = f"{whole:02d}" + (f".{thousandths:03d}".rstrip("0") if thousandths else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


@dataclass(frozen=True)
class ClipRange:
    """Which frames of a clip are meant.

    Frame k of a clip of constant rate is shown at k / rate seconds after the first picture. The
    frame of a time is the first that is not shown more than half a frame before it. The frame of
    `start` is the first of the part, the frame of `end` the first after it: parts that meet in a
    time share no frame and leave none out.

    Parameters
    ----------
    start
        Seconds after the first picture.
    end
        Seconds after the first picture; None for the end of the clip.
    max_frames
        Stop after so many frames of those that are kept; None for no limit.
    every
        Keep the first frame, and from there each that is a multiple of this away.

    Raises
    ------
    UsageError
        A number is out of its range, or `end` is not after `start`.
    """

    start: float = 0.0
    end: float | None = None
    max_frames: int | None = None
    every: int = 1

    def __post_init__(self) -> None:
        for name, time in (("start", self.start), ("end", self.end)):
            if time is not None and not 0 <= time < 1e9:
                raise UsageError(f"--{name} {time:g}: must be a time of the clip, 0 s or later")
        if self.end is not None and self.end <= self.start:
            raise UsageError(
                f"--end {format_time(self.end)}: must be after --start {format_time(self.start)}"
            )
        for name, count in (("max-frames", self.max_frames), ("every", self.every)):
            if count is not None and (not isinstance(count, int) or count < 1):
                raise UsageError(f"--{name} {count}: must be a whole number from 1")

    @property
    def is_whole(self) -> bool:
        """Whether every frame of a clip is meant."""
        return self == ClipRange()

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> ClipRange:
        """Take what the settings of a run, as a file kept them, say of it; the rest is left out."""
        names = [field.name for field in fields(cls)]
        return cls(**{n: settings[n] for n in names if type(settings.get(n)) in (int, float)})

    def first(self, fps: Fraction) -> int:
        """Return the number of the first frame, for a clip of this rate."""
        return _frame_of(self.start, fps)

    def stop(self, fps: Fraction) -> int | None:
        """Return the number of the first frame after the part, at this rate; None for no end.

        Raises
        ------
        UsageError
            No frame lies between start and end.
        """
        first = self.first(fps)
        ends = [] if self.end is None else [_frame_of(self.end, fps)]
        if ends and ends[0] <= first:
            raise UsageError(
                f"no frame lies between --start {format_time(self.start)} and --end "
                f"{format_time(self.end or 0)}: at {float(fps):g} frames a second one lasts "
                f"{float(1 / fps):.3g} s"
            )
        if self.max_frames is not None:
            ends.append(first + (self.max_frames - 1) * self.every + 1)
        return min(ends) if ends else None

    def count(self, fps: Fraction, frames: int | None) -> int | None:
        """How many frames are kept of a clip of this rate with so many frames, where known."""
        ends = [end for end in (self.stop(fps), frames) if end is not None]
        return max(0, -(-(min(ends) - self.first(fps)) // self.every)) if ends else None


WHOLE = ClipRange()


def _frame_of(seconds: float, fps: Fraction) -> int:
    exact = Fraction(round(seconds * _TICKS), _TICKS)
    return max(0, math.ceil(exact * fps - Fraction(1, 2)))
