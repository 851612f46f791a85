"""Fits rotations and focal lengths of many pictures at once to directions that they show."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

ROUNDS = 8
OUTLIER = 2.5  # times the noise, beyond which a place counts by its distance, not its square
NEAREST = 0.05  # least cosine between a direction and the line of sight

_Array = NDArray[np.float64]


class Turned(NamedTuple):
    """Fitted pictures.

    ``rotation`` (n, 3, 3) from the directions' axes to the camera's, ``log_focal`` (n,) of the
    focal length over the longer side, ``covariance`` (n, 4, 4) of a rotation vector in radians
    about camera axes and of ``log_focal``, ``residual`` (n,) root mean square.
    """

    rotation: _Array
    log_focal: _Array
    covariance: _Array
    residual: _Array


def project(directions: _Array, log_focal: _Array) -> _Array:
    """Project directions (n, points, 3), camera axes, to places over the longer side."""
    depth = np.maximum(directions[..., 2:], NEAREST)
    return np.exp(log_focal)[:, None, None] * directions[..., :2] / depth


def directions_of(places: _Array, log_focal: _Array) -> _Array:
    """Return directions (n, points, 3) of places (n, points, 2), z = 1."""
    flat = places / np.exp(log_focal)[:, None, None]
    return np.concatenate([flat, np.ones_like(flat[..., :1])], axis=-1)


def turn_to(
    directions: _Array,
    seen: _Array,
    weight: _Array,
    rotation: _Array,
    log_focal: _Array,
    noise: float,
    focal_spread: float,
    rounds: int = ROUNDS,
) -> Turned:
    """Turn and zoom pictures so that known directions appear where they were seen.

    Gauss-Newton on all pictures at once, with Huber's weights.

    Parameters
    ----------
    directions
        (n, points, 3) in fixed axes.
    seen
        (n, points, 2) places over the longer side, from the picture's middle.
    weight
        (n, points) 0 for a missing point, 1 for a usual one.
    rotation, log_focal
        (n, 3, 3) and (n,) to begin with.
    noise
        Expected error of a place of weight 1.
    focal_spread
        Expected deviation of `log_focal` from where it begins.
    rounds
        Steps towards the solution; few will do from near it.
    """
    known, given = log_focal.copy(), log_focal.copy()
    trust = weight
    for _ in range(rounds):
        matrix, vector, missed = _equations(directions, seen, trust, rotation, known, noise)
        matrix[:, 3, 3] += focal_spread**-2
        vector[:, 3] += (given - known) * focal_spread**-2
        step = np.linalg.solve(matrix + 1e-9 * np.eye(4), vector[..., None])[..., 0]
        step = np.clip(step, -0.2, 0.2)
        rotation = Rotation.from_rotvec(step[:, :3]).as_matrix() @ rotation
        known = known + step[:, 3]
        trust = weight / np.maximum(missed / (OUTLIER * noise), 1.0)
    count = np.maximum((weight > 0).sum(axis=1), 1)
    residual = np.sqrt((trust * missed**2).sum(axis=1) / np.maximum(trust.sum(axis=1), 1e-9))
    larger = np.maximum(residual / noise * np.sqrt(count / np.maximum(count - 2, 1)), 1.0)
    covariance = np.linalg.inv(matrix + 1e-9 * np.eye(4)) * larger[:, None, None] ** 2
    return Turned(rotation, known, covariance, residual)


def _equations(
    directions: _Array, seen: _Array, weight: _Array, rotation: _Array, log_focal: _Array,
    noise: float,
) -> tuple[_Array, _Array, _Array]:  # fmt: skip
    """Return normal equations (n, 4, 4), (n, 4), and how far each place is missed, (n, points)."""
    turned = np.einsum("nij,npj->npi", rotation, directions)
    places = project(turned, log_focal)
    slope = slopes(turned, log_focal)
    error = seen - places
    scaled = weight[..., None, None] * slope / noise**2
    matrix = np.einsum("npia,npib->nab", scaled, slope)
    vector = np.einsum("npia,npi->na", scaled, error)
    return matrix, vector, np.linalg.norm(error, axis=-1)


def slopes(turned: _Array, log_focal: _Array) -> _Array:
    """Return derivatives (n, points, 2, 4) of places by a small turn and the log of the focal."""
    x, y, z = turned[..., 0], turned[..., 1], np.maximum(turned[..., 2], NEAREST)
    u, v = x / z, y / z
    focal = np.exp(log_focal)[:, None]
    slope = np.empty((*turned.shape[:2], 2, 4))
    slope[..., 0, 0], slope[..., 0, 1], slope[..., 0, 2] = -u * v, 1 + u * u, -v
    slope[..., 1, 0], slope[..., 1, 1], slope[..., 1, 2] = -(1 + v * v), u * v, u
    slope[..., :3] *= focal[..., None, None]
    slope[..., 0, 3], slope[..., 1, 3] = focal * u, focal * v
    return slope
