"""A landscape seen by a moving camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from glagcn_cli.camera_path.watching import BackgroundWatch
from glagcn_cli.poses import FrameDetections
from glagcn_cli.shots.camera_motion import CameraMotion

WIDTH, HEIGHT, FPS = 640, 360, 30


def landscape(seed: int = 3, size: tuple[int, int] = (900, 2400)) -> NDArray[np.uint8]:
    """A wide picture full of corners at several scales."""
    rng = np.random.default_rng(seed)
    picture = np.zeros(size, np.float32)
    for cell in (4, 16, 64):
        coarse = rng.uniform(0, 1, (size[0] // cell + 2, size[1] // cell + 2)).astype(np.float32)
        picture += cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_NEAREST)
    grey = (picture / picture.max() * 200 + 20).astype(np.uint8)
    return cv2.GaussianBlur(np.repeat(grey[..., None], 3, axis=2), (0, 0), 1.0)


LANDSCAPE = landscape()


def view(x: float, y: float = 200.0, zoom: float = 1.0) -> NDArray[np.uint8]:
    """What a camera shows whose picture begins there."""
    matrix = np.array([[1 / zoom, 0, x], [0, 1 / zoom, y]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(LANDSCAPE, matrix, (WIDTH, HEIGHT), flags=flags)


def people(*boxes: tuple[float, float, float, float]) -> FrameDetections:
    count = len(boxes)
    return FrameDetections(
        np.array(boxes, np.float32).reshape(-1, 4), np.ones(count, np.float32),
        np.zeros((count, 17, 2), np.float32), np.zeros((count, 17), np.float32),
    )  # fmt: skip


def watch(
    frames: list[NDArray[np.uint8]], seen: list[FrameDetections] | None = None
) -> CameraMotion:
    watched = BackgroundWatch((WIDTH, HEIGHT), FPS)
    watched.add(frames, seen or [people()] * len(frames))
    return watched.motion
