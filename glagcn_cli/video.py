"""Frames out of a video and into one, through ffmpeg: RGB, upright, one exact rate, sound."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from . import ffmpeg
from .clip_times import WHOLE, ClipRange
from .decoding import decoding
from .errors import InputError, OutputError
from .outputs import atomic_output
from .probing import VideoInfo, check_start, probe
from .sound import AudioInfo, probe_audio

__all__ = ["ClipRange", "VideoInfo", "VideoReader", "VideoWriter", "probe"]

log = logging.getLogger(__name__)

Frame = NDArray[np.uint8]

# What demuxers say when a file ends before its last frame.
_CUT_OFF = ("partial file", "ended prematurely", "truncated", "Packet corrupt", "packet too short")

# Sound that browsers play inside an MP4, with the samples of one packet; other sound becomes AAC.
_COPIED_AUDIO = {"aac": 1024, "mp3": 1152, "opus": 960}
_WARM_UP = 0.1  # seconds
_AAC = ["-c:a", "aac", "-b:a", "160k"]


class VideoReader:
    """Frames of a video, one after the other, from one ffmpeg process.

    Iterating yields uint8 arrays ``(info.height, info.width, 3)`` in **RGB** order, at the
    constant rate ``info.fps``: the rotation is applied, pixels are square, frames of a variable
    rate are repeated or dropped, fields are joined, high dynamic range is brought down and
    transparent pixels are black. Of a part, frames are counted at that rate, so that a frame is
    the same whatever part it is read with, and ``info`` is that of the part. Each array is new,
    the caller may keep or change it. Iterating again starts from the first frame. A file that is
    cut off yields what can be decoded, a warning, and ``truncated`` is True afterwards.

    Parameters
    ----------
    video
        The file; or what was found out of it, which names its part too.
    part
        Which frames to give, of a file.

    Raises
    ------
    InputError, NoVideoStreamError, UsageError
        As :func:`probe`; also when no frame at all can be decoded.
    """

    def __init__(self, video: str | Path | VideoInfo, part: ClipRange = WHOLE) -> None:
        self.info = video if isinstance(video, VideoInfo) else probe(video, part)
        self.truncated = False
        self.frames_read = 0
        self._process: ffmpeg.FfmpegProcess | None = None

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop decoding; may be called at any time and more than once."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def __iter__(self) -> Iterator[Frame]:
        self.close()
        self.frames_read = 0
        process = self._process = ffmpeg.FfmpegProcess(
            ["-loglevel", "warning", *decoding(self.info)], feed=False
        )
        try:
            while self._process is process:
                frame = np.empty((self.info.height, self.info.width, 3), np.uint8)
                if process.pipe.readinto(frame.data.cast("B")) < frame.nbytes:  # type: ignore[attr-defined]
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
        if self.frames_read == 0:
            check_start(self.info.path, self.info.part, self.info.fps * self.info.part.every)
            raise InputError(f"{self.info.path}: no frame can be decoded ({reason})")
        cut = [line for line in process.messages if any(mark in line for mark in _CUT_OFF)]
        if self.truncated or not process.messages:
            return
        self.truncated = status != 0 or bool(cut)
        if self.truncated:
            log.warning(
                "%s: damaged or cut off; the %d frames that can be decoded are used (%s)",
                self.info.path,
                self.frames_read,
                ffmpeg.telling_line(cut[-1:]) if cut else reason,
            )
        else:
            # Decoders complain of much that nobody sees, so this is for those who ask.
            log.debug("%s: ffmpeg remarked: %s", self.info.path, reason)


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
    crf
        x264's quality, lower is better and larger (18 is visually lossless).
    preset
        x264's speed.

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
        audio_from: str | Path | VideoInfo | None = None,
        *,
        overwrite: bool = False,
        crf: int = 20,
        preset: str = "veryfast",
    ) -> None:
        self.path = Path(path)
        self.fps = Fraction(fps)
        self.size = size
        self.frames_written = 0
        part = audio_from if isinstance(audio_from, VideoInfo) else None
        self._audio_start = part.starts_at if part else Fraction(0)
        file = part.path if part else audio_from
        self._audio_from = None if file is None else Path(str(file))
        self._overwrite = overwrite
        self._quality = ["-preset", preset, "-crf", str(crf)]
        self._pad = ((0, size[1] % 2), (0, size[0] % 2), (0, 0))

    def __enter__(self) -> VideoWriter:
        with ExitStack() as stack:
            self._temporary = stack.enter_context(atomic_output(self.path, self._overwrite))
            self._audio = None if self._audio_from is None else probe_audio(self._audio_from)
            self._picture = self._temporary
            if self._audio is not None:
                self._picture = self._temporary.with_suffix(".picture.mp4")
                stack.callback(self._picture.unlink, missing_ok=True)
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
        """Append one RGB frame, uint8 ``(height, width, 3)``."""
        width, height = self.size
        if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
            raise ValueError(
                f"frame is {frame.dtype} {frame.shape}, the writer takes uint8 {(height, width, 3)}"
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
        known = audio.codec in _COPIED_AUDIO
        codecs = [["-c:a", "copy"], _AAC] if known else [_AAC]
        for codec in codecs:
            report = ffmpeg.run(self._mux(audio, codec))
            if report.status == 0:
                return
        # Either the sound is beyond use or nothing can be written: the picture alone tells which.
        alone = ffmpeg.run([*_input(self._picture), "-c", "copy", *_mp4(self._temporary)])
        if alone.status != 0:
            raise self._failed(alone.messages)
        reason = ffmpeg.telling_line(report.messages)
        log.warning("%s: written without the sound of %s (%s)", self.path, self._audio_from, reason)

    def _encode(self) -> list[str]:
        width, height = (side + side % 2 for side in self.size)
        raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{width}x{height}"]
        rate = ["-framerate", f"{self.fps.numerator}/{self.fps.denominator}"]
        colours = (
            "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,"
            "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
        )
        codec = ["-vf", colours, "-c:v", "libx264", *self._quality]
        return ["-loglevel", "error", *raw, *rate, "-i", "-", *codec, *_mp4(self._picture)]

    def _mux(self, audio: AudioInfo, codec: list[str]) -> list[str]:
        assert self._audio_from is not None
        # The last packet of sound may outlast the picture by no more than a frame.
        packet = _COPIED_AUDIO.get(audio.codec, 1024) / (audio.rate or 44100)
        length = float(self.frames_written / self.fps) - max(packet - float(1 / self.fps), 0.0)
        # Sound is sought a little early and moved back, so that a decoder has warmed up at 0. Only
        # of a file that is read from its beginning it comes too early.
        start = audio.skip + float(self._audio_start)
        sought = max(0.0, start - _WARM_UP)
        move = sought - start + (0.0 if sought else audio.delay)
        cut = []
        if codec == _AAC:  # decoded sound is cut before it is moved, copied packets after
            cut = ["-af", f"atrim=0:{max(length, 0.001):.6f}"]
            length -= move
        seek = ["-ss", f"{sought:.6f}"] if sought else []  # even to 0 it would drop packets
        seek += ["-itsoffset", f"{move:.6f}"]
        sound = [*seek, "-t", f"{max(length, 0.001):.6f}", *_input(self._audio_from)]
        streams = ["-map", "0:v", "-map", "1:a:0", "-c:v", "copy", *codec, *cut]
        quiet = ["-loglevel", "error"]
        return [*quiet, *_input(self._picture), *sound, *streams, *_mp4(self._temporary)]

    def _failed(self, messages: tuple[str, ...]) -> OutputError:
        reason = ffmpeg.telling_line(messages)
        return OutputError(
            f"{self.path}: cannot be written ({reason}); check the space left on the disk"
        )


def _input(path: Path) -> list[str]:
    return ["-i", ffmpeg.file_url(path)]


def _mp4(path: Path) -> list[str]:
    return ["-movflags", "+faststart", "-y", ffmpeg.file_url(path)]
