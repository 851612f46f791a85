"""Bring 2D that was found in a picture of another size to the video's, or tell of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..poses import FrameDetections

SHARES = (1, 1)
"""Size of the picture where coordinates are shares of it."""

LARGEST_STRETCH = 0.02
"""Share by which the shapes of two pictures of one video may differ: sides are rounded to even
numbers, or to multiples of 16."""

MARGIN = 0.02
"""Of the picture's sides: points so far beyond the rim still count as inside."""

MOST_OUTSIDE, MANY_OUTSIDE = 0.5, 0.2
"""Shares of the points outside the picture from which a file is refused, and told of."""

CORNER = 0.55
"""Of the picture's sides: where no point lies farther from the upper left corner, a file is told
of. Feet of a picture of half the size lie a little beyond the half."""

log = logging.getLogger(__name__)


def same_shape(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Tell whether two sizes (width, height) are of one picture, larger or smaller."""
    across, down = other[0] / size[0], other[1] / size[1]
    return abs(across / down - 1) <= LARGEST_STRETCH


def scaled(
    frames: Sequence[FrameDetections], size: tuple[int, int], wanted: tuple[int, int]
) -> list[FrameDetections]:
    """Scale detections from a picture of one size to the same picture in another.

    Parameters
    ----------
    frames
        Detections in pixels of a picture of ``size``.
    size, wanted
        (width, height) in pixels.
    """
    factor = np.array(wanted, np.float64) / size
    # Pixel centres lie at whole numbers, so the picture's corner is at -0.5; shares begin at 0.
    corner = 0.0 if size == SHARES else 0.5

    def places(points: NDArray[np.float32]) -> NDArray[np.float32]:
        pairs = points.reshape(-1, 2).astype(np.float64)
        return ((pairs + corner) * factor - 0.5).reshape(points.shape).astype(np.float32)

    def hands(found: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        if found is None:
            return None
        return np.concatenate([places(found[..., :2]), found[..., 2:]], axis=-1)

    return [
        replace(
            frame,
            boxes=places(frame.boxes),
            keypoints=places(frame.keypoints),
            hands=hands(frame.hands),
        )
        for frame in frames
    ]


def fitted(
    frames: Sequence[FrameDetections],
    said: tuple[int, int] | None,
    size: tuple[int, int],
    path: Path,
) -> list[FrameDetections]:
    """Bring detections of another program to the video's size.

    Parameters
    ----------
    frames
        Detections in pixels of the picture that the program saw.
    said
        (width, height) of that picture, or `SHARES`; None where the file does not say.
    size
        (width, height) of the video.
    path
        The file, for messages.

    Raises
    ------
    InputError
        The file says a picture of another shape, or most points lie outside the video's.
    """
    if said is None:
        check_inside(frames, size, path)
        return list(frames)
    if said == size:
        return list(frames)
    if said == SHARES:
        log.info("%s: its coordinates are shares of the picture, from the upper left corner", path)
    elif not same_shape(said, size):
        raise InputError(
            f"{path}: is of a picture of {said[0]}x{said[1]}, and the video of "
            f"{size[0]}x{size[1]} has another shape"
        )
    else:
        log.info("%s: is of a picture of %dx%d, and is scaled to %dx%d", path, *said, *size)
    return scaled(frames, said, size)


def check_inside(frames: Sequence[FrameDetections], size: tuple[int, int], path: Path) -> None:
    """Refuse points most of which lie outside the picture; warn where many do, or all in a corner.

    Points count by their scores. Parameters are those of `fitted`.
    """
    points = np.concatenate([frame.keypoints.reshape(-1, 2) for frame in frames])
    scores = np.concatenate([frame.scores.ravel() for frame in frames])
    points, scores = points[scores > 0], scores[scores > 0]
    if not len(points):
        return
    beyond = MARGIN * np.array(size)
    outside = ((points < -beyond) | (points > size + beyond)).any(axis=1)
    share = float(scores[outside].sum() / scores.sum())
    width, height = points.max(axis=0)
    if share > MANY_OUTSIDE:
        told = (
            f"{share:.0%} of its points lie outside the video's picture of {size[0]}x{size[1]} "
            f"(they go to x {width:.0f}, y {height:.0f})"
        )
        if share > MOST_OUTSIDE:
            raise InputError(
                f"{path}: {told}; write them in pixels of this video, upright and of this size, or "
                "name the video that they were found in"
            )
        log.warning("%s: %s; was it made from a larger or a turned picture?", path, told)
    elif (points.max(axis=0) < CORNER * np.array(size)).all():
        log.warning(
            "%s: all its points lie in the upper left quarter of the picture of %dx%d; was it made "
            "from a smaller picture?",
            path,
            *size,
        )
