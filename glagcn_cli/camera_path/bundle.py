"""Finds rotations and focal lengths of all key pictures together, so that drift is spread out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.sparse import lil_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.spatial.transform import Rotation

from .links import BackgroundLinks
from .turning import directions_of, project, turn_to

NOISE = 5e-4
"""Expected error of a place that many points give, over the longer side: 0.15 of 320 pixels."""

MANY = 6.0  # points of a part of the picture from which more add nothing
FREE_ZOOM, NO_ZOOM = 0.5, 1e-5  # expected deviation of a logarithm of focal length from the usual
FIXED = 1e-6  # radians: of the first picture of a place, whose axes are the world's

MOST_EXACT = 300  # key pictures up to which their errors are told together

_Array = NDArray[np.float64]


class Keys(NamedTuple):
    """Solved key pictures.

    ``rotation`` (keys, 3, 3) from the axes of the first key picture of the same place,
    ``log_focal`` (keys,) over the longer side, ``place`` (keys,) number of the place,
    ``spread`` (keys, 4) expected errors of the rotation in radians and of ``log_focal``.
    """

    rotation: _Array
    log_focal: _Array
    place: NDArray[np.intp]
    spread: _Array


class Measured(NamedTuple):
    """Corresponding places (n, points, 2) over the longer side, and weights (n, points)."""

    then: _Array
    now: _Array
    weight: _Array

    @classmethod
    def of(cls, pairs: NDArray[np.floating], image_size: tuple[int, int]) -> Measured:
        """Bring pairs (n, points, 5) in pixels to places from the picture's middle."""
        middle = (np.array(image_size, np.float64) - 1) / 2
        then, now = ((pairs[..., i : i + 2] - middle) / max(image_size) for i in (0, 2))
        return cls(then, now, np.minimum(pairs[..., 4] / MANY, 1.0))


def solve_keys(
    links: BackgroundLinks,
    image_size: tuple[int, int],
    log_focal: float,
    focal_spread: float,
    zoom: bool,
) -> Keys:
    """Solve all key pictures of a clip.

    Parameters
    ----------
    links
        What was measured.
    image_size
        (width, height) in pixels.
    log_focal, focal_spread
        Focal length over the longer side of the widest key picture, as a logarithm, and its
        expected error.
    zoom
        Key pictures may have focal lengths of their own.
    """
    count = 1 + max(int(links.keys.max(initial=0)), int(links.ends.max(initial=0)))
    ends, measured = links.ends, Measured.of(links.links, image_size)
    joined = lil_matrix((count, count))
    joined[ends[:, 0], ends[:, 1]] = 1
    _, place = connected_components(joined, directed=False)
    first = np.array([np.flatnonzero(place == one)[0] for one in range(place.max() + 1)])
    start, focal = _chained(ends, measured, count, first, log_focal, zoom)
    if not len(ends):
        return Keys(start, focal, place, np.tile([0.0, 0.0, 0.0, focal_spread], (count, 1)))
    problem = _Problem(ends, measured, start, focal, first, log_focal, focal_spread, zoom)
    zooms = focal - focal.min()
    guess = np.concatenate([np.zeros(3 * count), zooms, [log_focal]])
    found = least_squares(
        problem.residuals, guess, jac_sparsity=problem.sparsity(), loss="soft_l1", x_scale="jac",
        max_nfev=30,
    )  # fmt: skip
    rotation, known = problem.pictures(found.x)
    return Keys(rotation, known, place, _spreads(found.jac, count))


