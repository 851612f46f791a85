"""Squares cut out of frames at any angle, so that what they show stands upright."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..video.picture import AnyFrame, picture_of


class Square(NamedTuple):
    """A square of a frame: its middle (2,) and side in pixels, and the unit vector (2,) upwards."""

    middle: NDArray[np.float64]
    side: float
    up: NDArray[np.float64]

    def to_frame(self, size: int) -> NDArray[np.float64]:
        """Matrix (2, 3) from places in a picture of this size to places in the frame.

        Places are measured from the border of pictures: the middle of the first pixel is at 0.5.
        """
        x, y = self.up
        turn = np.array([[-y, -x], [x, -y]]) * (self.side / size)
        return np.column_stack([turn, self.middle + 0.5 - turn @ np.full(2, size / 2)])


def cut_out(pictures: Sequence[tuple[AnyFrame, Square]], size: int) -> NDArray[np.uint8]:
    """Cut squares out of frames.

    Parameters
    ----------
    pictures
        Frame and square of each.
    size
        Sides of the results in pixels.

    Returns
    -------
    NDArray
        (squares, size, size, 3), RGB, black outside of the frame.
    """
    crops = np.empty((len(pictures), size, size, 3), np.uint8)
    for crop, (frame, square) in zip(crops, pictures, strict=True):
        warp = square.to_frame(size)
        # OpenCV measures from the middle of the first pixel.
        warp[:, 2] += warp[:, :2] @ np.full(2, 0.5) - 0.5
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        crop[:] = picture_of(frame).warped(warp, (size, size), flags)
    return crops


def in_frame(points: NDArray[np.floating], square: Square, size: int) -> NDArray[np.float64]:
    """Bring points (..., 2) from a cut-out of a size to pixels of its frame."""
    back = square.to_frame(size)
    return points @ back[:, :2].T + back[:, 2] - 0.5
