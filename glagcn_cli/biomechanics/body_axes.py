"""Axes of the parts of a body, as the International Society of Biomechanics defines them.

Joint centres stand in place of bony landmarks (hip: Wu et al. 2002, J Biomech 35:543; thorax,
shoulder, elbow: Wu et al. 2005, J Biomech 38:981). Rows of all axes are x forward, y up, z to the
body's right. Up is from between the hips to between the shoulders for both parts: detectors of 17
points mark none on the spine, and with the lifter's usual one angles of the hip were off by 10
degrees on some people (docs/lab/angles.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..skeleton import JointSet

Vectors = NDArray[np.float64]
Floats = NDArray[np.float64]

_SHORTEST = 1e-6  # metres: a bone shorter than that has no direction


def pelvis_axes(joints: NDArray[np.floating], joint_set: JointSet) -> Vectors:
    """Return pelvis axes (frames, 3, 3), rows x forward, y up, z to the body's right.

    z runs from hip joint to hip joint (Wu et al. 2002: parallel to the line between the anterior
    superior iliac spines), y is the direction from between them to between the shoulders made
    perpendicular to z, x = y cross z. NaN where two of the points coincide.
    """
    z = unit(bone(joints, joint_set, "left_hip", "right_hip"))
    x = unit(np.cross(bone(joints, joint_set, "hip", "thorax"), z))
    return np.stack([x, np.cross(z, x), z], axis=1)


def thorax_axes(joints: NDArray[np.floating], joint_set: JointSet) -> Vectors:
    """Return thorax axes (frames, 3, 3), rows x forward, y up, z to the body's right.

    y runs from between the hips to between the shoulders (Wu et al. 2005: from between xiphoid and
    T8 to between the jugular notch and C7), z is the line of the shoulders made perpendicular
    to y, x = y cross z. NaN where two of the points coincide.
    """
    y = unit(bone(joints, joint_set, "hip", "thorax"))
    x = unit(np.cross(y, bone(joints, joint_set, "left_shoulder", "right_shoulder")))
    return np.stack([x, y, np.cross(x, y)], axis=1)


def bone(joints: NDArray[np.floating], joint_set: JointSet, start: str, end: str) -> Vectors:
    """Return vectors (frames, 3) from one joint to another, in the joints' unit."""
    difference = joints[:, joint_set.index(end)] - joints[:, joint_set.index(start)]
    return np.asarray(difference, np.float64)


def unit(vectors: Vectors) -> Vectors:
    """Return directions of (frames, 3) vectors, NaN for zero length."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(norms > _SHORTEST, norms, np.nan)


def components(directions: Vectors, axes: Vectors) -> Vectors:
    """Return forward, up and rightward parts (3, frames) of directions (frames, 3)."""
    return np.einsum("fak,fk->af", axes, directions)


def between(one: Vectors, other: Vectors) -> Floats:
    """Compute the angle between directions: (frames,) radians, exact for nearly parallel ones."""
    across = np.linalg.norm(np.cross(one, other), axis=-1)
    return np.arctan2(across, np.sum(one * other, axis=-1))


def across(one: Vectors, other: Vectors) -> Vectors:
    """Return the direction (frames, 3) of what of `one` is perpendicular to directions `other`."""
    along = np.sum(one * other, axis=-1, keepdims=True)
    return unit(one - along * other)
