"""Batches of frames that suit a device, of one size, in the channel order of OpenMMLab."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import cv2
import numpy as np

from ..video.frame import Frame
from ..video.picture import AnyFrame, picture_of

# A CPU gains little from batches. Two threads took, in ms a picture, at 1, 2, 4 and 8 at once, in
# half precision and with freed memory kept: Thunder 11, 8, 7, 7. OpenVINO waits for the last
# pictures of a batch before it begins the next.
_ON_CPU = 8
_ON_GPU = 32


def default_batch(device: str) -> int:
    """Pictures of a batch that suit a device."""
    return _ON_CPU if device == "cpu" else _ON_GPU


def same_sized(frames: Sequence[AnyFrame]) -> Iterator[list[AnyFrame]]:
    """Cut frames where their size changes.

    Some networks pad a batch to its largest picture, so a batch holds one size only.
    """
    for _, run in groupby(frames, key=lambda frame: picture_of(frame).size):
        yield list(run)


def to_bgr(frame: AnyFrame) -> Frame:
    """Return a frame as (height, width, 3) uint8, blue, green, red."""
    return np.asarray(cv2.cvtColor(picture_of(frame).rgb(), cv2.COLOR_RGB2BGR), np.uint8)
