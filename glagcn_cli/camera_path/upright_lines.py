"""Straight lines of the background that rise in a few pictures of a video: edges of buildings."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera import pixel_rays
from ..shots.background import inside
from ..shots.small_pictures import small_grey
from ..video.frame import Frame
from ..video.picture import AnyFrame

LOOKED_AT = 640
"""Most pixels of the shrunk picture's longer side."""

FIRST_LOOKS = 2.0  # seconds between looks; twice as many whenever there are too many
MOST_LOOKS = 12

SHORTEST = 0.04  # share of the longer side
STEEP = 50.0
"""Degrees from the picture's upright within which lines are kept: cameras roll by up to 30, and
verticals of a steep view converge."""
MOST_LINES = 80  # a look, the longest

_FRAMES, _LINES = "upright_lines_frames", "upright_lines"


class UprightLines:
    """Collects the rising lines of a video.

    Parameters
    ----------
    image_size
        (width, height) of the frames in pixels.
    fps
        Frames per second.
    """

    def __init__(self, image_size: tuple[int, int], fps: Fraction | float) -> None:
        self._shrink = -(-max(image_size) // LOOKED_AT)
        self._every = max(1, round(FIRST_LOOKS * float(fps)))
        self._found: dict[int, NDArray[np.float32]] = {}

    def look(
        self, number: int, frame: AnyFrame, boxes: NDArray[np.floating], rests: bool = False
    ) -> None:
        """Look at a frame, unless one was looked at shortly before.

        A camera that `rests` shows the same lines again, so that it is looked at half as often.
        """
        last, apart = max(self._found, default=None), self._every * (2 if rests else 1)
        if last is None or number >= last + apart:
            self._look(number, frame, boxes)

    def _look(self, number: int, frame: AnyFrame, boxes: NDArray[np.floating]) -> None:
        lines = _rising(small_grey(frame, self._shrink), boxes / self._shrink)
        aside = (self._shrink - 1) / 2  # of a large picture's pixel in a small one's
        self._found[number] = lines * np.float32(self._shrink) + np.float32(aside)
        if len(self._found) > MOST_LOOKS:
            self._every *= 2
            self._found = dict(list(self._found.items())[::2])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the lines as arrays for storage with the 2D: frames (n,), ends (n, 4) pixels."""
        looks = self._found.items()
        numbers = np.concatenate([np.zeros(0, np.int32), *(np.full(len(v), k) for k, v in looks)])
        ends = np.concatenate([np.zeros((0, 4), np.float32), *self._found.values()])
        return {_FRAMES: numbers.astype(np.int32), _LINES: ends}


def line_planes(
    clip: Mapping[str, NDArray[Any]],
    part: slice,
    image_size: tuple[int, int],
    focal: NDArray[np.float64],
    turns: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return normals of the planes in which rising lines lie, and the lines' tops: (n, 6).

    The planes go through the camera. The lengths of the normals (n, 3) are those of the lines, in
    focal lengths. What is upright is at right angles to the normals of all upright lines. Beside
    them are unit rays (n, 3) to the lines' upper ends.

    Parameters
    ----------
    clip
        Arrays stored with the 2D of a clip.
    part
        Frames of the shot.
    image_size
        (width, height) in pixels.
    focal
        (frames,) focal length in pixels over the shot.
    turns
        (frames, 3, 3) from the axes of the normals to the camera's; None where they are the same.
    """
    if not {_FRAMES, _LINES} <= clip.keys():
        return np.zeros((0, 6))
    frames, ends = clip[_FRAMES], clip[_LINES].astype(np.float64)
    if ends.shape != (len(frames), 4) or not np.isfinite(ends).all():
        return np.zeros((0, 6))
    inside_shot = (frames >= part.start) & (frames < part.stop)
    at = frames[inside_shot] - part.start
    rays = pixel_rays(ends[inside_shot].reshape(-1, 2, 2), image_size, focal[at, None, None])
    upper = rays[np.arange(len(rays)), rays[..., 1].argmin(axis=1)]
    upper = upper / np.linalg.norm(upper, axis=1, keepdims=True)
    found = np.stack([np.cross(rays[:, 0], rays[:, 1]), upper], axis=1)
    if turns is not None:
        found = np.einsum("nji,nkj->nki", turns[at], found)
    return np.asarray(found.reshape(-1, 6))


def lines_of_part(clip: Mapping[str, NDArray[Any]], part: slice) -> dict[str, NDArray[Any]]:
    """Return the arrays of the lines in every so many frames of a clip; none without any."""
    if not {_FRAMES, _LINES} <= clip.keys() or len(clip[_FRAMES]) != len(clip[_LINES]):
        return {}
    every = part.step or 1
    # Of frames between those of the part, the one before is at the same place.
    frames = (clip[_FRAMES] - part.start) // every
    kept = (clip[_FRAMES] >= part.start) & (clip[_FRAMES] < (part.stop or np.inf))
    return {_FRAMES: frames[kept].astype(np.int32), _LINES: clip[_LINES][kept]}


def line_ends(clip: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the array of the ends (n, 4) of a clip's lines by its name; none without any."""
    return {_LINES: clip[_LINES]} if _LINES in clip else {}


def scaled_lines(clip: Mapping[str, NDArray[Any]], size: float) -> dict[str, NDArray[Any]]:
    """Return the arrays of the lines in a larger or smaller copy of the video."""
    return {_LINES: clip[_LINES] * np.float32(size)} if _LINES in clip else {}


def _rising(grey: Frame, boxes: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the ends (n, 4) of rising lines outside the boxes, pixels."""
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    if found is None:
        return np.zeros((0, 4), np.float32)
    lines = found[:, 0].astype(np.float32)
    way = lines[:, 2:] - lines[:, :2]
    length = np.hypot(way[:, 0], way[:, 1])
    steep = np.abs(way[:, 0]) < np.tan(np.radians(STEEP)) * np.abs(way[:, 1])
    free = ~(inside(lines[:, :2], boxes) | inside(lines[:, 2:], boxes))
    kept = np.flatnonzero(steep & free & (length >= SHORTEST * max(grey.shape)))
    return lines[kept[np.argsort(-length[kept], kind="stable")[:MOST_LINES]]]
