"""Draws the floor of the 3D panel: a grid of metres that fades out around the people."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .lettering import Colour
from .scene_view import Camera

_SKY = np.array([22.0, 25.0, 31.0])
_FLOOR = np.array([40.0, 45.0, 54.0])
BACKDROP: Colour = (31, 35, 42)
"""Mean background of a figure: half sky, half floor."""

_METRE_LINE = np.array([100.0, 109.0, 126.0])
_HALF_METRE_LINE = np.array([62.0, 69.0, 81.0])
_BEYOND = 4.0  # metres past the people's places where the grid has faded out
_HALF_METRES_UP_TO = 8.0  # metres: in a larger scene half-metre lines would be a blur
_SHADES = 8  # steps of the fading, each drawn in one call
_NEAR = 0.2  # metres: nearer lines are not drawn


class Floor:
    """Grid lines a metre apart (and fainter ones between, in a small scene) at y = 0.

    Parameters
    ----------
    points
        (n, 3) metres, scene frame: the people's places.
    """

    def __init__(self, points: NDArray[np.floating]) -> None:
        low, high = points.min(axis=0)[[0, 2]], points.max(axis=0)[[0, 2]]
        self._middle, self._half = (low + high) / 2, (high - low) / 2
        fine = bool((high - low).max() <= _HALF_METRES_UP_TO)
        step = 0.5 if fine else 1.0
        start, stop = np.floor(low - _BEYOND), np.ceil(high + _BEYOND)
        pieces = []
        for axis in (0, 1):  # lines along x, then along z, in pieces of a metre
            along = np.arange(start[axis], stop[axis])
            across = np.arange(start[1 - axis], stop[1 - axis] + step / 2, step)
            ends = np.zeros((len(along), len(across), 2, 3))
            ends[..., 2 * axis] = along[:, None, None] + [0, 1]
            ends[..., 2 - 2 * axis] = across[:, None]
            pieces.append(ends.reshape(-1, 2, 3))
        joined = np.concatenate(pieces)
        visible = self._visibility(joined.mean(axis=1)[:, [0, 2]])
        self._pieces = joined[visible > 0]
        self._faint = (self._pieces[:, 0] % 1.0 != 0).any(axis=-1)
        self._shade = np.ceil(visible[visible > 0] * _SHADES).astype(int)

    def _visibility(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return 1 where people come to, falling to 0 some metres away."""
        outside = np.maximum(np.abs(places - self._middle) - self._half, 0)
        share = np.clip(1 - np.hypot(*outside.T) / _BEYOND, 0, 1)
        return share * share * (3 - 2 * share)

    def draw(self, image: NDArray[np.uint8], camera: Camera) -> None:
        """Fill an RGB image (height, width, 3) with sky, floor and grid, in place."""
        image[:] = _ground(camera.size, round(camera.horizon, 2))
        pixels, depth = camera.project(self._pieces)
        room = 4 * max(camera.size)
        drawn = (depth > _NEAR).all(axis=1) & (np.abs(pixels) < room).all(axis=(1, 2))
        fixed = np.rint(pixels[drawn] * 16).astype(np.int32)
        for faint, colour in ((True, _HALF_METRE_LINE), (False, _METRE_LINE)):
            for level in range(1, _SHADES + 1):
                lines = fixed[(self._faint[drawn] == faint) & (self._shade[drawn] == level)]
                if len(lines):
                    blend = _FLOOR + (colour - _FLOOR) * level / _SHADES
                    rgb = np.rint(blend).tolist()
                    cv2.polylines(image, list(lines), False, rgb, 1, cv2.LINE_AA, 4)


@lru_cache(maxsize=4)  # turning does not move the horizon
def _ground(size: tuple[int, int], horizon: float) -> NDArray[np.uint8]:
    """Return sky and floor (height, width, 3), blended below the horizon."""
    width, height = size
    below = (np.arange(height) - horizon) / (height * 0.45)
    share = np.clip(below, 0, 1)[:, None, None]
    rows = _SKY + (_FLOOR - _SKY) * share * share * (3 - 2 * share)
    return np.repeat(np.rint(rows).astype(np.uint8), width, axis=1)
