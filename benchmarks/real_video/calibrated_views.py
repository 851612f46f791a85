"""Calibrated cameras, and triangulation of points that several of them see at once.

The calibration is read as Qualisys writes it (``*.qca.txt``), the format of Pose2Sim's demos.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SUBPIXELS = 64.0  # Qualisys counts in 64ths of a pixel
ROUNDS = 8  # of reweighting: the residuals hardly change after
OUTLIER = 0.02
"""Residual, as a share of the focal length, at which a view counts half: some 5 % of a person."""

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: x = K (R X + t), with lens distortion.

    Parameters
    ----------
    name
        As in the calibration, which is the stem of its video.
    rotation, translation
        World to camera (x right, y down, z forward), (3, 3) and (3,) metres.
    matrix, distortion
        Of OpenCV: (3, 3) pixels and (k1, k2, p1, p2, k3).
    size
        (width, height) pixels of the frames that were calibrated.
    """

    name: str
    rotation: _Array
    translation: _Array
    matrix: _Array
    distortion: _Array
    size: tuple[int, int]

    def rays(self, pixels: NDArray[np.floating]) -> _Array:
        """Undistort image points (..., 2) to focal length 1."""
        flat = np.ascontiguousarray(pixels, dtype=np.float64).reshape(-1, 1, 2)
        rays = cv2.undistortPoints(flat, self.matrix, self.distortion)
        return np.asarray(rays, dtype=np.float64).reshape(pixels.shape)

    def seen(self, points: _Array) -> _Array:
        """Transform world points (..., 3) to the camera frame, metres."""
        return points @ self.rotation.T + self.translation

    def project(self, points: _Array) -> _Array:
        """Project world points (..., 3) to pixels (..., 2)."""
        flat = np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 1, 3)
        turned = cv2.Rodrigues(self.rotation)[0]
        pixels, _ = cv2.projectPoints(flat, turned, self.translation, self.matrix, self.distortion)
        return np.asarray(pixels, dtype=np.float64).reshape(*points.shape[:-1], 2)


def read_cameras(path: Path) -> list[Camera]:
    """Read the cameras of a Qualisys calibration."""
    return [_camera(entry) for entry in ElementTree.parse(path).getroot().iter("camera")]


def _camera(entry: ElementTree.Element) -> Camera:
    place, lens, field = (
        {name: float(value) for name, value in _child(entry, tag).attrib.items()}
        for tag in ("transform", "intrinsic", "fov_video")
    )
    # The file's rows are the camera's axes in the world: x right, y up, z backward.
    turned = np.array([[place[f"r{row}{column}"] for column in (1, 2, 3)] for row in (1, 2, 3)])
    rotation = np.diag([1.0, -1.0, -1.0]) @ turned
    centre = np.array([place[axis] for axis in "xyz"]) / 1000
    matrix = np.array(
        [
            [lens["focalLengthU"], 0, lens["centerPointU"]],
            [0, lens["focalLengthV"], lens["centerPointV"]],
            [0, 0, SUBPIXELS],
        ]
    )
    distortion = [
        *(lens[f"{kind}Distortion{k}"] for kind in ("radial", "tangental") for k in (1, 2)),
        lens["radialDistortion3"],
    ]
    size = int(field["right"] - field["left"]) + 1, int(field["bottom"] - field["top"]) + 1
    return Camera(
        entry.attrib["serial"],
        rotation,
        -rotation @ centre,
        matrix / SUBPIXELS,
        np.array(distortion),
        size,
    )


def _child(entry: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = entry.find(tag)
    if found is None:
        raise ValueError(f"camera {entry.attrib.get('serial')} has no <{tag}>")
    return found


def triangulate(
    cameras: list[Camera], pixels: NDArray[np.floating], weights: NDArray[np.floating]
) -> _Array:
    """Find the world points that project nearest to the cameras' points.

    Linear triangulation, then reweighted (Cauchy's weights), so that one view that mistakes a joint
    does not draw the point away.

    Parameters
    ----------
    cameras
        At least two.
    pixels
        (cameras, ..., 2), as `Camera.project` gives them.
    weights
        (cameras, ...), not negative.

    Returns
    -------
    NDArray
        (..., 3) metres.
    """
    rays = np.stack([camera.rays(seen) for camera, seen in zip(cameras, pixels, strict=True)])
    planes = np.stack([np.c_[camera.rotation, camera.translation] for camera in cameras])
    planes = planes.reshape(len(cameras), *[1] * (rays.ndim - 2), 3, 4)
    # u P3 - P1 and v P3 - P2 vanish at the point: (cameras, ..., 2, 4)
    rows = rays[..., None] * planes[..., 2:, :] - planes[..., :2, :]
    trust = weights.astype(np.float64)
    for _ in range(ROUNDS):
        points = _solve(rows, trust)
        off = [
            np.linalg.norm(_flat(camera.seen(points)) - ray, axis=-1)
            for camera, ray in zip(cameras, rays, strict=True)
        ]
        depth = np.stack([camera.seen(points)[..., 2] for camera in cameras])
        # Divided by depth, what is least is the distance in the picture.
        trust = weights / (1 + np.square(np.stack(off) / OUTLIER)) / np.maximum(depth, 0.1)
    return points


def triangulate_shifted(
    cameras: Sequence[Camera],
    pixels: NDArray[np.floating],
    weights: NDArray[np.floating],
    rounds: int,
) -> tuple[_Array, _Array]:
    """Triangulate views that were cut or padded since the calibration, which shifts them.

    Parameters
    ----------
    cameras, pixels, weights
        As in `triangulate`, of (views, frames, joints).
    rounds
        Number of updates of the shifts, the median errors of the views.

    Returns
    -------
    points, off
        (frames, joints, 3) metres, and what is left (views, frames, joints, 2) of each view's
        distance to them, pixels.
    """
    shift = np.zeros((len(cameras), 1, 1, 2))
    for _ in range(rounds):
        points = triangulate(list(cameras), pixels - shift, weights)
        off = pixels - np.stack([camera.project(points) for camera in cameras])
        shift = np.median(off, axis=(1, 2), keepdims=True)
    return points, off - shift


def _solve(rows: _Array, weights: _Array) -> _Array:
    """Solve for points (..., 3) by least squares from homogeneous rows (cameras, ..., 2, 4)."""
    scaled = np.moveaxis(rows * weights[..., None, None], 0, -3)
    scaled = scaled.reshape(*scaled.shape[:-3], -1, 4)
    last = np.linalg.svd(scaled)[2][..., -1, :]
    return last[..., :3] / last[..., 3:]


def _flat(points: _Array) -> _Array:
    return points[..., :2] / points[..., 2:]
