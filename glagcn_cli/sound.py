"""The sound of a file, and where it stands against the pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from . import ffmpeg
from .probing import VIDEO_STREAM, first_picture, first_time, look

_FIRST_SOUND = "0:a:0"


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


def probe_audio(path: str | Path) -> AudioInfo | None:
    """Find the first sound stream of a file, which need not be a video; None when there is none."""
    looked = look(path)
    if looked.audio is None:
        return None
    rate = re.search(r"(\d+) Hz", looked.audio)
    codec = re.split(r"[ ,]", looked.audio)[0]
    samples = int(rate[1]) if rate else None
    if looked.first_frame is None:
        return AudioInfo(codec, samples, skip=0.0)
    first = first_picture(looked.file)
    apart = _own_start(looked.file, VIDEO_STREAM) - _own_start(looked.file, _FIRST_SOUND)
    return AudioInfo(codec, samples, skip=first + max(apart, 0.0), delay=max(-apart, 0.0))


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
