"""What ffmpeg says of a file: its streams, its first frame, and the times of the first seconds."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from ..errors import InputError
from ..files.checksums import Stamp, stamp
from . import ffmpeg
from .source import Source

log = logging.getLogger(__name__)

VIDEO_STREAM = "0:V:0"
"""The first stream of pictures as ffmpeg names it; capital V leaves cover art out."""

_SQUARE_PIXELS = "scale=round(iw*sar):ih,setsar=1"
_MEASURED_SECONDS, _MEASURED_PICTURES = 20, 5000
_NO_TIME = -(1 << 63)

_STREAM = re.compile(r"^\s+Stream #0:(\d+)\S*: (Video|Audio): (.*)$", re.MULTILINE)
_NOT_MOVING = re.compile(r"\((attached pic|still image|timed thumbnails)\)")
_SEEKABLE = re.compile(r"^Input #0, (mov,|matroska,)", re.MULTILINE)


def first_picture(file: Path, stream: str) -> float:
    """Seconds from a file's start to its first picture, as ffmpeg reads it without the sound.

    Taken at a fine clock: at that of the frame rate, as in `look`, it may be half a frame off.
    """
    return _first_picture(file, stream, stamp(file))


@lru_cache(maxsize=64)
def _first_picture(file: Path, stream: str, _: Stamp) -> float:
    first = ["-i", ffmpeg.file_url(file), "-map", stream, "-frames:v", "1"]
    clock = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "framecrc", "-"]
    return first_time(ffmpeg.run([*first, *clock]).output) or 0.0


@dataclass(frozen=True)
class Looked:
    """ffmpeg's own words on a file: stream lines, checksum header, time of the first frame.

    ``stream`` is ffmpeg's name of the stream of pictures that is read, ``video`` its line,
    ``audio`` those of all sound.
    ``times`` are the seconds at which pictures of the file's beginning are shown, in order, as far
    as it says them without being decoded.
    """

    file: Path
    said: str
    stream: str
    video: str | None
    audio: tuple[str, ...]
    duration: float | None
    facts: dict[str, str]
    first_frame: float | None
    times: tuple[Fraction, ...]
    complaint: str

    @property
    def is_one_clock(self) -> bool:
        """Whether the container's streams share a clock that never jumps, and it has an index."""
        return _SEEKABLE.search(self.said) is not None


def look(video: str | Path | Source) -> Looked:
    """Ask ffmpeg about a file by decoding its first frame; InputError where it cannot read it."""
    source = Source.of(video)
    _require_file(source)
    return _look(source, stamp(source.path))


@lru_cache(maxsize=64)
def _look(source: Source, _: Stamp) -> Looked:
    file = source.path
    report = _first_frame(file, VIDEO_STREAM)
    said = "\n".join(report.messages)
    complaint = ffmpeg.telling_line(report.messages)
    if "Input #0, tty" in said:
        # ffmpeg films any text file as it would scroll over a terminal.
        raise InputError(f"{source.name}: is a text file, not a video")
    if "Input #0" not in said:
        raise InputError(
            f"{source.name}: is not a video that ffmpeg can read ({complaint}); "
            "check that it is complete and plays"
        )
    said = said.split("\nStream mapping:")[0]
    streams = _STREAM.findall(said)
    pictures = {
        f"0:{index}": text
        for index, kind, text in streams
        if kind == "Video" and not _NOT_MOVING.search(text)
    }
    sound = tuple(text for _, kind, text in streams if kind == "Audio")
    stream = _chosen(source, pictures)
    if len(pictures) > 1:
        report = _first_frame(file, stream)
        complaint = ffmpeg.telling_line(report.messages)
    clock = re.search(r"Duration: (\d+):(\d+):([\d.]+)", said)
    facts = dict(re.findall(r"^#(\w+) 0: (.*)$", report.output, re.MULTILINE))
    return Looked(
        file=file,
        said=said,
        stream=stream,
        video=pictures.get(stream),
        audio=sound,
        duration=int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3]) if clock else None,
        facts=facts,
        first_frame=first_time(report.output),
        times=_first_times(file, stream) if pictures else (),
        complaint=complaint,
    )


def _first_frame(file: Path, stream: str) -> ffmpeg.Report:
    first = ["-map", stream, "-frames:v", "1", "-vf", _SQUARE_PIXELS, "-f", "framecrc", "-"]
    return ffmpeg.run(["-i", ffmpeg.file_url(file), *first])


def _chosen(source: Source, pictures: Mapping[str, str]) -> str:
    """Choose the largest stream that moves, and say so where there is a choice.

    A still that is not marked as one, as some programs put before the video, has one picture.
    """
    if len(pictures) < 2:
        return next(iter(pictures), VIDEO_STREAM)
    moves = {stream: len({*_first_times(source.path, stream)}) > 1 for stream in pictures}
    sizes = {stream: stored_size(text) or (0, 0) for stream, text in pictures.items()}
    chosen = max(
        pictures, key=lambda s: (moves[s], math.prod(sizes[s]), "(default)" in pictures[s])
    )
    log.warning(
        "%s: has %d streams of pictures, of which %d move; the one of %dx%d is taken",
        *(source.name, len(pictures), sum(moves.values()), *sizes[chosen]),
    )
    return chosen


def stored_size(stream: str) -> tuple[int, int] | None:
    """Return the (width, height) that ffmpeg says of a stream of pictures."""
    size = re.search(r", (\d+)x(\d+)", stream)
    return (int(size[1]), int(size[2])) if size else None


def _first_times(file: Path, stream: str) -> tuple[Fraction, ...]:
    packets = ["-map", stream, "-c", "copy", "-frames:v", f"{_MEASURED_PICTURES}"]
    bounds = ["-t", f"{_MEASURED_SECONDS}", "-f", "framecrc", "-"]
    return times_of(ffmpeg.run(["-i", ffmpeg.file_url(file), *packets, *bounds]).output)


def first_time(checksums: str) -> float | None:
    """Seconds of the first frame or packet in what ffmpeg's framecrc writes."""
    times = times_of(checksums, most=1)
    return float(times[0]) if times else None


def times_of(checksums: str, most: int = 0) -> tuple[Fraction, ...]:
    """Return the seconds of the first frames or packets, in the order of showing."""
    tick = re.search(r"^#tb 0: (.*)$", checksums, re.MULTILINE)
    shown = re.findall(r"^0, *-?\d+, *(-?\d+),", checksums, re.MULTILINE)
    if tick is None:
        return ()
    said = [int(time) for time in shown[: most or None] if int(time) != _NO_TIME]
    return tuple(time * Fraction(tick[1]) for time in sorted(said))


def _require_file(source: Source) -> None:
    file = source.path
    if file.is_dir():
        raise InputError(
            f"{file}: is a folder; name a video file in it, or lift all of them with --output-dir"
        )
    if re.match(r"[a-z]{2,}:/", str(file)) and not file.exists():  # Path makes one of two slashes
        raise InputError(f"{file}: is an address, not a file; download the video first")
    if not file.exists():
        raise InputError(f"{file}: no such file; check the name and the folder")
    if file.is_file() and file.stat().st_size == 0:
        raise InputError(f"{source.name}: is empty (0 bytes); copy or record it again")
