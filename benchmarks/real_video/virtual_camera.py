"""Films a real clip of a still camera with a virtual one that turns and zooms in the same place.

The warp K R inverse(K0) of a picture is exactly what a camera sees that has turned by R, so that
the still clip is the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.camera import focal_length
from glagcn_cli.video.probing import probe
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.writer import VideoWriter

DOWN = -4.0  # degrees by which the virtual camera looks down, so that feet stay in view


@dataclass(frozen=True)
class Filming:
    """Rotations (frames, 3, 3) from the still camera's axes, and focal lengths (frames,) pixels."""

    rotation: NDArray[np.float64]
    focal: NDArray[np.float64]
    size: tuple[int, int]

    def matrix(self, frame: int, still: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the homography (3, 3) from pixels of the still camera."""
        own = intrinsics(self.focal[frame], self.size)
        return np.asarray(own @ self.rotation[frame] @ np.linalg.inv(still))


def intrinsics(focal: float, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the matrix of a camera that looks at the middle of its picture."""
    middle = (size[0] - 1) / 2, (size[1] - 1) / 2
    return np.array([[focal, 0, middle[0]], [0, focal, middle[1]], [0, 0, 1]])


Motion = Callable[[NDArray[np.float64], float], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Pan, tilt and roll (frames, 3) in degrees, and zoom (frames,), at times in seconds of a clip."""


def _angles(*columns: NDArray[np.float64] | float, like: NDArray[np.float64]) -> NDArray:
    return np.stack([np.broadcast_to(column, like.shape) for column in columns], axis=1)


def _pan(t: NDArray[np.float64], end: float) -> tuple[NDArray, NDArray]:
    return _angles(30 - 60 * t / end, DOWN, 0.0, like=t), np.ones_like(t)


def _tilt(t: NDArray[np.float64], end: float) -> tuple[NDArray, NDArray]:
    return _angles(20 - 40 * t / end, DOWN + 8 * np.sin(1.2 * t), 0.0, like=t), np.ones_like(t)


def _roll(t: NDArray[np.float64], end: float) -> tuple[NDArray, NDArray]:
    return _angles(25 - 50 * t / end, DOWN, 12 * np.sin(1.5 * t), like=t), np.ones_like(t)


def _shake(t: NDArray[np.float64], end: float) -> tuple[NDArray, NDArray]:
    slow, fast = 0.8 * np.sin(2 * np.pi * 0.7 * t), 0.35 * np.sin(2 * np.pi * 6.3 * t)
    other = 0.6 * np.sin(2 * np.pi * 1.1 * t + 1) + 0.3 * np.sin(2 * np.pi * 4.7 * t)
    return _angles(slow + fast, DOWN + other, other * 0.7, like=t), np.ones_like(t)


def _zoom(t: NDArray[np.float64], end: float) -> tuple[NDArray, NDArray]:
    return _angles(0.0, DOWN, 0.0, like=t), 0.6 * 2 ** np.sin(np.pi * t / end)


def _zoom_and_pan(t: NDArray[np.float64], end: float) -> tuple[NDArray, NDArray]:
    return _angles(25 - 50 * t / end, DOWN, 0.0, like=t), 0.6 * 2 ** (t / end)


def _there_and_back(t: NDArray[np.float64], end: float) -> tuple[NDArray, NDArray]:
    turn = 2 * np.pi * t / end
    return _angles(30 * np.sin(turn), DOWN + 6 * np.sin(3 * turn), 2 * np.sin(5 * turn),
                   like=t), np.ones_like(t)  # fmt: skip


DRIFT = "there and back"

MOTIONS: dict[str, Motion] = {
    "pan of 60 degrees": _pan,
    "tilt": _tilt,
    "roll": _roll,
    "shake of a hand": _shake,
    "zoom": _zoom,
    "zoom 2x during a pan": _zoom_and_pan,
    DRIFT: _there_and_back,
}
WIDE = ("shake of a hand", "zoom")
"""Motions that do not follow anybody, and are seen by a wider view."""


def filming(name: str, frames: int, fps: Fraction, still_focal: float) -> Filming:
    """Return the virtual camera of a motion over so many frames."""
    times = np.arange(frames) / float(fps)
    angles, zoom = MOTIONS[name](times, frames / float(fps))
    rotation = Rotation.from_euler("ZXY", -angles[:, ::-1], degrees=True).as_matrix()
    width = 1280 if name in WIDE else 720
    return Filming(rotation, still_focal * zoom, (width, 800))


def filmed(source: Path, camera: Filming, fov: float, frames: int) -> Iterator[NDArray[np.uint8]]:
    """Yield what the virtual camera sees of a clip, again and again until it is long enough.

    Beyond the edges of the clip its mirror image stands still.
    """
    info = probe(source)
    size = (info.width, info.height)
    still = intrinsics(focal_length(size, fov), size)
    for frame, picture in zip(range(frames), _endless(source), strict=False):
        matrix = camera.matrix(frame, still)
        seen = cv2.warpPerspective(picture, matrix, camera.size, borderMode=cv2.BORDER_REFLECT_101)
        yield np.asarray(seen, np.uint8)


def write_filmed(source: Path, target: Path, camera: Filming, fov: float, frames: int) -> None:
    """Write what the virtual camera sees of a clip."""
    fps = probe(source).fps
    with VideoWriter(target, fps, camera.size, overwrite=True, crf=16) as writer:
        for picture in filmed(source, camera, fov, frames):
            writer.write(picture)


def _endless(source: Path) -> Iterator[NDArray[np.uint8]]:
    while True:
        with VideoReader(source) as reader:
            yield from reader
