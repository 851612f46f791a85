"""Draws small anti-aliased text on images, with Pillow's built-in typeface."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .picture import Picture, planes_of, size_of

Colour = tuple[int, int, int]

_PLATE_BRIGHTNESS = 0.35  # share of the image's light behind a text with a plate


@lru_cache(maxsize=16)
def _typeface(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


@lru_cache(maxsize=256)
def text_mask(text: str, size: int) -> NDArray[np.uint8]:
    """Return a text's coverage 0..255 (height, width); the height depends on ``size`` alone."""
    typeface = _typeface(size)
    width = max(1, int(np.ceil(typeface.getlength(text))))
    mask = Image.new("L", (width, round(size * 1.3)))
    ImageDraw.Draw(mask).text((0, 0), text, fill=255, font=typeface)
    return np.asarray(mask)


@lru_cache(maxsize=256)
def _share(text: str, size: int, plate: bool) -> NDArray[np.float32]:
    """Return the coverage 0..1 (height, width) of a line of text, with room for a plate."""
    across, up_down = (size // 2, size // 4) if plate else (0, 0)
    mask = text_mask(text, size)
    height, width = mask.shape
    share = np.zeros((height + 2 * up_down, width + 2 * across), np.float32)
    share[up_down : up_down + height, across : across + width] = mask / np.float32(255)
    return share


def draw_text(
    picture: Picture,
    text: str,
    position: tuple[float, float],
    size: int,
    colour: Colour,
    anchor: tuple[float, float] = (0.0, 0.0),
    plate: bool = False,
) -> None:
    """Write a line of text on a picture, in place; cut off what does not fit.

    Parameters
    ----------
    position
        Place of the text, x and y in pixels.
    size
        Letter size in pixels.
    anchor
        The point of the text's box at ``position``: (0, 0) its top left corner,
        (0.5, 0.5) its middle, (1, 1) its bottom right corner.
    plate
        Darken the picture behind the text, to make it readable everywhere.
    """
    mask = _share(text, size, plate)
    height, width = mask.shape
    left = round(position[0] - anchor[0] * width)
    top = round(position[1] - anchor[1] * height)
    full_width, full_height = size_of(picture)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, full_width), min(top + height, full_height)
    if x0 >= x1 or y0 >= y1:
        return
    mask = mask[y0 - top : y1 - top, x0 - left : x1 - left]
    rgb, light = np.array(colour, np.float64), _PLATE_BRIGHTNESS if plate else 1.0
    for plane in planes_of(picture):
        plane.blend(rgb, mask, (x0, y0), light)


def legend(
    image: NDArray[np.uint8],
    entries: dict[str, Colour],
    position: tuple[int, int],
    size: int,
    text_colour: Colour,
) -> None:
    """Write dots in colours with their names, in one line; ``position`` is its top left corner."""
    x, y = position
    height = text_mask("", size).shape[0]
    for name, colour in entries.items():
        radius = size * 0.32
        centre = (round((x + radius) * 16), round((y + height / 2) * 16))
        cv2.circle(image, centre, round(radius * 16), colour, -1, cv2.LINE_AA, 4)
        x += round(size * 1.1)
        draw_text(image, name, (x, y), size, text_colour)
        x += text_mask(name, size).shape[1] + round(size * 1.4)


def letter_size(panel_height: int) -> int:
    """Return the height of readable but discreet letters, in pixels."""
    return max(8, round(panel_height / 36))
