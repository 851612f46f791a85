"""Zero-phase smoothing of joint paths, stronger where a joint is unsure."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

DEFAULT_CUTOFF = 7.0
"""Hertz; biomechanics filters gait at 6, and a little more is left for faster movement."""

ORDER = 2  # run forwards and backwards: of fourth order in all
PADDING = 3  # periods of the cutoff, in which what the filter does at the start dies away
SHORTEST = 12  # frames; a shorter run has nothing below the cutoff to be told apart

LEAST_USUAL, LARGEST_USUAL = 0.01, 0.10
"""Metres between which a joint's usual uncertainty is taken to lie: who is never seen well has
nothing of his own to be compared with."""

LEAST_WEIGHT = 0.003
"""Of a frame, however unsure: that of an error 18 times as large as usual."""


HELD_FAST = 1e-9  # doubt that is left in a frame of weight 1


def runs(valid: NDArray[np.bool_]) -> list[slice]:
    """Find the stretches of consecutive valid frames."""
    edges = np.diff(np.concatenate([[False], valid, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def low_pass(
    values: NDArray[np.floating],
    valid: NDArray[np.bool_],
    fps: Fraction,
    cutoff: float = DEFAULT_CUTOFF,
) -> NDArray[np.float64]:
    """Apply a Butterworth low-pass without phase shift along time, to every run of valid frames.

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
    if not _holds(cutoff, fps):
        return smooth
    from scipy.signal import butter, sosfiltfilt  # slow to import, and settings import this file

    sections = butter(ORDER, cutoff, fs=float(fps), output="sos")
    for run in _long_runs(valid):
        pad = min(math.ceil(PADDING * float(fps) / cutoff), run.stop - run.start - 1)
        smooth[run] = sosfiltfilt(sections, smooth[run], axis=0, padlen=pad)
    return smooth


def smooth_joints(
    joints: NDArray[np.floating],
    valid: NDArray[np.bool_],
    fps: Fraction,
    cutoff: float = DEFAULT_CUTOFF,
    uncertainty: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:
    """Draw unsure joints towards their neighbours in time, then filter over time.

    Where a joint is less sure than it usually is, its path is bent first: to minimise
    sum of w / (1 - w) |x - joint|^2 + stiffness |second difference of x|^2, with w the squared
    share of the usual uncertainty in that of the frame (Whittaker's smoother, which keeps straight
    lines and lags nowhere; its stiffness alone would halve what moves at the cutoff). Frames with
    w = 1 stay as they are, so that whoever is as sure as usual gets `low_pass` and nothing else.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres.
    valid, fps, cutoff
        As `low_pass` takes them.
    uncertainty
        (frames, joints) metres that each joint is expected to be off; None where it is not known.
    """
    if uncertainty is None or not _holds(cutoff, fps):
        return low_pass(joints, valid, fps, cutoff)
    stiffness = (2 * math.sin(math.pi * cutoff / float(fps))) ** -4
    bent = joints.astype(np.float64)
    for run in _long_runs(valid):
        weights = certainty(uncertainty[run])
        for joint in np.flatnonzero((weights < 1).any(axis=0)):
            bent[run, joint] = _bend(bent[run, joint], weights[:, joint], stiffness)
    return low_pass(bent, valid, fps, cutoff)


def certainty(uncertainty: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute weights (frames, joints) in 0..1: 1 where a joint is as sure as usual.

    A joint is compared with itself, for a wrist is never as sure as a hip and moves all the faster.
    """
    usual = np.clip(np.median(uncertainty, axis=0), LEAST_USUAL, LARGEST_USUAL)
    share = usual / np.maximum(uncertainty.astype(np.float64), usual)
    return np.maximum(share**2, LEAST_WEIGHT)


def _bend(
    path: NDArray[np.float64], weights: NDArray[np.float64], stiffness: float
) -> NDArray[np.float64]:
    """Smooth a path (frames, 3) by Whittaker's method; frames of weight 1 hold it."""
    odds = weights / np.maximum(1 - weights, HELD_FAST)
    # Solved for x times the odds' root: a matrix near one where frames are sure, whatever the odds.
    scale = 1 / np.sqrt(odds)
    bands = _second_differences(len(path)) * stiffness
    bands[0] = bands[0] * scale**2 + 1
    bands[1, :-1] *= scale[:-1] * scale[1:]
    bands[2, :-2] *= scale[:-2] * scale[2:]
    solved = solveh_banded(bands, path / scale[:, None], lower=True)
    return solved * scale[:, None]


def _second_differences(frames: int) -> NDArray[np.float64]:
    """Return the lower bands (3, frames) of D'D, with D the second differences over time."""
    bands = np.zeros((3, frames))
    for offset, products in enumerate(([1.0, 4.0, 1.0], [-2.0, -2.0], [1.0])):
        for first, product in enumerate(products):
            bands[offset, first : first + frames - 2] += product
    return bands


def _holds(cutoff: float, fps: Fraction) -> bool:
    """Tell whether there is anything to filter at this cutoff and rate."""
    return 0 < cutoff < 0.45 * float(fps)


def _long_runs(valid: NDArray[np.bool_]) -> list[slice]:
    return [run for run in runs(valid) if run.stop - run.start >= SHORTEST]
