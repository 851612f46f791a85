"""Finds rotations and focal lengths of all key pictures together, so that drift is spread out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.sparse import csr_matrix, lil_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.spatial.transform import Rotation

from .links import BackgroundLinks
from .turning import NEAREST, directions_of, project, slopes, turn_to

NOISE = 5e-4
"""Expected error of a place that many points give, over the longer side: 0.15 of 320 pixels."""

MANY = 6.0  # points of a part of the picture from which more add nothing
FREE_ZOOM, NO_ZOOM = 0.5, 1e-5  # expected deviation of a logarithm of focal length from the usual
FIXED = 1e-6  # radians: of the first picture of a place, whose axes are the world's

MOST_DENSE = 40  # key pictures up to which zeros are worked on as well
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
        problem.residuals, guess, problem.slopes, loss="soft_l1", x_scale="jac", max_nfev=30,
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

    def slopes(self, unknowns: _Array) -> _Array | csr_matrix:
        """Return the derivatives of the residuals by the unknowns."""
        count, (one, other) = len(self._start), self._ends.T
        left = _left_slopes(unknowns[: 3 * count].reshape(-1, 3))
        by_one, by_other, by_focal, by_other_focal = self._by_ends(unknowns)
        blocks = np.concatenate([
            by_one @ left[one][:, None], by_other @ left[other][:, None],
            by_focal[..., None], by_other_focal[..., None],
            (by_focal + by_other_focal)[..., None],
        ], axis=-1)  # fmt: skip
        blocks *= self._root[..., None]
        columns = np.column_stack([
            3 * one[:, None] + range(3), 3 * other[:, None] + range(3), 3 * count + one,
            3 * count + other, np.full(len(one), 4 * count),
        ])  # fmt: skip
        beside = [*range(3 * count, 4 * count), *(3 * self._first[:, None] + range(3)).ravel(), -1]
        values = np.concatenate([
            1 / self._zoom, np.full(3 * len(self._first), 1 / FIXED), [1 / self._spread],
        ])  # fmt: skip
        places = np.repeat(columns, blocks[0, ..., 0].size, axis=0)
        matrix = csr_matrix(
            (
                np.concatenate([blocks.ravel(), values]),
                np.concatenate([places.ravel(), np.mod(beside, 4 * count + 1)]),
                np.cumsum([0, *[places.shape[1]] * len(places), *[1] * len(values)]),
            )
        )
        return matrix.toarray() if count <= MOST_DENSE else matrix

    def _by_ends(self, unknowns: _Array) -> tuple[_Array, _Array, _Array, _Array]:
        """Return derivatives (links, points, 2, ...) by turns of either end and their focals."""
        rotation, focal = self.pictures(unknowns)
        one, other = self._ends.T
        between = rotation[other] @ rotation[one].swapaxes(1, 2)
        rays = directions_of(self._measured.then, focal[one])
        turned = np.einsum("nij,npj->npi", between, rays)
        by_other = slopes(turned, focal[other])
        inwards = np.einsum("nij,npj->npi", between, rays * [-1, -1, 0])
        depth = np.maximum(turned[..., 2:], NEAREST)
        by_focal = inwards[..., :2] / depth - turned[..., :2] * inwards[..., 2:] / depth**2
        by_focal *= np.exp(focal[other])[:, None, None]
        turns = by_other[..., :3]
        return -turns @ between[:, None], turns, by_focal, by_other[..., 3]


def _left_slopes(vectors: _Array) -> _Array:
    """Return the turns (n, 3, 3) that small changes of rotation vectors (n, 3) cause."""
    angle = np.maximum(np.linalg.norm(vectors, axis=1), 1e-6)[:, None, None]
    x, y, z = vectors.T
    cross = np.zeros((len(vectors), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -z, y, -x
    cross -= cross.swapaxes(1, 2)
    twice = cross @ cross
    return np.asarray(
        np.eye(3) + (1 - np.cos(angle)) / angle**2 * cross
        + (angle - np.sin(angle)) / angle**3 * twice
    )  # fmt: skip


def _spreads(jacobian: _Array | csr_matrix, count: int) -> _Array:
    """Return expected errors (keys, 4) of turns and of focal lengths with the usual one."""
    normal = jacobian.T @ jacobian
    normal = normal if isinstance(normal, np.ndarray) else normal.toarray()
    own = 1 / np.maximum(np.diag(normal), 1e-12)
    beside: Any = 0.0
    if count <= MOST_EXACT:
        covariance = np.linalg.pinv(normal, hermitian=True)
        own, beside = np.diag(covariance), 2 * covariance[3 * count : -1, -1]
    focal = own[3 * count : -1] + own[-1] + beside
    turns = own[: 3 * count].reshape(-1, 3)
    return np.sqrt(np.maximum(np.column_stack([turns, focal]), 0.0))