def _chained(
    ends: NDArray[np.int32], measured: Measured, count: int, first: NDArray[np.intp],
    log_focal: float, zoom: bool,
) -> tuple[_Array, _Array]:  # fmt: skip
    """Return rotations and focal lengths along the shortest ways from the first of each place."""
    rotation, known = np.tile(np.eye(3), (count, 1, 1)), np.full(count, log_focal)
    number = lil_matrix((count, count), dtype=np.int64)
    for k, (one, other) in enumerate(ends):
        number[one, other] = number[other, one] = k + 1
    for root in first:
        order, before = breadth_first_order(number.tocsr(), root, directed=False)
        for key in order[1:]:
            k, old = number[key, before[key]] - 1, before[key]
            there, here = measured.then[k], measured.now[k]
            if ends[k, 1] == old:
                there, here = here, there
            turned = turn_to(
                directions_of(there[None], known[[old]]), here[None], measured.weight[[k]],
                np.eye(3)[None], known[[old]], NOISE, FREE_ZOOM if zoom else NO_ZOOM,
            )  # fmt: skip
            rotation[key] = turned.rotation[0] @ rotation[old]
            known[key] = turned.log_focal[0]
    return rotation, known


class _Problem:
    """Residuals of all links; unknowns are turns, zooms, and the usual focal length."""

    def __init__(
        self, ends: NDArray[np.int32], measured: Measured, start: _Array,
        focal: _Array, first: NDArray[np.intp], log_focal: float, focal_spread: float, zoom: bool,
    ) -> None:  # fmt: skip
        self._ends, self._measured, self._start, self._first = ends, measured, start, first
        self._usual, self._spread = log_focal, focal_spread
        self._zoom = np.full(len(start), FREE_ZOOM if zoom else NO_ZOOM)
        self._zoom[np.argmin(focal)] = NO_ZOOM  # the widest view has the usual focal length
        self._root = np.sqrt(measured.weight)[..., None] / NOISE

    def pictures(self, unknowns: _Array) -> tuple[_Array, _Array]:
        """Return rotations and focal lengths of all key pictures."""
        count = len(self._start)
        turns = Rotation.from_rotvec(unknowns[: 3 * count].reshape(-1, 3)).as_matrix()
        return turns @ self._start, unknowns[3 * count : -1] + unknowns[-1]

    def residuals(self, unknowns: _Array) -> _Array:
        """Return what is missed, in expected errors."""
        count = len(self._start)
        rotation, focal = self.pictures(unknowns)
        one, other = self._ends.T
        between = rotation[other] @ rotation[one].swapaxes(1, 2)
        rays = directions_of(self._measured.then, focal[one])
        shown = project(np.einsum("nij,npj->npi", between, rays), focal[other])
        fixed = unknowns[: 3 * count].reshape(-1, 3)[self._first] / FIXED
        return np.concatenate([
            (self._root * (shown - self._measured.now)).ravel(),
            unknowns[3 * count : -1] / self._zoom,
            fixed.ravel(),
            [(unknowns[-1] - self._usual) / self._spread],
        ])  # fmt: skip

    def sparsity(self) -> lil_matrix:
        """Return which residual depends on which unknown."""
        count, points = len(self._start), self._measured.weight.shape[1]
        rows = len(self._ends) * points * 2
        pattern = lil_matrix((rows + count + 3 * len(self._first) + 1, 4 * count + 1))
        for k, keys in enumerate(self._ends):
            own = slice(k * points * 2, (k + 1) * points * 2)
            for key in keys:
                pattern[own, 3 * key : 3 * key + 3] = 1
                pattern[own, 3 * count + key] = 1
        pattern[:rows, 4 * count] = 1
        for key in range(count):
            pattern[rows + key, 3 * count + key] = 1
        for k, key in enumerate(self._first):
            for axis in range(3):
                pattern[rows + count + 3 * k + axis, 3 * key + axis] = 1
        pattern[-1, 4 * count] = 1
        return pattern


def _spreads(jacobian: lil_matrix, count: int) -> _Array:
    """Return expected errors (keys, 4) of turns and of focal lengths with the usual one."""
    normal = (jacobian.T @ jacobian).toarray()
    own = 1 / np.maximum(np.diag(normal), 1e-12)
    beside: Any = 0.0
    if count <= MOST_EXACT:
        covariance = np.linalg.pinv(normal, hermitian=True)
        own, beside = np.diag(covariance), 2 * covariance[3 * count : -1, -1]
    focal = own[3 * count : -1] + own[-1] + beside
    turns = own[: 3 * count].reshape(-1, 3)
    return np.sqrt(np.maximum(np.column_stack([turns, focal]), 0.0))
