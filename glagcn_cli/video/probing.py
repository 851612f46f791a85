"""Facts of a video file, as its frames will be seen: upright, square pixels, one exact rate."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from ..errors import InputError, NoVideoStreamError, UsageError
from . import ffmpeg
from .clip_times import WHOLE, ClipRange, format_time
from .frame_rates import STANDARD_RATES, ChosenRate, choose_rate
from .lens import recorded_fov
from .looking import Looked, look, turning
from .picture_streams import VIDEO_STREAM
from .source import Source

log = logging.getLogger(__name__)

BT709_FROM = 720
"""Lines of a picture from which on players take colours for BT.709 where nothing is said."""

_FASTEST_CAMERA, _USUAL_FPS = 1000, Fraction(30)  # frames a second

_INTERLACED = re.compile(r"\b(top|bottom) (coded )?first\b")
_TRANSFER = re.compile(r"\b(smpte2084|arib-std-b67)\b")
_ALPHA = re.compile(r"^[^,]*, (yuva\w+|gbrap\w*|rgba\w*|bgra\w*|argb|abgr|ya8|ya16\w*|pal8)\b")
_PLAIN_YUV = re.compile(r"^[^,]*, yuv420p(,|\((?!pc\b))")
_COLOUR_MATRIX = re.compile(r"\((?:[^()]*, )?(bt709|smpte\w+|bt470\w+|bt2020\w+|fcc|gbr|ycgco)\b")


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a video before it is decoded.

    Attributes
    ----------
    source
        The file, and what messages call it.
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
    turning
        ffmpeg's filters that turn the stored picture; None where they are not known.
    has_audio
        The file has a sound stream that goes with its frames.
    codec
        ffmpeg's name of the picture's codec.
    variable_rate
        True when frames come at uneven times and are repeated or dropped to ``fps``;
        None when the container does not tell.
    tagged_colours
        The stream says by which matrix its colours are to be converted.
    plain_yuv
        Pictures are stored as they leave a reader of ``yuv420p``, but for their size and rotation.
    fov
        Degrees over the picture's longer side, where the camera recorded its lens; else None.
    transfer
        ffmpeg's name of a transfer curve of high dynamic range; None for ordinary video.
    alpha
        Pixels may be transparent.
    decoder
        ffmpeg's name of the decoder to use; None for that which it would take.
    interlaced
        Frames may hold two fields, one of every other line.
    seekable
        Any time of the file can be decoded without what comes before it.
    stored
        (width, height) in which the first picture is decoded, before it is turned, or None.
    stream
        ffmpeg's name of the stream of pictures that is read.
    shift
        Steps by which pictures are counted later than their times: those that come half-way between
        two steps would else fall on either, as their container rounds.
    said_fps
        Frames a second of the whole file as it says itself, where `fps` is what the user says.
    part
        Which frames of the file are meant; `fps` and `frames` are of these.
    starts_at
        Seconds from the file's first picture to the first frame of the part.
    """

    source: Source
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
    plain_yuv: bool = False
    fov: float | None = None
    transfer: str | None = None
    alpha: bool = False
    decoder: str | None = None
    interlaced: bool = False
    seekable: bool = False
    turning: tuple[str, ...] | None = ()
    stored: tuple[int, int] | None = None
    stream: str = VIDEO_STREAM
    shift: Fraction = Fraction(0)
    said_fps: Fraction | None = None
    part: ClipRange = WHOLE
    starts_at: Fraction = Fraction(0)

    @property
    def path(self) -> Path:
        """The file."""
        return self.source.path

    @property
    def name(self) -> str:
        """What messages and reports call it."""
        return self.source.name

    @property
    def whole_fps(self) -> Fraction:
        """Frames a second of the whole file, of which the part may leave some out."""
        return self.fps * self.part.every

    @property
    def file_fps(self) -> Fraction:
        """The same by the file's own clock."""
        return self.said_fps or self.whole_fps


def probe(video: str | Path | Source, part: ClipRange = WHOLE) -> VideoInfo:
    """Find out what a video, or a part of it, holds by decoding its first frame.

    ffmpeg prints rates rounded to two decimals, so the exact one is taken from the time base of
    its frame checksum output, which is the inverse of the rate it converts to.

    Raises
    ------
    InputError
        No such file, a folder, an empty file, or nothing that ffmpeg can decode.
    NoVideoStreamError
        The file holds sound or other streams but no moving picture.
    UsageError
        The part begins after the end of the video, or holds no frame.
    """
    source = Source.of(video)
    looked = look(source)
    stream = _decodable_stream(looked, source.name)
    width, height = looked.shown
    interlaced = _INTERLACED.search(stream) is not None
    rate = _rate(looked, stream, interlaced)
    doubted = rate.fps > _FASTEST_CAMERA
    fps = source.rate or (_USUAL_FPS if doubted else rate.fps)
    if source.rate is None:
        _tell_of_rate(source, rate.fps, fps, looked.has_times)
    transfer = _TRANSFER.search(stream)
    decoder = _alpha_decoder(looked)
    upright = turning(looked)
    info = VideoInfo(
        source=source,
        width=width,
        height=height,
        fps=fps,
        # Durations are told in hundredths of a second.
        frames=None
        if looked.duration is None or doubted
        else max(1, round(looked.duration * rate.fps)),
        duration=looked.duration,
        rotation=round(-(_number(r"rotation of (-?[\d.]+) degrees", looked.said) or 0)) % 360,
        has_audio=bool(looked.audio) and fps == rate.fps,
        codec=re.split(r"[ ,]", stream)[0],
        variable_rate=rate.variable,
        tagged_colours=_COLOUR_MATRIX.search(stream) is not None,
        plain_yuv=not (transfer or interlaced or decoder) and _is_plain_yuv(stream, width, height),
        fov=recorded_fov(source.path, looked.said, width, height),
        transfer=transfer[1] if transfer else None,
        alpha=decoder is not None or _ALPHA.match(stream) is not None,
        decoder=decoder,
        interlaced=interlaced,
        seekable=looked.is_one_clock,
        turning=upright,
        stored=_before_turning(looked.decoded, upright),
        stream=looked.stream,
        shift=rate.shift,
        said_fps=None if fps == rate.fps else rate.fps,
    )
    return _part_of(info, part)


