"""What a file of another program holds, before its points become joints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Recording:
    """Points of the people of one clip.

    Parameters
    ----------
    people
        (frames, points, 3) a person, in the file's unit and axes; NaN where a point is missing.
    scores
        (frames, points) in 0..1 a person; None where the file has none.
    names
        Names of the points as the file has them; None where their number tells what they are.
    fps
        Frames a second; None where the file does not say it.
    unit
        Unit of the points; None where the file does not say it.
    up
        Axis that points up, as `z` or `-y`; None where the file does not say it.
    numbers
        Numbers of the people; None for 1, 2, ...
    """

    people: Sequence[NDArray[np.float64]]
    scores: Sequence[NDArray[np.float64]] | None = None
    names: tuple[str, ...] | None = None
    fps: Fraction | None = None
    unit: str | None = None
    up: str | None = None
    numbers: Sequence[int] | None = None
