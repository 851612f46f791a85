"""Draws what a pinhole camera sees of textured walls, floors and posts: a world that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SKY = 225  # grey level where nothing is
NEAREST = 0.05  # metres of depth within which nothing is shown
PIXELS_A_METRE = 40

_Array = NDArray[np.float64]
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Panel:
    """A textured rectangle.

    Parameters
    ----------
    corner
        (3,) metres of the texture's first pixel, y up.
    right, down
        (3,) metres to the other end of its first row, and of its first column.
    texture
        (height, width) grey levels.
    """

    corner: _Array
    right: _Array
    down: _Array
    texture: Picture


def drawn(
    panels: Sequence[Panel], rotation: _Array, position: _Array, focal: float, size: tuple[int, int]
) -> Picture:
    """Draw a picture (height, width, 3).

    Parameters
    ----------
    panels
        All that is there; near ones hide far ones.
    rotation, position
        (3, 3) from the world's axes (y up) to the camera's (x right, y down, z forward), and (3,)
        metres.
    focal
        Pixels.
    size
        (width, height) in pixels.
    """
    columns, rows = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    middle = (np.array(size) - 1) / 2
    flat = (np.stack([columns, rows], axis=-1) - middle) / focal
    rays = np.concatenate([flat, np.ones_like(flat[..., :1])], axis=-1).astype(np.float32)
    seen, depth = np.full(size[::-1], SKY, np.uint8), np.full(size[::-1], np.inf, np.float32)
    for panel in panels:
        # A ray is a sum of the two sides and the way to the corner: the panel's own coordinates.
        sides = np.stack([panel.right, panel.down, panel.corner - position], axis=1)
        if abs(np.linalg.det(sides)) < 1e-9:
            continue
        part = _part_of(panel, rotation, position, focal, size)
        own = (rotation @ np.linalg.inv(sides).T).astype(np.float32)
        across, along, near = np.moveaxis(rays[part] @ own, -1, 0)
        near = np.where(near > 1e-9, near, np.nan)
        u, v, away = across / near, along / near, 1 / near
        shown = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1) & (away > NEAREST) & (away < depth[part])
        if not shown.any():
            continue
        tall, wide = panel.texture.shape
        x, y = (np.nan_to_num(w).astype(np.float32) for w in (u * (wide - 1), v * (tall - 1)))
        picture = cv2.remap(panel.texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen[part][shown], depth[part][shown] = picture[shown], away[shown]
    return np.repeat(seen[..., None], 3, axis=2)


def _part_of(
    panel: Panel, rotation: _Array, position: _Array, focal: float, size: tuple[int, int]
) -> tuple[slice, slice]:
    """Return rows and columns of the picture in which a panel may be seen."""
    far = panel.right + panel.down
    ends = panel.corner + np.stack([0 * far, panel.right, panel.down, far]) - position
    x, y, z = (ends @ rotation.T).T
    if z.min() < NEAREST:
        return slice(None), slice(None)
    found = []
    for along, pixels in ((y, size[1]), (x, size[0])):
        places = along / z * focal + (pixels - 1) / 2
        found.append(slice(max(0, int(places.min()) - 1), max(0, int(places.max()) + 2)))
    return found[0], found[1]


def looking(pan: float = 0.0, tilt: float = 0.0, roll: float = 0.0) -> _Array:
    """Return the rotation (3, 3) to a camera's axes that looks along -z, turned by degrees.

    A pan is to the right, a tilt upwards; a roll turns the camera clockwise.
    """
    pan, tilt, roll = (np.radians(angle) for angle in (pan, tilt, roll))

    def about(axis: int, angle: float) -> _Array:
        vector = np.zeros(3)
        vector[axis] = angle
        return np.asarray(cv2.Rodrigues(vector)[0], np.float64)

    turned = about(2, -roll) @ about(0, -tilt) @ about(1, -pan)
    return np.asarray(turned @ np.diag([1.0, -1.0, -1.0]))


def speckled(
    rng: np.random.Generator, metres: tuple[float, float], cells: Sequence[float] = (0.1, 0.4, 1.6)
) -> Picture:
    """Return a texture with corners at several scales, of a panel so wide and high."""
    width, height = (max(8, round(side * PIXELS_A_METRE)) for side in metres)
    picture = np.zeros((height, width), np.float32)
    for cell in cells:
        pixels = max(2, round(cell * PIXELS_A_METRE))
        coarse = rng.uniform(0, 1, (height // pixels + 2, width // pixels + 2)).astype(np.float32)
        larger = (coarse.shape[1] * pixels, coarse.shape[0] * pixels)
        large = cv2.resize(coarse, larger, interpolation=cv2.INTER_NEAREST)
        picture += large[:height, :width]
    grey = picture / picture.max() * 180 + 20
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0).astype(np.uint8))


def standing(
    place: tuple[float, float, float], width: float, height: float, texture: Picture,
    turned: float = 0.0, lean: float = 0.0,
) -> Panel:  # fmt: skip
    """Return a panel that stands on the floor at a place (its foot's middle), metres.

    It faces +z, is turned by degrees about the vertical, and leans to its right.
    """
    along = np.array([np.cos(np.radians(turned)), 0.0, -np.sin(np.radians(turned))])
    up = np.cos(np.radians(lean)) * np.array([0.0, 1.0, 0.0]) + np.sin(np.radians(lean)) * along
    foot = np.asarray(place, np.float64)
    corner = foot + up * height - along * width / 2
    return Panel(corner, along * width, -up * height, texture)


def floor(width: float, near: float, far: float, texture: Picture) -> Panel:
    """Return a floor at y = 0 from z = near to z = -far, metres."""
    corner = np.array([-width / 2, 0.0, -far])
    return Panel(corner, np.array([width, 0.0, 0.0]), np.array([0.0, 0.0, near + far]), texture)