def _rate(looked: Looked, stream: str, interlaced: bool) -> ChosenRate:
    """Choose the rate of a stream by what its file says."""
    # Of a bare stream the average is a number of ffmpeg's own.
    average = _number(r"([\d.]+) fps", stream) if looked.has_times or interlaced else None
    # Of two fields each may be a packet.
    times = () if interlaced else looked.times
    tick_rate = 1 / Fraction(looked.facts["tb"])
    return choose_rate(tick_rate, average, looked.duration, times, looked.rounded)


def _is_plain_yuv(stream: str, width: int, height: int) -> bool:
    """Tell by what ffmpeg says of a stream whether it holds YUV 4:2:0 in BT.709, limited range."""
    said = _PLAIN_YUV.match(stream)
    if said is None or width % 2 or height % 2:
        return False
    matrix = _COLOUR_MATRIX.search(stream)
    return matrix[1] == "bt709" if matrix else height >= BT709_FROM


def _before_turning(size: tuple[int, int], turned: Sequence[str] | None) -> tuple[int, int]:
    return size[::-1] if any("transpose" in one for one in turned or ()) else size


def _decodable_stream(looked: Looked, name: str) -> str:
    """Return what ffmpeg says of the moving picture; raise as `probe` where none can be decoded."""
    if looked.video is None:
        raise NoVideoStreamError(f"{name}: has no video stream, only sound or stills; give a video")
    if looked.first_frame is None:
        raise InputError(
            f"{name}: no frame can be decoded ({looked.complaint}); "
            "check that the file is complete and plays"
        )
    return looked.video


def _part_of(info: VideoInfo, part: ClipRange) -> VideoInfo:
    first = part.first(info.fps)
    if info.frames is not None and first >= info.frames:
        check_start(info, part)
    count = part.count(info.fps, info.frames)
    return replace(
        info,
        fps=info.fps / part.every,
        # Where more was measured than is announced, the announced number says nothing.
        frames=count or None,
        part=part,
        starts_at=first / info.fps,
    )


def check_start(info: VideoInfo, part: ClipRange) -> None:
    """Raise UsageError where a part begins after the last frame, as counted in the file."""
    length = _picture_seconds(info)
    if length is None:
        return
    frames = max(1, round(length * info.file_fps))
    if part.first(info.whole_fps) >= frames:
        seconds = float(frames / info.whole_fps) if info.said_fps else length
        raise UsageError(
            f"{info.name}: --start {format_time(part.start)} is beyond the end of the clip, "
            f"which lasts {format_time(seconds)}" + (" s" if seconds < 60 else "")
        )


@lru_cache(maxsize=64)  # several passes over a file say it once
def _tell_of_rate(source: Source, said: Fraction, taken: Fraction, has_times: bool) -> None:
    """Tell of a rate that is doubted, or that the file does not say."""
    if not STANDARD_RATES[0] <= said <= _FASTEST_CAMERA:
        log.warning(
            "%s: says %.10g pictures a second, as hardly a camera takes; they are read as %.10g a "
            "second, --fps says another rate",
            *(source.name, said, taken),
        )
    elif not has_times:
        log.info("%s: is read as %.10g pictures a second; --fps says another", source.name, taken)


def _alpha_decoder(looked: Looked) -> str | None:
    """Return the decoder of WebM's transparent pictures; ffmpeg's own leaves that out."""
    marked = rf"Stream #{looked.stream}\b(?:(?!Stream #).)*\balpha_mode +: 1\b"
    if not re.search(marked, looked.said, re.DOTALL | re.IGNORECASE):
        return None
    decoder = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(re.split(r"[ ,]", looked.video or "")[0])
    return decoder if decoder and ffmpeg.has_decoder(decoder) else None


def _picture_seconds(info: VideoInfo) -> float | None:
    """Seconds from the first picture to the end of the last, read without decoding."""
    packets = ["-i", ffmpeg.file_url(info.path), "-map", info.stream, "-c", "copy"]
    output = ffmpeg.run([*packets, "-f", "framecrc", "-"]).output
    tick = re.search(r"^#tb 0: (.*)$", output, re.MULTILINE)
    shown = re.findall(r"^0, *-?\d+, *(-?\d+), *(\d+),", output, re.MULTILINE)
    if tick is None or not shown:
        return None
    ticks = max(int(t) + int(d) for t, d in shown) - min(int(t) for t, _ in shown)
    return float(ticks * Fraction(tick[1]))


def _number(pattern: str, text: str) -> float | None:
    match = re.search(pattern, text)
    return float(match[1]) if match else None
