"""Turns of a body that are faster than bodies turn: there its left and right are in doubt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence

FASTEST = 1500.0
"""Degrees a second; skaters spin at up to 1800, which is told of too."""

_TRUNK = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")


def turns(sequence: PoseSequence) -> NDArray[np.float64]:
    """Return by how many degrees a trunk turns up to each frame (frames,), NaN where not known."""
    joints = sequence.joints[:, sequence.joint_set.indices(_TRUNK)].astype(np.float64)
    steps = np.flatnonzero(sequence.valid[1:] & sequence.valid[:-1])
    turned = np.full(len(sequence), np.nan)
    if len(steps):
        turned[steps + 1] = _degrees_between(joints[steps], joints[steps + 1])
    return turned


def sudden_turns(sequence: PoseSequence) -> list[int]:
    """Return the frames before which a body turns faster than `FASTEST`."""
    return np.flatnonzero(turns(sequence) * float(sequence.fps) > FASTEST).tolist()


def _degrees_between(
    before: NDArray[np.float64], after: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the angles (n,) of the rotations that best bring points (n, k, 3) onto others."""
    centred = [points - points.mean(axis=1, keepdims=True) for points in (before, after)]
    u, _, vt = np.linalg.svd(np.swapaxes(centred[0], 1, 2) @ centred[1])
    handed = np.sign(np.linalg.det(u @ vt))
    u[..., -1] *= handed[:, None]
    cosine = (np.trace(u @ vt, axis1=1, axis2=2) - 1) / 2
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
