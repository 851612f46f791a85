"""Facts of a video file, as its frames will be seen: upright, square pixels, one exact rate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from . import ffmpeg
from .errors import InputError, NoVideoStreamError

# Frame rates that cameras and editors produce.
STANDARD_RATES = tuple(
    sorted(
        [Fraction(k) for k in (5, 10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)]
        + [Fraction(k * 1000, 1001) for k in (15, 24, 30, 48, 60, 120, 240)]
    )
)

# The first stream that is a moving picture: capital V leaves cover art out.
VIDEO_STREAM = "0:V:0"
_FIRST_SOUND = "0:a:0"
_SQUARE_PIXELS = "scale=round(iw*sar):ih,setsar=1"

_MEASURED_SECONDS = 20

_STREAM = re.compile(r"^\s+Stream #0:\d+\S*: (Video|Audio): (.*)$", re.MULTILINE)
_NOT_MOVING = re.compile(r"\((attached pic|still image|timed thumbnails)\)")
_COLOUR_MATRIX = re.compile(r"\((?:[^()]*, )?(bt709|smpte\w+|bt470\w+|bt2020\w+|fcc|gbr|ycgco)\b")


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a video before it is decoded.

    Attributes
    ----------
    path
        The file.
    width, height
        Pixels of a frame as shown: after the rotation, with square pixels.
    fps
        Exact frames per second of the frames a reader yields.
    frames
        Expected number of frames, from the announced duration; None when unknown.
    duration
        Seconds announced by the container (its sound may be longer than its picture), or None.
    rotation
        Degrees (0..359) by which the stored picture is turned clockwise to be shown.
    has_audio
        The file has a sound stream.
    codec
        ffmpeg's name of the picture's codec.
    variable_rate
        True when frames come at uneven times and are repeated or dropped to ``fps``;
        None when the container does not tell.
    tagged_colours
        The stream says by which matrix its colours are to be converted.
    """

    path: Path
    width: int
    height: int
    fps: Fraction
    frames: int | None
    duration: float | None
    rotation: int
    has_audio: bool
    codec: str
    variable_rate: bool | None
    tagged_colours: bool


@dataclass(frozen=True)
class AudioInfo:
    """The first sound stream of a file.

    Attributes
    ----------
    codec
        ffmpeg's name of its codec.
    rate
        Samples per second, or None.
    skip
        Seconds from the file's start to its first picture, 0 when it has none.
    delay
        Seconds by which ffmpeg gives it too early when it reads it without the pictures.
    """

    codec: str
    rate: int | None
    skip: float
    delay: float = 0.0


def probe(path: str | Path) -> VideoInfo:
    """Find out what a video holds by decoding its first frame.

    ffmpeg prints rates rounded to two decimals, so the exact one is taken from the time base of
    its frame checksum output, which is the inverse of the rate it converts to.

    Raises
    ------
    InputError
        No such file, a folder, an empty file, or nothing that ffmpeg can decode.
    NoVideoStreamError
        The file holds sound or other streams but no moving picture.
    """
    looked = _look(path)
    video = looked.video
    if video is None:
        raise NoVideoStreamError(f"{path}: has no video stream, only sound or stills; give a video")
    if looked.first_frame is None:
        raise InputError(
            f"{path}: no frame can be decoded ({looked.complaint}); "
            "check that the file is complete and plays"
        )
    width, height = (int(side) for side in looked.facts["dimensions"].split("x"))
    average = _number(r"([\d.]+) fps", video)
    if average is None:
        average = _measured_average(looked.file)
    fps = choose_rate(1 / Fraction(looked.facts["tb"]), average, looked.duration)
    return VideoInfo(
        path=looked.file,
        width=width,
        height=height,
        fps=fps,
        frames=None if looked.duration is None else max(1, round(looked.duration * fps)),
        duration=looked.duration,
        rotation=round(-(_number(r"rotation of (-?[\d.]+) degrees", looked.said) or 0)) % 360,
        has_audio=looked.audio is not None,
        codec=re.split(r"[ ,]", video)[0],
        variable_rate=None if average is None else abs(average / fps - 1) > 0.01,
        tagged_colours=_COLOUR_MATRIX.search(video) is not None,
    )


def probe_audio(path: str | Path) -> AudioInfo | None:
    """Find the first sound stream of a file, which need not be a video; None when there is none."""
    looked = _look(path)
    if looked.audio is None:
        return None
    rate = _number(r"(\d+) Hz", looked.audio)
    codec = re.split(r"[ ,]", looked.audio)[0]
    samples = None if rate is None else int(rate)
    if looked.first_frame is None:
        return AudioInfo(codec, samples, skip=0.0)
    apart = _own_start(looked.file, VIDEO_STREAM) - _own_start(looked.file, _FIRST_SOUND)
    return AudioInfo(
        codec, samples, skip=looked.first_frame + max(apart, 0.0), delay=max(-apart, 0.0)
    )


