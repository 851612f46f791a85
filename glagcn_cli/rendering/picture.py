"""Pictures to draw on: RGB, or YUV 4:2:0 as decoders and encoders exchange it.

A frame in YUV 4:2:0 has half the bytes of one in RGB, and needs no conversion between the read and
the written video, which would cost more than all the drawing. Drawing is done on every plane of a
picture, in the plane's own pixels and numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

_LUMA = np.array([0.2126, 0.7152, 0.0722])  # of red, green and blue in BT.709
_TO_YUV = np.stack(
    [
        219 / 255 * _LUMA,
        224 / 255 * (np.array([0, 0, 1]) - _LUMA) / (2 * (1 - _LUMA[2])),
        224 / 255 * (np.array([1, 0, 0]) - _LUMA) / (2 * (1 - _LUMA[0])),
    ]
)
_YUV_OF_BLACK = np.array([16.0, 128.0, 128.0])
_RGB_OF_BLACK = np.zeros(3)
_STRIP = 64  # rows converted at once, which fit into the processor's cache
_CHANNEL_GRIDS = [(1, (0.0, 0.0)), (2, (0.0, 0.5)), (2, (0.0, 0.5))]  # step and first of `Plane`


@dataclass(frozen=True)
class Plane:
    """Some channels of a picture.

    Parameters
    ----------
    pixels
        (height, width) or (height, width, channels).
    weights, black
        (channels, 3) and (channels,): an RGB colour's numbers are ``weights @ rgb + black``.
    step
        Pixels of the picture from one of the plane to the next.
    first
        (x, y): place of the plane's first pixel in the picture.
    """

    pixels: NDArray[np.uint8]
    weights: NDArray[np.float64]
    black: NDArray[np.float64]
    step: int = 1
    first: tuple[float, float] = (0.0, 0.0)

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the places of the picture's points (..., 2) in the plane's pixels."""
        return points if self.step == 1 else (points - self.first) / self.step

    def colours(self, rgb: NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert RGB colours (n, 3), 0..255, to this plane's numbers (n, channels)."""
        return rgb @ self.weights.T + self.black

    def blend(
        self,
        colour: NDArray[np.float64],
        mask: NDArray[np.float32],
        corner: tuple[int, int],
        light: float = 1.0,
    ) -> None:
        """Blend a region with an RGB colour (3,), by a mask of shares 0..1.

        The mask, (height, width) in pixels of the picture with its corner at (x, y), lies within
        the picture. The region is first darkened to a share of its light.
        """
        x, y = corner
        if self.step > 1:
            mask = _fewer(mask, x % self.step, y % self.step, self.step)
        height, width = mask.shape
        x, y = x // self.step, y // self.step
        region = self.pixels[y : y + height, x : x + width]
        region = region if region.ndim == 3 else region[..., None]
        share = mask[: region.shape[0], : region.shape[1], None]
        here = region.astype(np.float32)
        if light < 1:
            black = self.black.astype(np.float32)
            here = black + (here - black) * np.float32(light)
        target = self.colours(colour[None])[0].astype(np.float32)
        region[:] = np.rint(here + (target - here) * share)


class Yuv420:
    """A picture in YUV 4:2:0: a brightness for each pixel, two colour numbers for each four.

    BT.709, limited range; the colour is sampled on the left of the four pixels, half-way down, as
    players assume for H.264.

    Parameters
    ----------
    array
        (height * 3 / 2, width) uint8: the brightness, then both numbers of the colour, each row
        by row (`yuv420p` of ffmpeg, I420). Both sides of the picture are even.
    """

    def __init__(self, array: NDArray[np.uint8]) -> None:
        height, width = array.shape[0] * 2 // 3, array.shape[1]
        blue, red = array[height:].reshape(2, height // 2, width // 2)
        self._set(array[:height], blue, red)

    def _set(self, *channels: NDArray[np.uint8]) -> None:
        self.channels = channels
        self.planes = tuple(
            Plane(pixels, _TO_YUV[i : i + 1], _YUV_OF_BLACK[i : i + 1], *_CHANNEL_GRIDS[i])
            for i, pixels in enumerate(channels)
        )

    @classmethod
    def from_rgb(cls, image: NDArray[np.uint8]) -> Yuv420:
        """Convert an RGB picture (height, width, 3) with even sides."""
        height, width = image.shape[:2]
        picture = cls(np.empty((height * 3 // 2, width), np.uint8))
        for top in range(0, height, _STRIP):
            rows = slice(top, min(top + _STRIP, height))
            picture.part(rows, slice(0, width))._convert(image[rows])
        return picture

    def _convert(self, image: NDArray[np.uint8]) -> None:
        height, width = image.shape[:2]
        # Of squares of four pixels and of those one to the left, the mean lies between them.
        beside = np.concatenate([image[:, :1], image[:, :-1]], axis=1)
        squares = [
            cv2.resize(rgb, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
            for rgb in (image, beside)
        ]
        coarse = cv2.addWeighted(squares[0], 0.5, squares[1], 0.5, 0)
        # Computing all three numbers of a colour is faster than one of them.
        fine, coarse = (
            cv2.transform(rgb, np.c_[_TO_YUV, _YUV_OF_BLACK]) for rgb in (image, coarse)
        )
        for i, converted in enumerate((fine, coarse, coarse)):
            self.channels[i][:] = cv2.extractChannel(converted, i)

    def part(self, rows: slice, columns: slice) -> Yuv420:
        """Return a view of a part whose bounds are all even."""
        part = object.__new__(Yuv420)
        half = tuple(slice(bounds.start // 2, bounds.stop // 2) for bounds in (rows, columns))
        luma, blue, red = self.channels
        part._set(luma[rows, columns], blue[half], red[half])
        return part

    def copy_from(self, other: Yuv420) -> None:
        """Copy the pixels of another picture of this size."""
        for here, there in zip(self.channels, other.channels, strict=True):
            here[:] = there

    def fill(self, colour: tuple[int, int, int]) -> None:
        """Set all pixels to one RGB colour."""
        for plane in self.planes:
            plane.pixels[:] = np.rint(plane.colours(np.array([colour], float))[0])


Picture: TypeAlias = "NDArray[np.uint8] | Yuv420"
"""An RGB image (height, width, 3) uint8, or one in YUV 4:2:0."""


def planes_of(picture: Picture) -> tuple[Plane, ...]:
    """Return the planes, each of which is drawn on."""
    if isinstance(picture, Yuv420):
        return picture.planes
    return (Plane(picture, np.eye(3), _RGB_OF_BLACK),)


def size_of(picture: Picture) -> tuple[int, int]:
    """Return (width, height) in pixels."""
    height, width = (picture.channels[0] if isinstance(picture, Yuv420) else picture).shape[:2]
    return width, height


def _fewer(mask: NDArray[np.float32], left: int, top: int, step: int) -> NDArray[np.float32]:
    """Average a mask over squares of pixels; the first begins (left, top) before it."""
    height, width = mask.shape
    across, down = -(-(width + left) // step), -(-(height + top) // step)
    whole = np.zeros((down * step, across * step), np.float32)
    whole[top : top + height, left : left + width] = mask
    return np.asarray(
        cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA), dtype=np.float32
    )
