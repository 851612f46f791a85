"""Changes the frame rate."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..smoothing import low_pass

HIGHEST_KEPT = 0.4
"""Share of the new rate: faster motion is filtered first, since it would alias to slower motion."""

CUBIC = 3


def resample(
    values: NDArray[np.floating],
    source: Fraction | int,
    target: Fraction | int,
    frames: int | None = None,
) -> NDArray[np.float64]:
    """Interpolate cubically from one frame rate to another; frame 0 stays frame 0.

    Parameters
    ----------
    values
        (frames, ...).
    source, target
        Frames per second.
    frames
        Number of frames; by default up to the last source frame. Beyond the end the last value is
        held.
    """
    from scipy.interpolate import make_interp_spline  # slow to import, and the first frames wait

    ratio = Fraction(source) / Fraction(target)
    if frames is None:
        frames = math.ceil((len(values) - 1) / ratio) + 1
    if ratio == 1 and frames == len(values):
        return values.astype(np.float64)
    if ratio > 1:
        everywhere = np.ones(len(values), dtype=bool)
        values = low_pass(values, everywhere, Fraction(source), HIGHEST_KEPT * float(target))
    if len(values) == 1:
        return np.repeat(values.astype(np.float64), frames, axis=0)
    position = np.minimum(np.arange(frames) * float(ratio), len(values) - 1)
    degree = CUBIC if len(values) > CUBIC else 1
    spline = make_interp_spline(np.arange(len(values)), values, k=degree)
    return np.asarray(spline(position), dtype=np.float64)
