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
from scipy.ndimage import median_filter

from ..camera import focal_length, pixel_rays
from ..joint_set import JointSet

LIMBS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
"""Joints from the trunk outwards."""

CARRIED = {
    "wrist": ("index_knuckle", "little_knuckle"),
    "ankle": ("heel", "big_toe"),
}
"""What moves along with the end of a limb."""

ERROR_AT_0, ERROR_AT_1 = 0.078, 0.007
"""Typical error in metres of a detector's joint of a grown person, at scores of 0 and 1: medians of
the noise that training takes from MoveNet."""

DOUBTED, BELIEVED = 2.0, 4.0
"""Distances in typical errors from where a limb is seen: it is not moved below the first, and
wholly above the second. Chosen on training subjects, exact 2D and a detector's noise together."""

LEAST_SCORE, SURE_SCORE = 0.15, 0.3
"""A limb is not moved to a joint with a score below the first, wholly to one above the second."""

TRUSTED = 0.08
"""Metres between a joint and its projection at which it counts half for where the body is."""

NEAREST = 0.3
"""Metres: nobody is nearer to a camera."""

LEAST_JOINTS = 6
"""Seen joints without which it is not known where a body is."""

_MEDIAN_OF_JUMPS = 0.6745 * 1.5**0.5
"""Of a jump of Gaussian noise, in its standard deviations."""

_ROUNDS = 3  # of weighing joints by their distance from where they are seen


def limbs_as_seen(
    joints: NDArray[np.floating],
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating] | None,
    joint_set: JointSet,
    image_size: tuple[int, int],
    fov: float,
    fps: float,
) -> NDArray[np.float64]:
    """Turn limbs to where they are seen.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres, camera frame, relative to the root.
    keypoints
        (frames, joints, 2) pixels, of the same joints.
    scores
        (frames, joints) in 0..1, 0 for a missing joint; None counts all as sure.
    joint_set
        What the joints are; limbs that it lacks stay.
    image_size
        (width, height) in pixels.
    fov
        Field of view over the picture's longer side, degrees.
    fps
        Frames per second.

    Returns
    -------
    NDArray
        (frames, joints, 3), as `joints`.
    """
    sure = np.ones(keypoints.shape[:2]) if scores is None else np.asarray(scores, np.float64)
    focal = focal_length(image_size, fov)
    raw, rays = (
        pixel_rays(points, image_size, focal)
        for points in (keypoints, _without_outliers(keypoints, fps))
    )
    seen = rays[..., :2] / rays[..., 2:]
    body = slice(len(joint_set.body))
    place, is_known = _place(joints[:, body], seen[:, body], sure[:, body])
    moved = joints + place[:, None]
    error = np.maximum(_typical_error(sure), _jitter(raw, place))
    for limb in LIMBS:
        for side in ("left", "right"):
            names = [f"{side}_{joint}" for joint in limb]
            if set(names) <= set(joint_set.joints):
                ends = _carried(side, limb[-1], joint_set)
                _turn_limb(moved, seen, (sure, error), joint_set.indices(names), ends)
    return np.where(is_known[:, None, None], moved - place[:, None], joints)


def _turn_limb(
    moved: NDArray[np.float64],
    seen: NDArray[np.float64],
    trust: tuple[NDArray[np.float64], NDArray[np.float64]],
    limb: Sequence[int],
    ends: Sequence[int],
) -> None:
    """Turn a limb to where it is seen, in place.

    Parameters
    ----------
    moved
        (frames, joints, 3) metres from the camera.
    seen
        (frames, joints, 2), where rays through the joints pass a plane 1 m before the camera.
    trust
        Scores (frames, joints) in 0..1, and typical errors (frames, joints) in metres.
    limb, ends
        Joints from the trunk outwards, and what the last one carries.
    """
    first, last = limb[0], limb[-1]
    # Definitions of shoulders and hips differ: the limb keeps the distance of its begin.
    aside = _projected(moved[:, first]) - seen[:, first]
    before = moved[:, limb].copy()
    bones = np.diff(before, axis=1).swapaxes(0, 1)
    for (start, end), bone in zip(pairwise(limb), bones, strict=True):
        sure, error = (values[:, [start, end]] for values in trust)
        wanted = seen[:, end] + aside
        moved[:, end] = _bone_end(moved[:, start], bone, wanted, sure.min(axis=1), error)
    moved[:, ends] += (moved[:, last] - before[:, -1])[:, None]


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
    off = np.linalg.norm(_projected(carried) - seen, axis=-1) * carried[:, 2]
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


