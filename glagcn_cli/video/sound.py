"""The sound of a file, where it stands against the pictures, and how it comes under others."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from ..files.checksums import Stamp, stamp
from . import ffmpeg
from .looking import first_picture, first_time, look
from .source import Source

log = logging.getLogger(__name__)

# Sound that browsers play inside an MP4, with the samples of one packet; other sound becomes AAC.
_COPIED = {"aac": 1024, "mp3": 1152, "opus": 960}
_COPY, _AAC = ("-c:a", "copy"), ("-c:a", "aac", "-b:a", "160k")
_WARM_UP = 0.1  # seconds


@dataclass(frozen=True)
class AudioInfo:
    """The first sound stream of a file that can be decoded.

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
    stream
        ffmpeg's name of its stream, as `0:1`.
    """

    codec: str
    rate: int | None
    skip: float
    delay: float = 0.0
    stream: str = "0:a:0"


def probe_audio(path: str | Path | Source) -> AudioInfo | None:
    """Find the sound of a file, which need not be a video; None when there is none.

    Where there are several streams of sound, it is the first that can be decoded: phones put one of
    a codec of their own beside one that everybody plays.
    """
    source = Source.of(path)
    looked = look(source)
    if not looked.audio:
        return None
    stream = _decodable(source, tuple(looked.audio), stamp(looked.file))
    rate = re.search(r"(\d+) Hz", looked.audio[stream])
    codec = re.split(r"[ ,]", looked.audio[stream])[0]
    samples = int(rate[1]) if rate else None
    if looked.first_frame is None:
        return AudioInfo(codec, samples, skip=0.0, stream=stream)
    first = first_picture(looked.file, looked.stream)
    apart = 0.0
    if not looked.is_one_clock:
        apart = _own_start(looked.file, looked.stream) - _own_start(looked.file, stream)
    return AudioInfo(codec, samples, first + max(apart, 0.0), max(-apart, 0.0), stream)


@lru_cache(maxsize=64)
def _decodable(source: Source, streams: tuple[str, ...], _: Stamp) -> str:
    """Return the first stream of sound that can be decoded; the first where none can."""
    if len(streams) == 1:
        return streams[0]
    for k, stream in enumerate(streams, start=1):
        first = ["-i", ffmpeg.file_url(source.path), "-map", stream, "-frames:a", "1"]
        if first_time(ffmpeg.run([*first, "-f", "framecrc", "-"]).output) is not None:
            if k > 1:
                log.warning(
                    "%s: its first sound cannot be decoded; sound %d is taken", source.name, k
                )
            return stream
    return streams[0]


def codecs_for(audio: AudioInfo) -> list[tuple[str, ...]]:
    """Options of ffmpeg by which this sound comes into an MP4, the first to be tried first."""
    return [_COPY, _AAC] if audio.codec in _COPIED else [_AAC]


def sound_alongside(
    file: Path,
    audio: AudioInfo,
    start: Fraction,
    frames: int,
    fps: Fraction,
    codec: Sequence[str],
) -> tuple[list[str], list[str]]:
    """How ffmpeg lays the sound of a file under a picture.

    Parameters
    ----------
    file, audio
        The file, and what is known of its sound.
    start
        Seconds from the file's first picture to that under which the sound begins.
    frames, fps
        Of the picture, with which the sound ends.
    codec
        One of `codecs_for`.

    Returns
    -------
    input, output
        Options that name the sound as an input, and those for the output.
    """
    # The last packet of sound may outlast the picture by no more than a frame.
    packet = _COPIED.get(audio.codec, 1024) / (audio.rate or 44100)
    length = float(frames / fps) - max(packet - float(1 / fps), 0.0)
    # Sound is sought a little early and moved back, so that a decoder has warmed up at 0. Only
    # of a file that is read from its beginning it comes too early.
    begin = audio.skip + float(start)
    sought = max(0.0, begin - _WARM_UP)
    move = sought - begin + (0.0 if sought else audio.delay)
    cut = []
    if codec == _AAC:  # decoded sound is cut before it is moved, copied packets after
        cut = ["-af", f"atrim=0:{max(length, 0.001):.6f}"]
        length -= move
    seek = ["-ss", f"{sought:.6f}"] if sought else []  # even to 0 it would drop packets
    seek += ["-itsoffset", f"{move:.6f}", "-t", f"{max(length, 0.001):.6f}"]
    return [*seek, "-i", ffmpeg.file_url(file)], [*codec, *cut]


def _own_start(file: Path, stream: str) -> float:
    """Time of the file at which ffmpeg lets a stream begin when it reads no other, seconds.

    Where clocks may jump (MPEG-TS of camcorders, MPEG-PS) that is the stream's own first time and
    not the file's, so that streams which start apart fall out of step when read one by one.
    """
    first = ["-i", ffmpeg.file_url(file), "-map", stream, "-c", "copy"]
    times = []
    for clock in (["-copyts"], []):
        report = ffmpeg.run([*clock, *first, "-frames", "1", "-f", "framecrc", "-"])
        times.append(first_time(report.output))
    raw, alone = times
    return 0.0 if raw is None or alone is None else raw - alone
