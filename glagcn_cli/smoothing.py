"""Zero-phase smoothing of joint paths, stronger where a joint is unsure."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .defaults import CUTOFF

PADDING = 3  # periods of the cutoff, in which the filter settles
SHORTEST = 12  # frames; a shorter run has no frequencies below the cutoff

LEAST_USUAL, LARGEST_USUAL = 0.01, 0.10
"""Limits of a joint's usual uncertainty, metres, for people who are never seen well."""

LEAST_WEIGHT = 0.003
"""Least weight of a frame, that of an error 18 times as large as usual."""


HELD_FAST = 1e-9  # doubt of a frame of weight 1


def runs(valid: NDArray[np.bool_]) -> list[slice]:
    """Find the stretches of consecutive valid frames."""
    edges = np.diff(np.concatenate([[False], valid, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def low_pass(
    values: NDArray[np.floating],
    valid: NDArray[np.bool_],
    fps: Fraction,
    cutoff: float = CUTOFF,
) -> NDArray[np.float64]:
    """Apply a Butterworth low-pass without phase shift along time, to every run of valid frames.

    It is of second order, run forwards and backwards: a wave's share that stays is 1 / (1 + r^4),
    with r the ratio of the tangents of half its angle a frame and half the cutoff's. That is also
    what minimises |E (x - path)|^2 + stiffness |D x|^2, with D the second differences and E the
    sums with weights 1, 2, 1, which is solved at once (Pollock 2000, Journal of Econometrics 99).

    Parameters
    ----------
    values
        (frames, ...).
    valid
        (frames,) bool; other frames are returned unchanged.
    fps
        Frames per second.
    cutoff
        Hertz; 0, or a cutoff above the rate's limit, changes nothing.
    """
    smooth = values.astype(np.float64)
    if not _holds(cutoff, fps):
        return smooth
    stiffness = math.tan(math.pi * cutoff / float(fps)) ** -4
    for run in _long_runs(valid):
        pad = min(math.ceil(PADDING * float(fps) / cutoff), run.stop - run.start - 1)
        smooth[run] -= _quick_part(smooth[run], pad, stiffness)
    return smooth


def _quick_part(path: NDArray[np.float64], pad: int, stiffness: float) -> NDArray[np.float64]:
    """Return what `low_pass` takes from a path (frames, ...), which goes on turned at both ends."""
    from scipy.linalg import solveh_banded  # slow to import

    around = [(pad, pad)] + [(0, 0)] * (path.ndim - 1)
    bends = np.diff(np.pad(path, around, mode="reflect", reflect_type="odd"), 2, axis=0)
    frames = len(bends) + 2
    bands = _squared((1, 2, 1), frames) + stiffness * _squared((1, -2, 1), frames)
    bent = np.diff(np.pad(bends.reshape(len(bends), -1), ((2, 2), (0, 0))), 2, axis=0)
    quick = solveh_banded(bands, stiffness * bent, lower=True)
    return np.asarray(quick[pad : pad + len(path)].reshape(path.shape))


def smooth_joints(
    joints: NDArray[np.floating],
    valid: NDArray[np.bool_],
    fps: Fraction,
    cutoff: float = CUTOFF,
    uncertainty: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:
    """Draw unsure joints towards their neighbours in time, then filter over time.

    Where a joint is less sure than it usually is, its path is bent first: to minimise
    sum of w / (1 - w) |x - joint|^2 + stiffness |second difference of x|^2, with w the squared
    share of the usual uncertainty in that of the frame. Whittaker's smoother preserves straight
    lines and has no lag; this stiffness alone halves motion at the cutoff. Frames with w = 1 do not
    change, so that paths of usual certainty only get `low_pass`.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres.
    valid, fps, cutoff
        As in `low_pass`.
    uncertainty
        (frames, joints) expected error of each joint, metres; None if unknown.
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
    from scipy.linalg import solveh_banded  # slow to import

    odds = weights / np.maximum(1 - weights, HELD_FAST)
    # Solved for x times the odds' root, whose matrix is near 1 where frames are sure.
    scale = 1 / np.sqrt(odds)
    bands = stiffness * _squared((1, -2, 1), len(path))
    bands[0] = bands[0] * scale**2 + 1
    bands[1, :-1] *= scale[:-1] * scale[1:]
    bands[2, :-2] *= scale[:-2] * scale[2:]
    solved = solveh_banded(bands, path / scale[:, None], lower=True)
    return solved * scale[:, None]


def near_neighbours(
    values: NDArray[np.float64], weights: NDArray[np.float64], stiffness: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Draw values towards their neighbours in time, by Whittaker's method of first order.

    Minimises the weighted squared distance to the values plus the squared steps over time.

    Parameters
    ----------
    values
        (frames,) or (frames, numbers).
    weights
        (frames,) not negative, one of them positive.
    stiffness
        (frames - 1,) weight of each step.
    """
    from scipy.linalg import solveh_banded  # slow to import

    if len(values) == 1:
        return values
    bands = np.zeros((2, len(values)))
    bands[0] = weights
    bands[0, :-1] += stiffness
    bands[0, 1:] += stiffness
    bands[1, :-1] = -stiffness
    wanted = weights.reshape(-1, *[1] * (values.ndim - 1)) * values
    return np.asarray(solveh_banded(bands, wanted, lower=True))


def _squared(weights: tuple[float, float, float], frames: int) -> NDArray[np.float64]:
    """Return the lower bands (3, frames) of M'M, with M the sums of three frames by weights."""
    bands = np.zeros((3, frames))
    for offset in range(3):
        for first in range(3 - offset):
            product = weights[first] * weights[first + offset]
            bands[offset, first : first + frames - 2] += product
    return bands


def _holds(cutoff: float, fps: Fraction) -> bool:
    """Tell whether there is anything to filter at this cutoff and rate."""
    return 0 < cutoff < 0.45 * float(fps)


def _long_runs(valid: NDArray[np.bool_]) -> list[slice]:
    return [run for run in runs(valid) if run.stop - run.start >= SHORTEST]