def _place(
    joints: NDArray[np.floating], seen: NDArray[np.float64], sure: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return where the root is (frames, 3), metres from the camera, and where that is known."""
    ones, zeros = np.ones(sure.shape), np.zeros(sure.shape)
    # x + X = u (z + Z) and y + Y = v (z + Z) for the root's place (X, Y, Z), two rows a joint.
    across = np.stack([ones, zeros, -seen[..., 0]], axis=-1)
    down = np.stack([zeros, ones, -seen[..., 1]], axis=-1)
    rows = np.concatenate([across, down], axis=1)
    sides = seen * joints[..., 2:] - joints[..., :2]
    right = np.concatenate([sides[..., 0], sides[..., 1]], axis=1)
    weights, place = sure, np.zeros((len(joints), 3))
    for _ in range(_ROUNDS):
        weighted = rows * np.tile(weights, 2)[..., None]
        normal = np.einsum("fki,fkj->fij", weighted, rows) + 1e-9 * np.eye(3)
        place = np.linalg.solve(normal, np.einsum("fki,fk->fi", weighted, right)[..., None])[..., 0]
        there = joints + place[:, None]
        off = np.linalg.norm(_projected(there) - seen, axis=-1) * place[:, 2:]
        weights = sure / (1 + (off / TRUSTED) ** 2)
    is_before = (joints + place[:, None])[..., 2].min(axis=1) > NEAREST
    return place, is_before & ((sure > 0).sum(axis=1) >= LEAST_JOINTS)


def _without_outliers(keypoints: NDArray[np.floating], fps: float) -> NDArray[np.float64]:
    """Return the median over time of keypoints, over about a tenth of a second.

    A joint that is held for two frames of thirty a second stays. Below twenty a second all do.
    """
    frames = 1 + 2 * int(fps / 20)
    return np.asarray(median_filter(keypoints, size=(frames, 1, 1), mode="nearest"), np.float64)


def _typical_error(sure: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the typical error of joints in metres, by their scores."""
    return ERROR_AT_0 + (ERROR_AT_1 - ERROR_AT_0) * sure


def _jitter(rays: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far joints (1, joints) jump in a typical frame, metres, whatever their scores.

    Scores of other programs say little, and some files have none. A jump is the distance from the
    middle between the frames around, in each of two directions, as Gaussian noise would have it. An
    arm that is quick all the time jumps too: no joint counts for more than twice the usual one.
    """
    if len(rays) < 3:
        return np.zeros((1, rays.shape[1]))
    at = rays[..., :2] / rays[..., 2:] * place[:, None, 2:]
    jumps = np.abs(at[1:-1] - (at[:-2] + at[2:]) / 2)
    of_joints = np.median(jumps, axis=0).mean(axis=-1) / _MEDIAN_OF_JUMPS
    return np.minimum(of_joints, 2 * np.median(of_joints))[None]


def _carried(side: str, joint: str, joint_set: JointSet) -> list[int]:
    """Return what moves along with the end of a limb, as far as a joint set has it."""
    names = [f"{side}_{name}" for name in CARRIED[joint]]
    return joint_set.indices([name for name in names if name in joint_set.joints])


def _projected(joints: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return where rays through joints (..., 3) pass a plane 1 m before the camera, (..., 2)."""
    return joints[..., :2] / joints[..., 2:].clip(1e-3)


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
