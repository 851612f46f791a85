"""Finds where the camera stood that filmed a scene, so that its people project onto the video."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
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
        seen = (person.scores >= SEEN) & person.valid[:, None]
        directions = pixel_rays(person.keypoints, image_size, focal[:, None, None])
        directions = np.einsum("fji,fvj->fvi", rotation, directions)
        rays.append(directions[seen] / np.linalg.norm(directions[seen], axis=-1, keepdims=True))
        places.append(person.joints[seen].astype(np.float64))
    at, along = np.concatenate(places), np.concatenate(rays)
    if not len(at):
        return None
    step = -(-len(at) // MOST)
    turn, place = _meeting_point(at[::step], along[::step])
    frames = len(focal)
    return FilmCamera(rotation @ turn.T, np.tile(place, (frames, 1)), focal, np.ones(frames, bool))


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
