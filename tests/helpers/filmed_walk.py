"""Somebody who walks past a camera, and where the picture shows what joints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.camera import focal_length
from tests.helpers.moving_figure import walking

SIZE, FOV, FPS = (1280, 720), 60.0, 25.0
PLACE = np.array([0.3, 0.1, 4.0])
"""Metres from the camera to the hip."""


def walker(frames: int) -> NDArray[np.float64]:
    """Return joints (frames, 17, 3): metres, x right, y down, relative to the hip."""
    joints = walking(frames, FPS).joints.astype(np.float64)
    return (joints - joints[:, :1]) * [1, -1, -1]


def pixels(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where joints relative to the hip are seen."""
    there = joints + PLACE
    focal = focal_length(SIZE, FOV)
    return there[..., :2] / there[..., 2:] * focal + (np.array(SIZE) - 1) / 2
