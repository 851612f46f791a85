"""A camera that turns and zooms before a walking figure."""

from __future__ import annotations

import numpy as np

from glagcn_cli.camera import FilmCamera
from tests.helpers.turning_world import turns

SIZE = (1280, 720)
TO_CAMERA = np.diag([1.0, -1.0, -1.0])  # scene axes to those of a level camera that looks along -z


def turning_camera(frames: int, unknown: slice = slice(0)) -> FilmCamera:
    """Pan, tilt and zoom five metres before the origin, 1.5 m above the floor."""
    step = np.linspace(0, 1, frames)
    known = np.ones(frames, bool)
    known[unknown] = False
    return FilmCamera(
        turns(30 * step - 15, 5 * step, 3 * step) @ TO_CAMERA,
        np.tile([0.2, 1.5, 5.0], (frames, 1)),
        1000 * 1.5**step,
        known,
    )


def panning_camera(degrees: float, frames: int) -> FilmCamera:
    """Turn to the right by so many degrees in all, six metres before the origin."""
    return FilmCamera(
        turns(np.linspace(-degrees / 2, degrees / 2, frames), np.zeros(frames), np.zeros(frames))
        @ TO_CAMERA,
        np.tile([0.0, 1.5, 6.0], (frames, 1)),
        np.full(frames, 500.0),
        np.ones(frames, bool),
    )
