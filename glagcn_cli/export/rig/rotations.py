"""Rotations over time: shortest turns, no jumps."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .rig import LEFT, UP

Vectors = NDArray[np.float64]


def swing(start: Vectors, end: Vectors) -> Rotation:
    """Shortest rotations that take unit vectors (..., 3) to others."""
    axis, cosine = np.cross(start, end), np.sum(start * end, axis=-1, keepdims=True)
    # Opposite directions leave the axis open: any one across the start will do.
    other = np.where(np.abs(start[..., :1]) < 0.9, np.cross(start, LEFT), np.cross(start, UP))
    opposite = cosine < -1 + 1e-9
    quaternion = np.concatenate([np.where(opposite, other, axis), 1 + cosine], axis=-1)
    return Rotation.from_quat(quaternion)


def twist_about(turns: Rotation, axis: Vectors) -> Vectors:
    """Return the angles (frames,) of turns about an axis (3,), in -pi..pi."""
    quaternions = turns.as_quat()
    angles = 2 * np.arctan2(quaternions[..., :3] @ axis, quaternions[..., 3])
    return np.asarray(np.angle(np.exp(1j * angles)))


def continuous_quaternions(quaternions: Vectors) -> Vectors:
    """Choose the sign of quaternions (frames, ..., 4) so that neighbours lie on one half-sphere."""
    same = np.sum(quaternions[1:] * quaternions[:-1], axis=-1) >= 0
    signs = np.cumprod(np.where(same, 1.0, -1.0), axis=0)
    return np.concatenate([quaternions[:1], quaternions[1:] * signs[..., None]])


def continuous_euler(rotations: Vectors, order: str) -> Vectors:
    """Intrinsic Euler angles of (frames, joints, 4) quaternions, without jumps over time.

    A rotation has two sets of angles, (a, b, c) and (a + 180, 180 - b, c + 180). The nearer one to
    the frame before is taken, then every angle is unwrapped.

    Parameters
    ----------
    rotations
        (frames, joints, 4) quaternions x, y, z, w.
    order
        Three different axes in upper case, as for scipy's `Rotation.as_euler`: "ZXY" is first
        about z, then about the new x, then about the newer y.

    Returns
    -------
    angles
        (frames, joints, 3) degrees.
    """
    if not len(rotations):
        return np.empty((*rotations.shape[:2], 3))
    flat = rotations.reshape(-1, 4)
    with warnings.catch_warnings():  # at gimbal lock one of many right answers is good enough
        warnings.filterwarnings("ignore", message="Gimbal lock")
        first = Rotation.from_quat(flat).as_euler(order).reshape(*rotations.shape[:2], 3)
    second = first * [1, -1, 1] + np.pi

    def step(before: Vectors, after: Vectors) -> Vectors:
        return np.abs(np.angle(np.exp(1j * (after - before)))).sum(axis=-1)

    # Going from the first set to the second costs what going back costs, so where to change over
    # does not depend on the set one is in, and all frames can be decided at once.
    change = step(first[:-1], second[1:]) < step(first[:-1], first[1:])
    in_second = np.cumsum(change, axis=0) % 2 == 1
    first[1:][in_second] = second[1:][in_second]
    return np.degrees(np.unwrap(first, axis=0))
