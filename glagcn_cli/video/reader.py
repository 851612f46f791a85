"""Frames out of a video, through ffmpeg: RGB, upright, at one exact rate."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..files.checksums import Stamp, stamp
from ..machine.signals import signals_held
from ..operating_system import violent_end
from ..wording import counted
from . import ffmpeg
from .clip_times import WHOLE, ClipRange
from .decoding import PixelFormat, decoding, frame_shape
from .frame import Frame
from .probing import VideoInfo, check_start, probe
from .source import Source

if TYPE_CHECKING:
    from .picture import VideoPicture

__all__ = ["ClipRange", "VideoInfo", "VideoReader", "probe"]

log = logging.getLogger(__name__)

# What demuxers say when a file ends before its last frame.
_LOST = "Packet corrupt"
_CUT_OFF = (
    _LOST, "partial file", "ended prematurely", "truncated", "packet too short", "LZW decode",
)  # fmt: skip

# Codecs in which each picture stands for itself: one that is left out is seen.
_STILLS = ("png", "mjpeg", "bmp", "tiff", "webp", "targa", "jpeg2000")

# What ffmpeg says where pictures no longer are as the first was.
_CHANGED = "Changing video frame properties"


class VideoReader:
    """Frames of a video, one after the other, from one ffmpeg process.

    Iterating yields uint8 arrays ``(info.height, info.width, 3)`` in **RGB** order, at the
    constant rate ``info.fps``: the rotation is applied, pixels are square, frames of a variable
    rate are repeated or dropped, fields are joined, high dynamic range is brought down and
    transparent pixels are black. Of a part, frames are counted at that rate, so that a frame is
    the same whatever part it is read with, and ``info`` is that of the part. Each array is new,
    the caller may keep or change it. Iterating again starts from the first frame. A file that is
    cut off yields what can be decoded, a warning, and ``truncated`` is True afterwards. Pictures
    that change their size midway are fitted to the first, with a warning, and ``changed`` is True.

    Parameters
    ----------
    video
        The file; or what was found out of it, which names its part too.
    part
        Which frames to give, of a file.
    size
        (width, height) to which frames are scaled; None for their own.
    pixels
        ``yuv420p`` gives arrays ``(height * 3 / 2, width)`` of half the bytes, the brightness above
        the colour, which a writer takes as they are; both sides must be even.

    Raises
    ------
    InputError, NoVideoStreamError, UsageError
        As :func:`probe`; also when no frame at all can be decoded.
    """

    def __init__(
        self,
        video: str | Path | Source | VideoInfo,
        part: ClipRange = WHOLE,
        *,
        size: tuple[int, int] | None = None,
        pixels: PixelFormat = "rgb24",
    ) -> None:
        self.info = video if isinstance(video, VideoInfo) else probe(video, part)
        self._size = size or (self.info.width, self.info.height)
        self._pixels = pixels
        self.truncated = False
        self.changed = False
        self.frames_read = 0
        self._process: ffmpeg.FfmpegProcess | None = None

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop decoding; may be called at any time, from any thread and more than once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def __iter__(self) -> Iterator[Frame]:
        return self._decoded(self._pixels)

    def pictures(self) -> Iterator[VideoPicture]:
        """Like iterating, for whoever looks at parts of frames; decoding them costs less."""
        from .picture import VideoPicture  # with OpenCV, which refused options do not wait for

        if self.info.plain_yuv:
            return map(VideoPicture.of_yuv420p, self._decoded("yuv420p"))
        return map(VideoPicture.of_rgb, self._decoded("rgb24"))

    def _decoded(self, pixels: PixelFormat) -> Iterator[Frame]:
        self.close()
        self.frames_read = 0
        arguments = ["-loglevel", "warning", *decoding(self.info, self._size, pixels)]
        with signals_held():
            process = self._process = ffmpeg.FfmpegProcess(arguments, feed=False)
        shape = frame_shape(self._size, pixels)
        try:
            while self._process is process:
                frame = np.empty(shape, np.uint8)
                if process.pipe.readinto(frame.data.cast("B")) < frame.nbytes:  # type: ignore[attr-defined]
                    if self._process is process:  # else closed while it was read
                        self._judge_end(process)
                    return
                self.frames_read += 1
                yield frame
        finally:
            if self._process is process:
                self.close()

    def _judge_end(self, process: ffmpeg.FfmpegProcess) -> None:
        status = process.finish()
        reason = ffmpeg.telling_line(process.messages)
        if by := violent_end(status):  # what the file is like has no part in that
            raise InputError(
                f"{self.info.name}: ffmpeg was killed ({by}) after decoding "
                f"{counted(self.frames_read, 'frame')}; if memory is short, close other programs "
                "and try again"
            )
        if self.frames_read == 0:
            check_start(self.info, self.info.part)
            raise InputError(f"{self.info.name}: no frame can be decoded ({reason})")
        if any(_CHANGED in line for line in process.messages):
            self.changed = True
            _tell_of_change(self.info.source, stamp(self.info.path))
        if self.info.codec in _STILLS and ffmpeg.left_out_pictures(process.messages):
            _tell_of_unread(self.info.source, stamp(self.info.path))
        cut = [line for line in process.messages if any(mark in line for mark in _CUT_OFF)]
        if self.frames_read >= (self.info.frames or math.inf):
            # Where two recordings of a transport stream meet, packets seem to be lost.
            cut = [line for line in cut if not (_LOST in line and "mpegts" in line)]
        if self.truncated or not (status or process.messages):
            return
        self.truncated = status != 0 or bool(cut)
        if self.truncated:
            log.warning(
                "%s: damaged or cut off; only %s could be decoded (%s)",
                self.info.name,
                counted(self.frames_read, "frame"),
                ffmpeg.telling_line(cut[-1:]) if cut else reason,
            )
        else:
            # Decoders complain of much that nobody sees, so this is for those who ask.
            log.debug("%s: ffmpeg remarked: %s", self.info.name, reason)


@lru_cache(maxsize=64)
def _tell_of_unread(source: Source, _: Stamp) -> None:
    log.warning("%s: has pictures that cannot be read; the one before is shown", source.name)


@lru_cache(maxsize=64)  # the passes over a file say it once
def _tell_of_change(source: Source, _: Stamp) -> None:
    log.warning(
        "%s: the size or the colours of its picture change midway; it is fitted to the first",
        source.name,
    )
