"""Time: gaps in detections and changes of the frame rate."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


def fill_gaps(
    keypoints: NDArray[np.floating],
    seen: NDArray[np.bool_],
    valid: NDArray[np.bool_],
    max_gap: float,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Interpolate joints linearly over the frames in which they were not seen.

    Parameters
    ----------
    keypoints
        (frames, joints, coordinates).
    seen
        (frames, joints) bool: the joint's position can be trusted in this frame.
    valid
        (frames,) bool: the person was found in this frame.
    max_gap
        Frames: gaps of the person up to this length, between two valid frames, become valid;
        gaps of a joint up to this length, between two frames that saw it, are interpolated.

    Returns
    -------
    filled, valid
        Finite everywhere (before the first and after the last sight the position is held), and the
        frames that have a pose. A joint that stays unseen for longer, or before its first or
        after its last sight, keeps its detected positions in valid frames: a doubtful place on
        the body is nearer than where the body was long ago.
    """
    frames = np.arange(len(keypoints))
    filled = keypoints.astype(np.float64)
    for joint in range(keypoints.shape[1]):
        sight = seen[:, joint]
        known = sight | (valid & ~bridge(sight, max_gap))
        if not known.any() or known.all():
            continue
        for axis in range(keypoints.shape[2]):
            filled[:, joint, axis] = np.interp(frames, frames[known], keypoints[known, joint, axis])
    return filled, bridge(valid, max_gap)


def bridge(valid: NDArray[np.bool_], max_gap: float) -> NDArray[np.bool_]:
    """Mark gaps of at most `max_gap` frames between two valid frames as valid."""
    bridged = valid.copy()
    marks = np.flatnonzero(valid)
    missing = np.diff(marks) - 1
    for gap in np.flatnonzero((missing > 0) & (missing <= max_gap)):
        bridged[marks[gap] : marks[gap + 1]] = True
    return bridged


def resample(
    values: NDArray[np.floating],
    source: Fraction | int,
    target: Fraction | int,
    frames: int | None = None,
) -> NDArray[np.float64]:
    """Linear interpolation from one frame rate to another; frame 0 stays frame 0.

    Parameters
    ----------
    values
        (frames, ...).
    source, target
        Frames per second.
    frames
        Frames wanted; by default as many as reach the last source frame. Beyond the end the last
        value is held.
    """
    ratio = Fraction(source) / Fraction(target)
    if frames is None:
        frames = math.ceil((len(values) - 1) / ratio) + 1
    if ratio == 1 and frames == len(values):
        return values.astype(np.float64)
    position = np.minimum(np.arange(frames) * float(ratio), len(values) - 1)
    before = np.floor(position).astype(np.int64)
    after = np.minimum(before + 1, len(values) - 1)
    share = (position - before).reshape(-1, *[1] * (values.ndim - 1))
    return values[before] * (1 - share) + values[after] * share
