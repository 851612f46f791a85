"""Calibrated cameras that stood still while a data set was filmed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.camera import DEFAULT_FOV


def field_of_view(length: float, focal: float) -> float:
    """Compute the degrees over a side of ``length`` pixels from a focal length in pixels."""
    return float(np.degrees(2 * np.arctan(length / 2 / focal)))


@dataclass(frozen=True)
class StaticCamera:
    """One camera as the data set's publishers calibrated it; lens distortion is left out.

    Parameters
    ----------
    name
        Name in the data set.
    image_size
        (width, height) in pixels.
    orientation
        Unit quaternion (w, x, y, z) that turns camera axes into world axes.
    translation
        Position of the camera in the world, millimetres.
    focal_length
        (x, y) in pixels; None where it was not published.
    centre
        Principal point (x, y) in pixels; None where it was not published.
    """

    name: str
    image_size: tuple[int, int]
    orientation: tuple[float, float, float, float]
    translation: tuple[float, float, float]
    focal_length: tuple[float, float] | None = None
    centre: tuple[float, float] | None = None

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """(3, 3): the camera's x, y and z axis in the world, one a row (world to camera)."""
        w, x, y, z = np.array(self.orientation) / np.linalg.norm(self.orientation)
        return np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
                [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
                [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
            ]
        )

    @property
    def fov(self) -> float:
        """Field of view over the picture's longer side, degrees."""
        if self.focal_length is None:
            return DEFAULT_FOV
        width, height = self.image_size
        focal_x, focal_y = self.focal_length
        return field_of_view(width, focal_x) if width >= height else field_of_view(height, focal_y)

    def to_camera(self, world: NDArray[np.floating]) -> NDArray[np.float32]:
        """Transform world points (..., 3) to the camera frame (x right, y down), metres."""
        position = np.array(self.translation) / 1000
        return ((world.astype(np.float64) - position) @ self.axes.T).astype(np.float32)


def read_calibration(file_name: str) -> dict[str, tuple[StaticCamera, ...]]:
    """Read the cameras of each subject from a JSON file of this package.

    The file holds ``cameras`` (properties of the devices) and ``poses`` (subject -> per camera
    ``[orientation, translation]``, since the cameras were moved between some subjects).
    """
    document = json.loads((files(__package__) / file_name).read_text(encoding="utf-8"))
    return {
        subject: tuple(
            StaticCamera(
                name=device["name"],
                image_size=tuple(device["image_size"]),
                orientation=tuple(orientation),
                translation=tuple(translation),
                focal_length=tuple(device["focal_length"]) if "focal_length" in device else None,
                centre=tuple(device["centre"]) if "centre" in device else None,
            )
            for device, (orientation, translation) in zip(document["cameras"], poses, strict=True)
        )
        for subject, poses in document["poses"].items()
    }
