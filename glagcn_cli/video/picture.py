"""A frame of a video as it was decoded, RGB or YUV; RGB is made of what is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from .frame import Frame

# Of brightness and both numbers of the colour in BT.709, limited range, and of 1.
_RGB_OF_YUV = np.array(
    [
        [255 / 219, 0.0, 255 / 224 * 1.5748, 0.0],
        [255 / 219, -255 / 224 * 0.1873, -255 / 224 * 0.4681, 0.0],
        [255 / 219, 255 / 224 * 1.8556, 0.0, 0.0],
    ]
)
_YUV_OF_BLACK = (16, 128, 128)
_RGB_OF_YUV[:, 3] = -_RGB_OF_YUV[:, :3] @ _YUV_OF_BLACK
_GREY_OF_LUMA = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


class VideoPicture:
    """A frame of a video for whoever looks at parts of it.

    YUV 4:2:0 is what most videos hold. It has half the bytes of RGB, and what is not looked at need
    not be converted.

    Parameters
    ----------
    channels
        (height, width, 3) uint8, RGB, alone; or brightness (height, width) and both numbers of the
        colour, (height / 2, width / 2) each, in BT.709 and limited range.

    Attributes
    ----------
    size
        (width, height) in pixels.
    """

    def __init__(self, channels: tuple[Frame, ...]) -> None:
        self._channels = channels
        self.size = channels[0].shape[1], channels[0].shape[0]

    @classmethod
    def of_rgb(cls, frame: Frame) -> VideoPicture:
        """Take an array (height, width, 3) uint8, RGB."""
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise ValueError(f"a frame is {frame.shape} {frame.dtype}, expected (h, w, 3) uint8")
        return cls((frame,))

    @classmethod
    def of_yuv420p(cls, array: Frame) -> VideoPicture:
        """Take an array (height * 3 / 2, width) uint8 as a reader of ``yuv420p`` gives it."""
        height, width = array.shape[0] * 2 // 3, array.shape[1]
        blue, red = array[height:].reshape(2, height // 2, width // 2)
        return cls((array[:height], blue, red))

    def warped(self, matrix: NDArray[np.floating], size: tuple[int, int], flags: int) -> Frame:
        """Return what OpenCV's ``warpAffine`` makes of it, RGB of a (width, height)."""
        warped: list[NDArray[Any]] = []
        for channel, black in zip(self._channels, _YUV_OF_BLACK, strict=False):
            step = self.size[0] // channel.shape[1]
            own = np.array(matrix, np.float64)
            aside = (step - 1) / 2  # of a pixel of the plane from the corner of those it stands for
            if flags & cv2.WARP_INVERSE_MAP:
                own[:, 2] -= aside
                own /= step
            else:
                own[:, 2] += own[:, :2] @ (aside, aside)
                own[:, :2] *= step
            border = black if len(self._channels) > 1 else 0
            warped.append(cv2.warpAffine(channel, own, size, flags=flags, borderValue=border))
        return _rgb(warped)

    def resized(self, size: tuple[int, int]) -> Frame:
        """Return it in another (width, height), RGB, interpolated between pixels."""
        return _rgb([cv2.resize(channel, size) for channel in self._channels])

    def grey(self, shrink: Callable[[Frame], Frame]) -> Frame:
        """Return what a function makes of its grey (height, width)."""
        if len(self._channels) == 1:
            return shrink(np.asarray(cv2.cvtColor(self._channels[0], cv2.COLOR_RGB2GRAY), np.uint8))
        return np.asarray(cv2.LUT(shrink(self._channels[0]), _GREY_OF_LUMA), np.uint8)

    def rgb(self, rows: slice = slice(None), columns: slice = slice(None)) -> Frame:
        """Return a copy of a part, or every so many-th pixel, as RGB."""
        if len(self._channels) == 1:
            return self._channels[0][rows, columns].copy()
        width, height = self.size
        across, down = np.arange(width)[columns], np.arange(height)[rows]
        return _rgb([
            channel[rows, columns] if channel.shape[1] == width
            else channel[down[:, None] // 2, across // 2]
            for channel in self._channels
        ])  # fmt: skip

    def colours(self, points: NDArray[np.intp]) -> Frame:
        """Return the RGB colours (..., 3) of pixels (..., 2): x, y."""
        x, y = points[..., 0], points[..., 1]
        if len(self._channels) == 1:
            return self._channels[0][y, x]
        luma, blue, red = self._channels
        flat = [luma[y, x], blue[y // 2, x // 2], red[y // 2, x // 2]]
        return _rgb([one.reshape(1, -1) for one in flat]).reshape(*x.shape, 3)


AnyFrame: TypeAlias = Frame | VideoPicture
"""A frame of which something is looked at: an array (height, width, 3), RGB, or as decoded."""


def picture_of(frame: AnyFrame) -> VideoPicture:
    """Return a frame for whoever looks at parts of it."""
    return frame if isinstance(frame, VideoPicture) else VideoPicture.of_rgb(frame)


def _rgb(channels: Sequence[NDArray[Any]]) -> Frame:
    """Put channels (height, width) of one size together as RGB."""
    if len(channels) == 1:
        return np.asarray(channels[0], np.uint8)
    return np.asarray(cv2.transform(cv2.merge(channels), _RGB_OF_YUV), np.uint8)
