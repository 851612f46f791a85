"""Frames into a video, through ffmpeg: H.264 that plays in browsers, with the sound of a source."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import TracebackType

import numpy as np

from ..errors import OutputError
from ..files.atomic import PICTURE_SUFFIX, atomic_output, remove_temporary
from ..machine.signals import signals_held
from . import ffmpeg
from .decoding import TO_BT709, PixelFormat, frame_shape
from .encoding import x264
from .frame import Frame
from .probing import VideoInfo
from .sound import AudioInfo, codecs_for, probe_audio, sound_alongside
from .source import Source

log = logging.getLogger(__name__)

_TAGGED = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"


class VideoWriter:
    """An H.264 MP4 that plays in browsers, written frame by frame.

    Colours are converted to BT.709 and tagged so; the index stands at the front of the file. A
    picture of odd width or height gets its last column or row repeated once, since the format
    needs even sizes. There is one frame in the file for each frame written. The sound of
    ``audio_from`` is copied, or encoded to AAC when browsers do not play its codec in an MP4, and
    ends with the picture. The file appears under its name only when the ``with`` block ends well.

    Parameters
    ----------
    path
        The file to write; ``.mp4``, ``.m4v`` or ``.mov``.
    fps
        Exact frames per second.
    size
        Width and height of the frames in pixels.
    audio_from
        A file whose sound is added if it has some; its first picture is frame 0. Given as what was
        found out of a video, frame 0 is the first of its part.
    overwrite
        Replace an existing file instead of refusing.
    codec
        ffmpeg's options for the encoder, as `encoding.codec` gives them; None for x264 with `crf`
        and `preset`.
    crf
        x264's quality, lower is better and larger (18 is visually lossless).
    preset
        x264's speed.
    pixels
        How the frames lie in memory, as `VideoReader` gives them.

    Raises
    ------
    OutputError
        The folder is missing or not writable, the file exists, the disk is full, no frame written.
    """

    def __init__(
        self,
        path: str | Path,
        fps: Fraction,
        size: tuple[int, int],
        audio_from: str | Path | Source | VideoInfo | None = None,
        *,
        overwrite: bool = False,
        codec: Sequence[str] | None = None,
        crf: int = 20,
        preset: str = "veryfast",
        pixels: PixelFormat = "rgb24",
    ) -> None:
        self.path = Path(path)
        self.fps = Fraction(fps)
        self.size = size
        self.frames_written = 0
        self._audio_start = Fraction(0)
        if isinstance(audio_from, VideoInfo):
            start, source = audio_from.starts_at, audio_from.source
            self._audio_start, audio_from = start, source if audio_from.has_audio else None
        self._audio_from = None if audio_from is None else Source.of(audio_from)
        self._overwrite = overwrite
        self._codec = x264(preset, crf) if codec is None else [*codec]
        self._pixels = pixels
        self._pad = ((0, size[1] % 2), (0, size[0] % 2), (0, 0))

    def __enter__(self) -> VideoWriter:
        with ExitStack() as stack:
            self._temporary = stack.enter_context(atomic_output(self.path, self._overwrite))
            self._audio = None if self._audio_from is None else probe_audio(self._audio_from)
            self._picture = self._temporary
            if self._audio is not None:
                self._picture = self._temporary.with_suffix(PICTURE_SUFFIX)
                stack.callback(remove_temporary, self._picture)
            with signals_held():  # an encoder that nobody kills would make its file anew
                self._process = ffmpeg.FfmpegProcess(self._encode(), feed=True)
                stack.push(self._end)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, frame: Frame) -> None:
        """Append one frame, uint8 ``(height, width, 3)`` for RGB."""
        shape = frame_shape(self.size, self._pixels)
        if frame.shape != shape or frame.dtype != np.uint8:
            raise ValueError(
                f"frame is {frame.dtype} {frame.shape}, the writer takes uint8 {shape}"
            )
        if self._pad != ((0, 0), (0, 0), (0, 0)):
            frame = np.pad(frame, self._pad, mode="edge")
        try:
            self._process.pipe.write(np.ascontiguousarray(frame).data.cast("B"))
        except (BrokenPipeError, OSError) as error:
            self._process.finish()
            raise self._failed(self._process.messages) from error
        self.frames_written += 1

    def _end(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._process.kill()
            return
        try:
            self._finish()
        except BaseException:
            self._process.kill()
            raise

    def _finish(self) -> None:
        if self.frames_written == 0:
            raise OutputError(f"{self.path}: no frame was written, so there is no video to save")
        if self._process.finish() != 0:
            raise self._failed(self._process.messages)
        if self._audio is not None:
            self._add_sound(self._audio)

    def _add_sound(self, audio: AudioInfo) -> None:
        assert self._audio_from is not None
        alongside = partial(
            sound_alongside,
            self._audio_from.path,
            audio,
            self._audio_start,
            self.frames_written,
            self.fps,
        )
        for sound, codec in map(alongside, codecs_for(audio)):
            inputs = [*_input(self._picture), *sound]
            its = audio.stream.replace("0:", "1:", 1)
            streams = ["-map", "0:v", "-map", its, "-c:v", "copy", *codec]
            report = ffmpeg.run(["-loglevel", "error", *inputs, *streams, *_mp4(self._temporary)])
            if report.status == 0:
                return
        # Either the sound is beyond use or nothing can be written: the picture alone tells which.
        alone = ffmpeg.run([*_input(self._picture), "-c", "copy", *_mp4(self._temporary)])
        if alone.status != 0:
            raise self._failed(alone.messages)
        reason = ffmpeg.telling_line(report.messages)
        video = self._audio_from.name
        log.warning("%s: written without the sound of %s (%s)", self.path, video, reason)

    def _encode(self) -> list[str]:
        width, height = (side + side % 2 for side in self.size)
        raw = ["-f", "rawvideo", "-pix_fmt", self._pixels, "-video_size", f"{width}x{height}"]
        rate = ["-framerate", f"{self.fps.numerator}/{self.fps.denominator}"]
        convert = f"{TO_BT709},format=yuv420p," if self._pixels == "rgb24" else ""
        codec = ["-vf", convert + _TAGGED, *self._codec]
        return ["-loglevel", "error", *raw, *rate, "-i", "-", *codec, *_mp4(self._picture)]

    def _failed(self, messages: tuple[str, ...]) -> OutputError:
        reason = ffmpeg.telling_line(messages)
        return OutputError(
            f"{self.path}: cannot be written ({reason}); check the space left on the disk"
        )


def _input(path: Path) -> list[str]:
    return ["-i", ffmpeg.file_url(path)]


def _mp4(path: Path) -> list[str]:
    return ["-movflags", "+faststart", "-y", ffmpeg.file_url(path)]
