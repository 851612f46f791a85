"""The video that a page holds: small, playable in every browser, frame for frame as the poses."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, repeat
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...video.reader import VideoReader
from ...video.writer import VideoWriter
from ..formats import ExportContext

log = logging.getLogger(__name__)

LARGEST_VIDEO = 60_000_000
"""Bytes of video that a page may hold; base64 makes four of three."""

_QUALITIES = ((854, 28), (640, 32), (426, 35))
"""Widths of the picture and x264's quality, tried in this order until the video is small enough."""

_CHECKED_EVERY = 100  # frames, between looks at how large the file grows
_FORETOLD_FROM = 500  # frames: encoders hold back dozens, so early sizes say too little
_CLEARLY_TOO_LARGE = 1.3  # times the limit, of the size foretold from the frames so far


@dataclass(frozen=True)
class PageVideo:
    """A video to put into a page, as MP4.

    Parameters
    ----------
    data
        The file's bytes.
    image_size
        (width, height) in pixels of the source's frames, as they are shown.
    has_sound
        The source has a sound stream.
    """

    data: bytes
    image_size: tuple[int, int]
    has_sound: bool


class _TooLargeError(Exception):
    """The video grows, or will grow, beyond the limit."""


def video_for_page(
    context: ExportContext, fps: Fraction, frames: int, output: Path, limit: int = LARGEST_VIDEO
) -> PageVideo | None:
    """Encode a video as small H.264 with its sound; frame k of it is frame k of the poses.

    Parameters
    ----------
    context
        Which video the poses come from, which part of it, and the size of its frames.
    fps, frames
        Rate and number of the poses' frames. The last picture of a shorter video is repeated.
    output
        The page, for messages; temporary files lie in the same folder.
    limit
        Largest size in bytes. A larger video is encoded again with fewer pixels and lower quality.

    Returns
    -------
    PageVideo or None
        None where there is no source, and, with a warning, where it cannot be decoded, is not the
        video of the poses, or does not come below the limit: the page then does without.
    """
    if context.video is None:
        return None
    try:
        with VideoReader(context.video, context.part) as reader:
            size = (reader.info.width, reader.info.height)
            if reader.info.fps != fps or context.image_size not in (None, size):
                raise InputError(f"{context.video.name}: its frames are not those of the poses")
            for width, quality in _QUALITIES:
                data = _encoded(reader, frames, width, quality, limit, output.parent)
                if data is not None:
                    return PageVideo(data, size, reader.info.has_audio)
    except InputError as error:
        log.warning("%s; %s is without the video", error, output)
        return None
    log.warning(
        "%s: is without the video, which is larger than %.0f MB even at low quality",
        *(output, limit / 1e6),
    )
    return None


def _encoded(
    reader: VideoReader, frames: int, width: int, quality: int, limit: int, beside: Path
) -> bytes | None:
    """Bytes of the video at one quality; None where they exceed the limit."""
    size = fitted(reader.info.width, reader.info.height, width)
    with tempfile.TemporaryDirectory(
        prefix=".glagcn-", dir=beside, ignore_cleanup_errors=True
    ) as folder:
        path = Path(folder) / "video.mp4"
        try:
            with VideoWriter(
                path, reader.info.fps, size, reader.info, crf=quality, preset="medium"
            ) as writer:
                for index, frame in enumerate(_exactly(reader, frames)):
                    writer.write(_scaled(frame, size))
                    if index % _CHECKED_EVERY == 0:
                        _check(Path(folder), index + 1, frames, limit)
        except _TooLargeError:
            return None
        return path.read_bytes() if path.stat().st_size <= limit else None


def fitted(width: int, height: int, largest: int) -> tuple[int, int]:
    """Even width and height of a picture whose longer side is at most ``largest`` pixels."""
    share = min(1.0, largest / max(width, height))
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)


def _exactly(reader: VideoReader, frames: int) -> Iterator[NDArray[np.uint8]]:
    """As many frames as there are poses: the last is repeated, and what is too much left out."""
    frame = None
    for frame in islice(reader, frames):
        yield frame
    if frame is not None:
        yield from repeat(frame, frames - reader.frames_read)


def _scaled(frame: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    if frame.shape[1::-1] == size:
        return frame
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _check(folder: Path, done: int, frames: int, limit: int) -> None:
    """Raise ``_TooLargeError`` once the files of a folder are too large, or are sure to become."""
    size = sum(file.stat().st_size for file in folder.iterdir())
    foretold = size * frames / done if done >= _FORETOLD_FROM else 0
    if size > limit or foretold > _CLEARLY_TOO_LARGE * limit:
        raise _TooLargeError
