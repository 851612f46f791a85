"""Small grey pictures of a video, made once for all who look at its background."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..video.frame import Frame
from ..video.picture import AnyFrame, picture_of

LOOKED_AT = 480
"""Most pixels of the shrunk picture's longer side. Shrinking averages the noise of dark video, and
a tenth of a pixel remains a fiftieth of a percent of the picture."""

BRIGHTNESS, CONTRAST = 128.0, 45.0  # of all pictures that are compared
MOST_GAIN = 4.0  # a bare wall has nothing but grain


class Look(NamedTuple):
    """A frame's number, its small grey picture (height, width), and the boxes of people in that."""

    frame: int
    grey: Frame
    boxes: NDArray[np.float32]


class SmallPictures:
    """Shrinks the pictures of a video.

    Parameters
    ----------
    image_size
        (width, height) of the frames in pixels.

    Attributes
    ----------
    shrink
        Pixels of the video, to either side, in one of a small picture.
    """

    def __init__(self, image_size: tuple[int, int]) -> None:
        self.shrink = -(-max(image_size) // LOOKED_AT)

    def look(self, number: int, frame: AnyFrame, people: FrameDetections) -> Look:
        """Return the small picture of a frame."""
        boxes = (people.boxes / self.shrink).astype(np.float32)
        return Look(number, even_light(quick_grey(frame, self.shrink)), boxes)

    def in_video(self, places: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return places of a small picture in pixels of the video."""
        aside = (self.shrink - 1) / 2  # of a large picture's pixel in a small one's
        return places * np.float32(self.shrink) + np.float32(aside)


def small_grey(frame: AnyFrame, shrink: int) -> Frame:
    """Shrink a picture to grey by a whole number; every pixel counts as much."""

    def shrunk(grey: Frame) -> Frame:
        whole, size = _whole(grey, shrink)
        return _resized(whole, size, cv2.INTER_AREA)

    return picture_of(frame).grey(shrunk)


def quick_grey(frame: AnyFrame, shrink: int) -> Frame:
    """Shrink a picture to grey by a whole number in the ways that OpenCV has fast code for.

    Even numbers are halves of halves. By an odd one the picture is interpolated to twice the size,
    and then halved.
    """
    picture = picture_of(frame)
    if min(picture.size) < shrink:
        return small_grey(picture, shrink)
    return picture.grey(lambda grey: _halved(grey, shrink))


def _halved(grey: Frame, shrink: int) -> Frame:
    grey, size = _whole(grey, shrink)
    while shrink > 1:
        twice = shrink % 2 == 1
        shrink = 1 if twice else shrink // 2
        if twice:
            grey = _resized(grey, (2 * size[0], 2 * size[1]), cv2.INTER_LINEAR)
        grey = _resized(grey, (grey.shape[1] // 2, grey.shape[0] // 2), cv2.INTER_AREA)
    return grey


def _resized(grey: Frame, size: tuple[int, int], way: int) -> Frame:
    return np.asarray(cv2.resize(grey, size, interpolation=way), np.uint8)


def _whole(grey: Frame, shrink: int) -> tuple[Frame, tuple[int, int]]:
    """Return the part of a picture that can be shrunk, and the (width, height) after that."""
    height, width = (max(1, side // shrink) for side in grey.shape)
    return grey[: height * shrink, : width * shrink], (width, height)


def even_light(grey: Frame) -> Frame:
    """Give a picture the usual brightness and contrast, which exposure changes on the way."""
    mean, spread = (float(value[0, 0]) for value in cv2.meanStdDev(grey))
    gain = min(CONTRAST / max(spread, 1.0), MOST_GAIN)
    table = np.clip((np.arange(256) - mean) * gain + BRIGHTNESS, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(grey, table), np.uint8)
