"""Shows people as a camera that stands still would have seen them from the same place.

A camera that turns and zooms in one place sees every ray of light that a camera at rest sees there,
at other pixels. Moving the 2D to those of a camera at rest leaves everything after it unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..camera import pixel_rays
from ..poses import Keypoints2D, PoseSequence
from .path import CameraPath

WIDEST = 55.0
"""Degrees from the line of sight of the camera at rest within which everybody must stay; beyond,
its picture would stretch bodies to twice their width."""

SEEN = 0.2  # least score of joints that count
OUTSIDE = 0.01  # share of the joints that may lie outside

NEAREST = 0.1  # least depth of a ray of length 1 in a picture
_Array = NDArray[np.float64]


@dataclass(frozen=True)
class SteadyView:
    """A camera at rest at the place of one that turns.

    Parameters
    ----------
    path
        The camera that turns.
    rotation
        (3, 3) from the path's fixed axes to those of the camera at rest.
    focal
        Its focal length in pixels.
    image_size
        (width, height) of both in pixels.
    """

    path: CameraPath
    rotation: _Array
    focal: float
    image_size: tuple[int, int]

    is_unrolled: ClassVar[bool] = False

    @property
    def fov(self) -> float:
        """Field of view of the camera at rest over the longer side, degrees."""
        return float(np.degrees(2 * np.arctan(max(self.image_size) / 2 / self.focal)))

    @property
    def turns(self) -> _Array:
        """Rotations (frames, 3, 3) from the axes of the camera at rest to the camera's."""
        return self.path.rotation @ self.rotation.T

    def steady(self, person: Keypoints2D) -> Keypoints2D:
        """Move a person's 2D from pixels of the video to those of the camera at rest."""
        rays = np.einsum("fji,fvj->fvi", self.turns, self._rays(person.keypoints, self.path.focal))
        return replace(person, keypoints=self._pixels(rays, np.full(len(rays), self.focal)))

    def straightened(self, body: PoseSequence) -> PoseSequence:
        """Return a lifted body in the axes of the camera at rest, which it has."""
        return body

    def filmed(self, body: PoseSequence) -> PoseSequence:
        """Give a body's joints the places in the video that they were lifted from."""
        still = np.full(len(body), self.focal)
        rays = np.einsum("fij,fvj->fvi", self.turns, self._rays(body.keypoints, still))
        return replace(body, keypoints=self._pixels(rays, self.path.focal))

    def _rays(self, points: NDArray[np.floating], focal: _Array) -> _Array:
        rays = pixel_rays(points, self.image_size, focal[:, None, None])
        return rays / np.linalg.norm(rays, axis=-1, keepdims=True)

    def _pixels(self, rays: _Array, focal: _Array) -> NDArray[np.float32]:
        flat = rays[..., :2] / np.maximum(rays[..., 2:], NEAREST)
        return (flat * focal[:, None, None] + self._middle).astype(np.float32)

    @property
    def _middle(self) -> _Array:
        return (np.array(self.image_size, np.float64) - 1) / 2


def steady_view(
    path: CameraPath, people: Sequence[Keypoints2D], image_size: tuple[int, int]
) -> SteadyView | None:
    """Choose a camera at rest that sees all people of a shot; None where none can.

    Parameters
    ----------
    path
        The camera of the shot.
    people
        2D of its people, over as many frames.
    image_size
        (width, height) of the frames in pixels.
    """
    shown = np.zeros(len(path), bool)
    for person in people:
        shown |= person.valid
    if not shown.any():
        shown[:] = True
    middle = Rotation.from_matrix(path.rotation[shown]).mean()
    view = SteadyView(path, middle.as_matrix(), float(np.median(path.focal[shown])), image_size)
    for _ in range(2):
        rays = [_seen_rays(view, person) for person in people]
        directions = np.concatenate([np.zeros((0, 3)), *rays])
        outside = directions[:, 2] < np.cos(np.radians(WIDEST))
        if outside.sum() <= OUTSIDE * len(outside):
            return view
        towards = directions.mean(axis=0)
        turn = Rotation.align_vectors([[0.0, 0.0, 1.0]], towards[None])[0].as_matrix()
        view = SteadyView(path, turn @ view.rotation, view.focal, image_size)
    return None


def _seen_rays(view: SteadyView, person: Keypoints2D) -> _Array:
    """Return unit rays (n, 3) to a person's joints, axes of the camera at rest."""
    rays = view._rays(person.keypoints, view.path.focal)
    turned = np.einsum("fji,fvj->fvi", view.turns, rays)
    return turned[(person.scores >= SEEN) & person.valid[:, None]]
