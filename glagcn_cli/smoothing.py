"""Zero-phase smoothing of joint paths."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

DEFAULT_CUTOFF = 7.0
"""Hertz; biomechanics filters gait at 6, and a little more is left for faster movement."""

ORDER = 2  # run forwards and backwards: of fourth order in all
PADDING = 3  # periods of the cutoff, in which what the filter does at the start dies away
SHORTEST = 12  # frames; a shorter run has nothing below the cutoff to be told apart


def runs(valid: NDArray[np.bool_]) -> list[slice]:
    """Stretches of consecutive valid frames."""
    edges = np.diff(np.concatenate([[False], valid, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def low_pass(
    values: NDArray[np.floating],
    valid: NDArray[np.bool_],
    fps: Fraction,
    cutoff: float = DEFAULT_CUTOFF,
) -> NDArray[np.float64]:
    """Butterworth filter along time, without phase shift, over every run of valid frames.

    Parameters
    ----------
    values
        (frames, ...).
    valid
        (frames,) bool; other frames are returned as they are.
    fps
        Frames per second.
    cutoff
        Hertz; 0 leaves everything as it is, as does a cutoff that the rate cannot hold.
    """
    smooth = values.astype(np.float64)
    if cutoff <= 0 or cutoff >= 0.45 * float(fps):
        return smooth
    sections = butter(ORDER, cutoff, fs=float(fps), output="sos")
    for run in runs(valid):
        length = run.stop - run.start
        if length >= SHORTEST:
            pad = min(math.ceil(PADDING * float(fps) / cutoff), length - 1)
            smooth[run] = sosfiltfilt(sections, smooth[run], axis=0, padlen=pad)
    return smooth
