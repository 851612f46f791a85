"""Where a lifted person is before the camera, and how far seen joints are to be trusted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from ..camera import focal_length, pixel_rays
from ..joint_set import JointSet

ERROR_AT_0, ERROR_AT_1 = 0.078, 0.007
"""Typical error in metres of a detector's joint of a grown person, at scores of 0 and 1: medians of
the noise that training takes from MoveNet."""

TRUSTED = 0.08
"""Metres between a joint and its projection at which it counts half for where the body is."""

NEAREST = 0.3
"""Metres: nobody is nearer to a camera."""

LEAST_JOINTS = 6
"""Seen joints without which it is not known where a body is."""

_MEDIAN_OF_JUMPS = 0.6745 * 1.5**0.5
"""Of a jump of Gaussian noise, in its standard deviations."""

_ROUNDS = 3  # of weighing joints by their distance from where they are seen


class Sight(NamedTuple):
    """What the picture says of lifted joints.

    Parameters
    ----------
    points
        (frames, joints, 2), where rays through seen joints pass a plane 1 m before the camera.
    sure
        (frames, joints) scores in 0..1, 0 for a missing joint.
    errors
        (frames, joints) typical errors of seen joints, metres.
    place
        (frames, 3) the root, metres from the camera.
    is_known
        (frames,) bool, where the place is known.
    """

    points: NDArray[np.float64]
    sure: NDArray[np.float64]
    errors: NDArray[np.float64]
    place: NDArray[np.float64]
    is_known: NDArray[np.bool_]


def sight_of(
    joints: NDArray[np.floating],
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating] | None,
    joint_set: JointSet,
    image_size: tuple[int, int],
    fov: float,
    fps: float,
) -> Sight:
    """Find out what the picture says of lifted joints.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres, camera frame, relative to the root.
    keypoints
        (frames, joints, 2) pixels, of the same joints.
    scores
        (frames, joints) in 0..1, 0 for a missing joint; None counts all as sure.
    joint_set
        What the joints are; the place is found by those of the body.
    image_size
        (width, height) in pixels.
    fov
        Field of view over the picture's longer side, degrees.
    fps
        Frames per second.
    """
    sure = np.ones(keypoints.shape[:2]) if scores is None else np.asarray(scores, np.float64)
    focal = focal_length(image_size, fov)
    raw, rays = (
        pixel_rays(points, image_size, focal)
        for points in (keypoints, _without_outliers(keypoints, fps))
    )
    points = rays[..., :2] / rays[..., 2:]
    body = slice(len(joint_set.body))
    place, is_known = _place(joints[:, body], points[:, body], sure[:, body])
    errors = np.maximum(_typical_error(sure), _jitter(raw, place))
    return Sight(points, sure, errors, place, is_known)


def projected(joints: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return where rays through joints (..., 3) pass a plane 1 m before the camera, (..., 2)."""
    return joints[..., :2] / joints[..., 2:].clip(1e-3)


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
        off = np.linalg.norm(projected(there) - seen, axis=-1) * place[:, 2:]
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
