"""A lens that bends straight lines: takes its distortion out of places in the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..poses import Keypoints2D, PoseSequence
from .links import BackgroundLinks
from .parallax_tracks import parallax_places
from .upright_lines import line_ends

_Person = TypeVar("_Person", Keypoints2D, PoseSequence)
_Array = NDArray[np.float64]

_MATRIX = ("camera_matrix", "cameraMatrix", "K", "mtx")
_COEFFICIENTS = ("distortion_coefficients", "distCoeffs", "dist_coeffs", "dist")
_SIZE = (("image_width", "image_height"), ("width", "height"))


@dataclass(frozen=True)
class Lens:
    """Distortion of a lens.

    Parameters
    ----------
    coefficients
        (k1, k2, p1, p2, k3) of OpenCV, in focal lengths from the picture's middle.
    focal
        Focal length in pixels.
    image_size
        (width, height) in pixels.
    is_calibrated
        Whether the focal length was measured with it.
    """

    coefficients: tuple[float, ...]
    focal: float
    image_size: tuple[int, int]
    is_calibrated: bool = False

    @property
    def _all(self) -> _Array:
        return np.array([*self.coefficients, 0.0, 0.0, 0.0, 0.0, 0.0][:5])

    @property
    def _matrix(self) -> _Array:
        x, y = ((side - 1) / 2 for side in self.image_size)
        return np.array([[self.focal, 0, x], [0, self.focal, y], [0, 0, 1.0]])

    @property
    def fov(self) -> float:
        """Field of view over the longer side, degrees, of a lens without distortion."""
        return float(np.degrees(2 * np.arctan(max(self.image_size) / 2 / self.focal)))

    @property
    def _corner(self) -> float:
        """Distance of the picture's corners from its middle, pixels."""
        return float(np.hypot(*self.image_size)) / 2

    @property
    def is_sound(self) -> bool:
        """Whether every place of the picture shows one direction."""
        away = np.linspace(0, self._corner, 50)
        middle = (np.array(self.image_size) - 1) / 2
        side = np.array(self.image_size) / 2 / self._corner
        straight = self._solved(middle + away[:, None] * side)
        back = np.linalg.norm(self.bent(straight) - middle, axis=1)
        return bool(np.abs(back - away).max() < 1.0)

    def straight(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return where a lens without distortion shows places (..., 2) of the picture, pixels."""
        middle = (np.array(self.image_size) - 1) / 2
        away = np.linalg.norm(places - middle, axis=-1, keepdims=True)
        # Beyond the corners nothing was calibrated: what lies there is moved as the corners are.
        within = middle + (places - middle) * np.minimum(1.0, self._corner / np.maximum(away, 1e-9))
        return np.asarray(self._solved(within) + (places - within), np.float32)

    def _solved(self, places: NDArray[np.floating]) -> _Array:
        flat = np.ascontiguousarray(places, np.float64).reshape(-1, 1, 2)
        if not len(flat):
            return np.asarray(places, np.float64)
        kept = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-6)
        found = cv2.undistortPointsIter(
            flat, self._matrix, self._all, np.eye(3), self._matrix, kept
        )
        return np.asarray(found.reshape(places.shape), np.float64)

    def bent(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return where the lens shows places (..., 2) of a picture without distortion, pixels."""
        middle = (np.array(self.image_size) - 1) / 2
        flat = (np.asarray(places, np.float64).reshape(-1, 2) - middle) / self.focal
        if not len(flat):
            return np.asarray(places, np.float32)
        rays = np.column_stack([flat, np.ones(len(flat))])
        nothing = np.zeros(3)
        shown, _ = cv2.projectPoints(rays, nothing, nothing, self._matrix, self._all)
        return shown.reshape(places.shape).astype(np.float32)

    def straightened(self, person: _Person) -> _Person:
        """Return somebody with the 2D that a lens without distortion shows."""
        return replace(person, keypoints=self.straight(person.keypoints))

    def filmed(self, person: _Person) -> _Person:
        """Return somebody with the 2D that the lens shows."""
        return replace(person, keypoints=self.bent(person.keypoints))

    def background(self, clip: Mapping[str, NDArray[Any]], frames: int) -> dict[str, NDArray[Any]]:
        """Return arrays stored with the 2D of a clip with the background without distortion."""
        found = dict(clip)
        for name, ends in (line_ends(clip) | parallax_places(clip)).items():
            found[name] = self.straight(ends.reshape(-1, 2)).reshape(ends.shape)
        links = BackgroundLinks.of_clip(clip, frames)
        if links is not None:
            found |= replace(
                links, pairs=self._pairs(links.pairs), links=self._pairs(links.links)
            ).arrays()
        return found

    def _pairs(self, pairs: NDArray[np.float32]) -> NDArray[np.float32]:
        bent = pairs.copy()
        there = pairs[..., 4] > 0
        for column in (0, 2):
            places = pairs[there][:, column : column + 2]
            bent[there, column : column + 2] = self.straight(places)
        return bent


def read_calibration(path: Path, image_size: tuple[int, int]) -> Lens:
    """Read a calibration that OpenCV wrote (.yml, .yaml, .xml or .json).

    Parameters
    ----------
    path
        A file with ``camera_matrix`` and ``distortion_coefficients``.
    image_size
        (width, height) of the video in pixels.

    Raises
    ------
    InputError
        There is no calibration in it.
    """
    try:
        file = cv2.FileStorage(str(path), cv2.FILE_STORAGE_READ)
    except (cv2.error, SystemError) as error:
        raise InputError(f"{path}: is no calibration that OpenCV reads") from error
    matrix = _first(file, _MATRIX)
    coefficients = _first(file, _COEFFICIENTS)
    if matrix is None or matrix.shape != (3, 3) or coefficients is None:
        raise InputError(f"{path}: has no camera_matrix and distortion_coefficients of OpenCV")
    if not 1 <= coefficients.size <= 5:
        raise InputError(
            f"{path}: has {coefficients.size} coefficients of distortion; up to 5 are known"
        )
    calibrated = next(
        (
            (width, height)
            for one, other in _SIZE
            if (width := file.getNode(one).real()) and (height := file.getNode(other).real())
        ),
        image_size,
    )
    larger = max(image_size) / max(calibrated)
    focal = float(matrix[0, 0] + matrix[1, 1]) / 2 * larger
    found = tuple(map(float, coefficients.ravel()))
    return Lens(found, focal, image_size, is_calibrated=True)


def _first(file: cv2.FileStorage, names: tuple[str, ...]) -> _Array | None:
    for name in names:
        if (matrix := file.getNode(name).mat()) is not None:
            return np.asarray(matrix, np.float64)
    return None
