"""Finds where the camera stood that filmed a scene, so that its people project onto the video."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..camera import FilmCamera, pixel_rays
from ..poses import PoseSequence

SEEN = 0.3  # least score of joints that count
NEAR = 0.05  # metres from its ray from which a joint counts by its distance, not its square
ROUNDS = 10


def film_camera(
    people: Sequence[PoseSequence],
    rotation: NDArray[np.float64],
    focal: NDArray[np.float64],
    image_size: tuple[int, int],
) -> FilmCamera | None:
    """Find the place of a camera that turns in one place; None where nobody shows it.

    The place is that from which all joints lie nearest to the rays on which they were seen.

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
    frames = len(focal)
    place = np.tile(_meeting_point(at, along), (frames, 1))
    return FilmCamera(rotation, place, focal, np.ones(frames, bool))


def _meeting_point(at: NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the point nearest to lines through points (n, 3) along unit vectors (n, 3)."""
    aside = np.eye(3) - along[:, :, None] * along[:, None, :]
    weight = np.ones(len(at))
    for _ in range(ROUNDS):
        matrix = np.einsum("n,nij->ij", weight, aside)
        point = np.linalg.solve(matrix, np.einsum("n,nij,nj->i", weight, aside, at))
        away = np.linalg.norm(np.einsum("nij,nj->ni", aside, at - point), axis=1)
        weight = 1 / np.maximum(away, NEAR)
    return np.asarray(point)
