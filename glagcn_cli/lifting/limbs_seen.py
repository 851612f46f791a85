"""Limbs that a network left behind, moved to where the picture shows them.

A network lifts what is likely, so that a quick arm comes out too slow and bent. Where a limb is
seen elsewhere in the picture than its joints project to, by more than a detector errs, it is turned
towards where it is seen. Bones keep their lengths, and whether they point to the camera or away.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..joint_set import JointSet
from .sight import Sight, projected

LIMBS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
"""Joints from the trunk outwards."""

DOUBTED, BELIEVED = 2.0, 4.0
"""Distances in typical errors from where a limb is seen: it is not moved below the first, and
wholly above the second. Chosen on training subjects, exact 2D and a detector's noise together."""

LEAST_SCORE, SURE_SCORE = 0.15, 0.3
"""A limb is not moved to a joint with a score below the first, wholly to one above the second."""


def limbs_as_seen(
    joints: NDArray[np.floating], sight: Sight, joint_set: JointSet
) -> NDArray[np.float64]:
    """Turn limbs to where they are seen.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres, camera frame, relative to the root.
    sight
        What the picture says of them.
    joint_set
        What the joints are; limbs that it lacks stay.

    Returns
    -------
    NDArray
        (frames, joints, 3), as `joints`.
    """
    moved = joints + sight.place[:, None]
    carriers = np.array(joint_set.carriers)
    for limb in LIMBS:
        for side in ("left", "right"):
            names = [f"{side}_{joint}" for joint in limb]
            if set(names) <= set(joint_set.joints):
                _turn_limb(moved, sight, joint_set.indices(names), carriers)
    turned = moved - sight.place[:, None]
    return np.where(sight.is_known[:, None, None], turned, joints)


def _turn_limb(
    moved: NDArray[np.float64],
    sight: Sight,
    limb: Sequence[int],
    carriers: NDArray[np.intp],
) -> None:
    """Turn a limb to where it is seen, in place.

    Parameters
    ----------
    moved
        (frames, joints, 3) metres from the camera.
    sight
        What the picture says of the joints.
    limb
        Joints from the trunk outwards.
    carriers
        (joints,) `JointSet.carriers`: what the last joint carries moves along.
    """
    first, last = limb[0], limb[-1]
    # Definitions of shoulders and hips differ: the limb keeps the distance of its begin.
    aside = projected(moved[:, first]) - sight.points[:, first]
    before = moved[:, limb].copy()
    bones = np.diff(before, axis=1).swapaxes(0, 1)
    for (start, end), bone in zip(pairwise(limb), bones, strict=True):
        sure, errors = sight.sure[:, [start, end]], sight.errors[:, [start, end]]
        wanted = sight.points[:, end] + aside
        moved[:, end] = _bone_end(moved[:, start], bone, wanted, sure.min(axis=1), errors)
    added = (carriers == last) & (np.arange(len(carriers)) != last)
    moved[:, added] += (moved[:, last] - before[:, -1])[:, None]


def _bone_end(
    start: NDArray[np.float64],
    bone: NDArray[np.float64],
    seen: NDArray[np.float64],
    sure: NDArray[np.float64],
    error: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the far end (frames, 3) of a bone, turned to where it is seen.

    Parameters
    ----------
    start
        (frames, 3) metres from the camera.
    bone
        (frames, 3) as it was lifted.
    seen
        (frames, 2) of its end.
    sure
        (frames,) the lower score of its joints.
    error
        (frames, 2) typical errors of both, metres.
    """
    length = np.linalg.norm(bone, axis=-1)
    usual = np.maximum(length, np.median(length))  # what is doubtful is lifted too short
    carried = start + bone
    off = np.linalg.norm(projected(carried) - seen, axis=-1) * carried[:, 2]
    share = _rising(off / np.hypot(*error.T), DOUBTED, BELIEVED)
    share = (share * _rising(sure, LEAST_SCORE, SURE_SCORE))[:, None]
    # Length says little of depth where a bone lies along the picture, and all where it does not.
    by_length = unit(_on_ray(start, carried, seen, usual) - start)
    by_depth = unit(_ray(seen) * carried[:, 2:] - start)
    turned = unit(by_length + by_depth)
    direction = unit((1 - share) * unit(bone) + share * turned)
    return start + direction * ((1 - share[:, 0]) * length + share[:, 0] * usual)[:, None]


def _on_ray(
    start: NDArray[np.float64],
    near: NDArray[np.float64],
    seen: NDArray[np.float64],
    length: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the point (frames, 3) of a ray at a distance from another point.

    Of two such points it is that next to `near`; where there is none, the ray's point next to
    `start`.
    """
    ray = _ray(seen)
    square, along = (ray * ray).sum(axis=1), (ray * start).sum(axis=1)
    inside = along**2 - square * ((start * start).sum(axis=1) - length**2)
    half = np.sqrt(inside.clip(0))
    both = np.stack([(along - half) / square, (along + half) / square])[..., None] * ray
    chosen = np.linalg.norm(both - near, axis=-1).argmin(axis=0)
    return np.asarray(both[chosen, np.arange(len(ray))])


def _ray(seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rays (frames, 3) from the camera to points of a plane 1 m before it."""
    return np.concatenate([seen, np.ones((len(seen), 1))], axis=1)


def _rising(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    share = ((values - low) / (high - low)).clip(0, 1)
    return share * share * (3 - 2 * share)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale vectors (..., 3) to length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-9)
