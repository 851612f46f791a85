"""Finds where the camera stood that filmed a scene, so that its people project onto the video."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from ..camera import FilmCamera, pixel_rays
from ..poses import PoseSequence

SEEN = 0.3  # least score of joints that count
ASIDE = 0.02  # radians off its ray from which a joint counts by its distance, not its square
TILT = np.radians(4.0)
"""Expected error of the scene's up, by which the whole camera may turn: people are put on a level
floor, and where up was wrong, that has moved them against the rays on which they were seen."""

FIXED = 1e-4  # radians: about the vertical it does not turn

ALIKE = 200
"""How many joints tell as much as all of them, whose errors are much alike."""

CALM = 0.15  # seconds (standard deviation) over which the places of a camera that walks are one

MOST = 4000  # joints that the place is found from

_Array = NDArray[np.float64]


def film_camera(
    people: Sequence[PoseSequence],
    rotation: NDArray[np.float64],
    focal: NDArray[np.float64],
    image_size: tuple[int, int],
) -> FilmCamera | None:
    """Find the place of a camera that turns in one place; None where nobody shows it.

    The place, and a small turn of the camera in all frames, are those with which joints lie nearest
    to the rays on which they were seen.

    Parameters
    ----------
    people
        Scene frame, with the 2D of the video.
    rotation
        (frames, 3, 3) from the scene's axes to the camera's.
    focal
        (frames,) focal length in pixels.
    image_size
        (width, height) in pixels.
    """
    places, rays = [np.zeros((0, 3))], [np.zeros((0, 3))]
    for person in people:
        seen, directions = _sight(person, rotation, focal, image_size)
        rays.append(directions[seen])
        places.append(person.joints[seen].astype(np.float64))
    at, along = np.concatenate(places), np.concatenate(rays)
    if not len(at):
        return None
    step = -(-len(at) // MOST)
    turn, place = _meeting_point(at[::step], along[::step])
    frames = len(focal)
    return FilmCamera(rotation @ turn.T, np.tile(place, (frames, 1)), focal, np.ones(frames, bool))


def moving_film_camera(
    people: Sequence[PoseSequence],
    rotation: NDArray[np.float64],
    focal: NDArray[np.float64],
    image_size: tuple[int, int],
) -> FilmCamera | None:
    """Find the places of a camera that walks, frame by frame; parameters as in `film_camera`."""
    matrix, vector = np.zeros((len(focal), 3, 3)), np.zeros((len(focal), 3))
    for person in people:
        seen, rays = _sight(person, rotation, focal, image_size)
        aside = (np.eye(3) - rays[..., :, None] * rays[..., None, :]) * seen[..., None, None]
        matrix += aside.sum(axis=1)
        vector += np.einsum("fvij,fvj->fi", aside, person.joints)
    shown = np.flatnonzero(np.linalg.eigvalsh(matrix)[:, 0] > 0)
    if not len(shown):
        return None
    places = np.linalg.solve(matrix[shown], vector[shown, :, None])[..., 0]
    frames = np.arange(len(focal))
    position = np.stack([np.interp(frames, shown, axis) for axis in places.T], axis=1)
    position = gaussian_filter1d(position, CALM * float(people[0].fps), axis=0, mode="nearest")
    return FilmCamera(rotation, position, focal, np.ones(len(focal), bool))


def _sight(
    person: PoseSequence, rotation: _Array, focal: _Array, image_size: tuple[int, int]
) -> tuple[NDArray[np.bool_], _Array]:
    """Return which joints (frames, 17) are seen, and unit rays (frames, 17, 3), scene axes."""
    rays = pixel_rays(person.keypoints, image_size, focal[:, None, None])
    rays = np.einsum("fji,fvj->fvi", rotation, rays)
    seen = (person.scores >= SEEN) & person.valid[:, None]
    return seen, rays / np.linalg.norm(rays, axis=-1, keepdims=True)


def _meeting_point(at: _Array, along: _Array) -> tuple[_Array, _Array]:
    """Return a small turn (3, 3) of rays (n, 3), and the point from which they meet places."""
    aside = np.eye(3) - along[:, :, None] * along[:, None, :]
    start = np.linalg.solve(aside.sum(axis=0), np.einsum("nij,nj->i", aside, at))

    weight = 1 / (ASIDE * np.sqrt(max(1.0, len(at) / ALIKE)))

    def residuals(unknowns: _Array) -> _Array:
        ways = at - unknowns[3:]
        ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-6)
        off = np.cross(Rotation.from_rotvec(unknowns[:3]).apply(along), ways)
        return np.concatenate([off.ravel() * weight, unknowns[:3] / [TILT, FIXED, TILT]])

    found = least_squares(
        residuals, np.concatenate([np.zeros(3), start]), loss="cauchy", f_scale=weight * ASIDE
    )
    return Rotation.from_rotvec(found.x[:3]).as_matrix(), found.x[3:]
