"""A landscape all around a camera that turns and zooms in one place by known amounts."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.camera_path.links import BackgroundLinks
from glagcn_cli.camera_path.path import CameraPath, camera_path
from glagcn_cli.camera_path.watching import BackgroundWatch
from glagcn_cli.poses import FrameDetections
from tests.helpers.landscape import landscape, people

WIDTH, HEIGHT, FPS = 640, 360, 30
FOV = 40.0
FOCAL = WIDTH / 2 / np.tan(np.radians(FOV / 2))

_WORLD = landscape(3, (2000, 3600))
_MIDDLE = np.array([[1500.0, 0, 1800], [0, 1500, 1000], [0, 0, 1]])

Pictures = list[NDArray[np.uint8]]


def turns(
    pan: NDArray | float = 0.0, tilt: NDArray | float = 0.0, roll: NDArray | float = 0.0
) -> NDArray[np.float64]:
    """Rotations (frames, 3, 3) from fixed axes to a camera's that turns to the right and up."""
    angles = -np.stack(np.broadcast_arrays(roll, tilt, pan), axis=-1)
    return Rotation.from_euler("ZXY", angles, degrees=True).as_matrix()


def film(
    rotations: NDArray[np.float64], focal: NDArray | float = FOCAL,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> Pictures:  # fmt: skip
    """What the camera shows in each frame."""
    shown = []
    for turn, length in zip(rotations, np.broadcast_to(focal, len(rotations)), strict=True):
        own = np.array([[length, 0, (size[0] - 1) / 2], [0, length, (size[1] - 1) / 2], [0, 0, 1]])
        matrix = own @ turn @ np.linalg.inv(_MIDDLE)
        shown.append(np.asarray(cv2.warpPerspective(_WORLD, matrix, size), np.uint8))
    return shown


def followed(
    pictures: Pictures, seen: Sequence[FrameDetections] | None = None, fps: float = FPS
) -> BackgroundWatch:
    """What has seen these pictures."""
    height, width = pictures[0].shape[:2]
    watch = BackgroundWatch((width, height), fps)
    watch.add(pictures, seen or [people()] * len(pictures))
    return watch


def followed_links(
    pictures: Pictures, seen: Sequence[FrameDetections] | None = None, fps: float = FPS
) -> BackgroundLinks | None:
    """Where the background is in these pictures; None before a camera at rest."""
    return followed(pictures, seen, fps).follower.links(len(pictures))


def found_path(
    pictures: Pictures, seen: Sequence[FrameDetections] | None = None, fps: float = FPS,
    fov: float = FOV, known: bool = True, part: slice = slice(None),
) -> CameraPath | None:  # fmt: skip
    """The path that is found in pictures."""
    height, width = pictures[0].shape[:2]
    clip = followed(pictures, seen, fps).arrays()
    part = slice(*part.indices(len(pictures)))
    return camera_path(clip, len(pictures), part, (width, height), fps, fov, known)


def degrees_off(path: CameraPath, rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees (frames,) between turns since the first frame."""
    found = path.rotation @ path.rotation[0].T
    true = rotations @ rotations[0].T
    return np.degrees(Rotation.from_matrix(found @ true.swapaxes(1, 2)).magnitude())
