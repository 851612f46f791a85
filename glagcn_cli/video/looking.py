"""What ffmpeg says of a file: its streams, its first frame, and the times of the first seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from ..errors import InputError
from ..files.checksums import Stamp, stamp
from . import ffmpeg
from .frame_rates import GIF_TICK, ROUNDED
from .picture_streams import VIDEO_STREAM, largest_moving, pictures_in, sounds_beside
from .source import IMAGE_SUFFIXES, Source

_MEASURED_SECONDS, _MEASURED_PICTURES = 20, 5000
_NO_TIME = -(1 << 63)

_BARE = re.compile(
    r"^Input #0, (h264|hevc|vvc|mjpeg|mpjpeg|obu|cavsvideo|mpegvideo|m4v),", re.MULTILINE
)
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
    ``audio`` the names and lines of the sounds that belong to it.
    ``times`` are the seconds at which pictures of the file's beginning are shown, in order, as far
    as it says them without being decoded.
    """

    file: Path
    said: str
    stream: str
    video: str | None
    audio: dict[str, str]
    duration: float | None
    facts: dict[str, str]
    first_frame: float | None
    times: tuple[Fraction, ...]
    complaint: str

    @property
    def decoded(self) -> tuple[int, int]:
        """(width, height) of the first frame, upright, cropped as the file says."""
        width, height = self.facts["dimensions"].split("x")
        return int(width), int(height)

    @property
    def shown(self) -> tuple[int, int]:
        """The same with square pixels."""
        width, height = self.decoded
        across, down = (int(side) for side in self.facts.get("sar", "1/1").split("/"))
        return (int(width * across / down + 0.5) if across and down else width), height

    @property
    def has_times(self) -> bool:
        """Whether the file says when pictures are shown; a bare stream of pictures says nothing."""
        return _BARE.search(self.said) is None

    @property
    def rounded(self) -> float:
        """Seconds to which the file rounds times: a GIF counts hundredths."""
        return GIF_TICK if "\nInput #0, gif" in f"\n{self.said}" else ROUNDED

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
    pictures = pictures_in(said)
    stream = next(iter(pictures), VIDEO_STREAM)
    if len(pictures) > 1:
        times = {one: _first_times(file, one) for one in pictures}
        stream = largest_moving(source.name, pictures, times)
        report = _first_frame(file, stream)
        complaint = ffmpeg.telling_line(report.messages)
    facts = dict(re.findall(r"^#(\w+) 0: (.*)$", report.output, re.MULTILINE))
    return Looked(
        file=file,
        said=said,
        stream=stream,
        video=pictures.get(stream),
        audio=sounds_beside(said, stream),
        duration=_duration(said),
        facts=facts,
        first_frame=first_time(report.output),
        times=_first_times(file, stream) if pictures else (),
        complaint=complaint,
    )


def _duration(said: str) -> float | None:
    """Return the seconds that a file lasts; None where nothing says it, or ffmpeg but guesses."""
    clock = re.search(r"Duration: (\d+):(\d+):([\d.]+)", said)
    if clock is None or "Estimating duration from bitrate" in said:
        return None
    seconds = int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3])
    # Matroska says the time of its end.
    start = re.search(r"^Input #0, matroska.*?Duration: .*?, start: ([\d.]+)", said, re.M | re.S)
    return seconds - float(start[1]) if start and float(start[1]) < seconds else seconds


def _first_frame(file: Path, stream: str) -> ffmpeg.Report:
    first = ["-map", stream, "-frames:v", "1", "-f", "framecrc", "-"]
    return ffmpeg.run(["-i", ffmpeg.file_url(file), *first])


def turning(looked: Looked) -> tuple[str, ...] | None:
    """Return the filters by which ffmpeg turns stored pictures to be upright; None if unknown."""
    if "rotation of" not in looked.said:
        return ()
    return _turning(looked.file, looked.stream, stamp(looked.file))


@lru_cache(maxsize=64)
def _turning(file: Path, stream: str, _: Stamp) -> tuple[str, ...] | None:
    first = ["-map", stream, "-frames:v", "1", "-f", "null", "-"]
    report = ffmpeg.run(["-loglevel", "debug", "-i", ffmpeg.file_url(file), *first])
    said = "\n".join(report.messages)
    turned = [f"transpose={way}" for way in re.findall(r"\[transpose @ .* dir:(\d) ->", said)]
    flips = [flip for flip in ("hflip", "vflip") if f"Filter '{flip}'" in said]
    return (*turned, *flips) or None


def _first_times(file: Path, stream: str) -> tuple[Fraction, ...]:
    packets = ["-map", stream, "-c", "copy", "-frames:v", f"{_MEASURED_PICTURES}"]
    bounds = ["-t", f"{_MEASURED_SECONDS}", "-f", "framecrc", "-"]
    return times_of(ffmpeg.run(["-i", ffmpeg.file_url(file), *packets, *bounds]).output)


def first_time(checksums: str) -> float | None:
    """Seconds of the first frame or packet in what ffmpeg's framecrc writes."""
    times = times_of(checksums, most=1)
    return float(times[0]) if times else None


def times_of(checksums: str, most: int = 0, stream: int = 0) -> tuple[Fraction, ...]:
    """Return the seconds of the first frames or packets of an output, in the order of showing."""
    tick = re.search(rf"^#tb {stream}: (.*)$", checksums, re.MULTILINE)
    shown = re.findall(rf"^{stream}, *-?\d+, *(-?\d+),", checksums, re.MULTILINE)
    if tick is None:
        return ()
    said = [int(time) for time in shown[: most or None] if int(time) != _NO_TIME]
    return tuple(time * Fraction(tick[1]) for time in sorted(said))


def _require_file(source: Source) -> None:
    file = source.path
    if file.is_dir():
        raise InputError(
            f"{file}: is a folder; name a video file in it, or numbered pictures as "
            f"{file}/%05d.png, or lift all videos with --output-dir"
        )
    if re.match(r"[a-z]{2,}:/", str(file)) and not file.exists():  # Path makes one of two slashes
        raise InputError(f"{file}: is an address, not a file; download the video first")
    if not file.exists():
        pattern = file.suffix.lower() in IMAGE_SUFFIXES and set(file.name) & {*"*?#%"}
        do = "numbered pictures are named as %05d.png, or %d.png where they have no zeros in front"
        raise InputError(
            f"{file}: no such file; {do if pattern else 'check the name and the folder'}"
        )
    if file.is_file() and file.stat().st_size == 0:
        raise InputError(f"{source.name}: is empty (0 bytes); copy or record it again")