def choose_rate(
    tick_rate: Fraction, average: float | None, duration: float | None = None
) -> Fraction:
    """Choose the constant rate at which the frames of a stream are shown.

    Parameters
    ----------
    tick_rate
        The lowest rate that hits the time of every frame, as ffmpeg finds it. It is the rate of a
        constant-rate video, but may be a multiple of it for interlaced video or uneven times.
    average
        Frames divided by duration, rounded to two decimals; None when the container has none.
    duration
        Seconds, None when the container has none.

    Returns
    -------
    Fraction
        ``tick_rate``, but the average where ``tick_rate`` is twice that (two fields a frame), and
        the first standard rate that drops nothing on average where ``tick_rate`` is above 60 and
        about twice the average or more (times of any value). A standard rate is then preferred
        where that moves no frame by half its time (2997/100 is 30000/1001).
    """
    rate = tick_rate
    if average and abs(tick_rate / 2 - average) < 0.006 and tick_rate / 2 in STANDARD_RATES:
        rate = tick_rate / 2
    elif average and tick_rate > max(60, 1.9 * average):
        rate = next((known for known in STANDARD_RATES if known >= 0.98 * average), tick_rate)
    nearest = min(STANDARD_RATES, key=lambda known: abs(rate / known - 1))
    drift = abs(rate / nearest - 1)
    frames_moved = drift * rate * duration if duration else 0
    return nearest if drift < 1e-5 or (drift < 0.005 and duration and frames_moved < 0.5) else rate


@dataclass(frozen=True)
class _Looked:
    """ffmpeg's own words on a file: stream lines, checksum header, time of the first frame."""

    file: Path
    said: str
    video: str | None
    audio: str | None
    duration: float | None
    facts: dict[str, str]
    first_frame: float | None
    complaint: str


def _look(path: str | Path) -> _Looked:
    file = _existing(path)
    first = ["-map", VIDEO_STREAM, "-frames:v", "1", "-vf", _SQUARE_PIXELS, "-f", "framecrc", "-"]
    report = ffmpeg.run(["-i", ffmpeg.file_url(file), *first])
    said = "\n".join(report.messages)
    complaint = ffmpeg.telling_line(report.messages)
    if "Input #0, tty" in said:
        # ffmpeg films any text file as it would scroll over a terminal.
        raise InputError(f"{file}: is a text file, not a video")
    if "Input #0" not in said:
        raise InputError(
            f"{file}: is not a video that ffmpeg can read ({complaint}); "
            "check that it is complete and plays"
        )
    said = said.split("\nStream mapping:")[0]
    streams = _STREAM.findall(said)
    moving = [text for kind, text in streams if kind == "Video" and not _NOT_MOVING.search(text)]
    sound = [text for kind, text in streams if kind == "Audio"]
    clock = re.search(r"Duration: (\d+):(\d+):([\d.]+)", said)
    facts = dict(re.findall(r"^#(\w+) 0: (.*)$", report.output, re.MULTILINE))
    frame = re.search(r"^0, *-?\d+, *(-?\d+),", report.output, re.MULTILINE)
    return _Looked(
        file=file,
        said=said,
        video=moving[0] if moving else None,
        audio=sound[0] if sound else None,
        duration=int(clock[1]) * 3600 + int(clock[2]) * 60 + float(clock[3]) if clock else None,
        facts=facts,
        first_frame=float(int(frame[1]) * Fraction(facts["tb"])) if frame else None,
        complaint=complaint,
    )


def _own_start(file: Path, stream: str) -> float:
    """Time of the file at which ffmpeg lets a stream begin when it reads no other, seconds.

    Where clocks may jump (MPEG-TS of camcorders, MPEG-PS) that is the stream's own first time and
    not the file's, so that streams which start apart fall out of step when read one by one.
    """
    first = ["-i", ffmpeg.file_url(file), "-map", stream, "-c", "copy"]
    times = []
    for clock in (["-copyts"], []):
        output = ffmpeg.run([*clock, *first, "-frames", "1", "-f", "framecrc", "-"]).output
        tick = re.search(r"^#tb 0: (.*)$", output, re.MULTILINE)
        packet = re.search(r"^0, *-?\d+, *(-?\d+),", output, re.MULTILINE)
        if tick is None or packet is None:
            return 0.0
        times.append(int(packet[1]) * Fraction(tick[1]))
    return float(times[0] - times[1])


def _measured_average(file: Path) -> float | None:
    """Frames per second of the first seconds, for files that do not tell (browsers' recordings)."""
    packets = ["-map", VIDEO_STREAM, "-t", f"{_MEASURED_SECONDS}", "-c", "copy", "-f", "framecrc"]
    report = ffmpeg.run(["-i", ffmpeg.file_url(file), *packets, "-"])
    tick = re.search(r"^#tb 0: (.*)$", report.output, re.MULTILINE)
    times = [int(t) for t in re.findall(r"^0, *-?\d+, *(-?\d+),", report.output, re.MULTILINE)]
    if tick is None or len(times) < 2 or max(times) == min(times):
        return None
    return round(float((len(times) - 1) / ((max(times) - min(times)) * Fraction(tick[1]))), 2)


def _existing(path: str | Path) -> Path:
    file = Path(path)
    if file.is_dir():
        raise InputError(f"{file}: is a folder; name a video file in it")
    if re.match(r"[a-z]{2,}:/", str(file)) and not file.exists():  # Path makes one of two slashes
        raise InputError(f"{file}: is an address, not a file; download the video first")
    if not file.exists():
        raise InputError(f"{file}: no such file; check the name and the folder")
    if file.is_file() and file.stat().st_size == 0:
        raise InputError(f"{file}: is empty (0 bytes); copy or record it again")
    return file


def _number(pattern: str, text: str) -> float | None:
    match = re.search(pattern, text)
    return float(match[1]) if match else None
