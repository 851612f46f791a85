"""Finds how a lens bends lines from the background of a camera that turns in one place.

What a turn moves keeps its shape on a sphere. Seen by a lens that bends lines, it does not, and
the more so the farther it goes from the middle of the picture to its edge.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from .bundle import NO_ZOOM, NOISE, Measured
from .lens import Lens
from .links import BackgroundLinks
from .turning import directions_of, project, turn_to

LEAST_BENDING = 0.02
"""Least k1 that matters: it changes the focal length that a pan tells by 4 percent."""
SURE = 3.0  # expected errors that it must be away from none
BETTER = 0.85  # share of what is missed without distortion, that is missed at most with it
MOST_BENDING = 0.6
MOST_PAIRS = 200  # pictures and key pictures that are compared
ALIKE = 12  # how many pairs tell as much as one alone: neighbours have the same errors

FEW_ROUNDS = 3  # from the turns of a lens that bends nothing
STEPS = 12  # of the search for the lens, at most

_Array = NDArray[np.float64]


def unbent(places: _Array, bending: float) -> _Array:
    """Return where a lens without distortion shows places (..., 2), over the longer side.

    `bending` is k1 over the square of the focal length.
    """
    straight = places
    for _ in range(12):
        away = np.minimum((straight**2).sum(axis=-1, keepdims=True), 1.0)
        straight = places / np.maximum(1 + bending * away, 0.3)
    return straight


def lens_of_turns(
    links: BackgroundLinks, image_size: tuple[int, int], log_focal: float, focal_spread: float
) -> Lens | None:
    """Estimate the lens of a camera that turns and does not zoom; None where none is sure.

    Parameters
    ----------
    links
        Where its background was seen.
    image_size
        (width, height) in pixels.
    log_focal, focal_spread
        Logarithm of the focal length over the longer side, and its expected error.
    """
    measured = _pairs(links, image_size)
    if len(measured.then) < 4:
        return None

    root = np.sqrt(measured.weight)[..., None]
    focal = np.full(len(measured.then), log_focal)
    still = np.tile(np.eye(3), (len(focal), 1, 1))
    near = turn_to(
        directions_of(measured.then, focal), measured.now, measured.weight, still, focal, NOISE,
        NO_ZOOM,
    ).rotation  # fmt: skip

    def missed(unknowns: _Array) -> _Array:
        bending, focal = unknowns[0], np.full(len(measured.then), unknowns[1])
        then, now = (unbent(places, bending) for places in measured[:2])
        rays = directions_of(then, focal)
        turned = turn_to(rays, now, measured.weight, near, focal, NOISE, NO_ZOOM, FEW_ROUNDS)
        shown = project(np.einsum("nij,npj->npi", turned.rotation, rays), focal)
        prior = (unknowns[1] - log_focal) / focal_spread * np.sqrt(ALIKE)
        return np.append(root * (shown - now) / NOISE, prior)

    found = least_squares(
        missed, [0.0, log_focal], loss="soft_l1", x_scale=[0.1, 0.1], diff_step=1e-3, max_nfev=STEPS
    )  # fmt: skip
    straight = least_squares(
        lambda focal: missed(np.array([0.0, focal[0]])),
        [log_focal],
        loss="soft_l1",
        diff_step=1e-3,
        max_nfev=STEPS,
    )
    return _if_sure(found, straight.cost, image_size)


def _if_sure(found: Any, straight: float, image_size: tuple[int, int]) -> Lens | None:
    """Return the lens of a fit where it is beyond doubt and matters."""
    bending, log_focal = found.x
    jacobian, cost = found.jac, found.cost
    noise = max(1.0, 2 * cost / max(1, len(jacobian) - 2)) * ALIKE
    spread = np.sqrt(np.linalg.pinv(jacobian.T @ jacobian, hermitian=True)[0, 0] * noise)
    square = float(np.exp(2 * log_focal))
    sure = abs(bending) > SURE * spread and LEAST_BENDING < abs(bending) * square < MOST_BENDING
    if not sure or np.sqrt(cost / max(straight, 1e-9)) > BETTER:
        return None
    focal = float(np.exp(log_focal)) * max(image_size)
    lens = Lens((float(bending) * square,), focal, image_size, is_calibrated=True)
    return lens if lens.is_sound else None


def _pairs(links: BackgroundLinks, image_size: tuple[int, int]) -> Measured:
    """Return the places of the pairs that moved most."""
    pairs = np.concatenate([links.pairs[links.keys >= 0], links.links]).astype(np.float64)
    there = pairs[..., 4] > 0
    away = np.linalg.norm(pairs[..., 2:4] - pairs[..., :2], axis=-1) * there
    moved = away.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    enough = np.flatnonzero((there.sum(axis=1) >= 6) & (moved > 0.02 * max(image_size)))
    return Measured.of(pairs[enough[np.argsort(-moved[enough])[:MOST_PAIRS]]], image_size)
