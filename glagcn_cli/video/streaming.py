"""Copy to a file what comes in a stream: addresses and standard input."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ..errors import GlagcnError, InputError, UsageError
from . import ffmpeg
from .clip_times import ClipRange
from .looking import times_of
from .picture_streams import VIDEO_STREAM, largest_moving, pictures_in, sounds_beside
from .probing import probe
from .source import Source

log = logging.getLogger(__name__)

SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "rtmps")

# A list of files to play, got from a server, may name other addresses but no files of this machine.
_LOSSLESS = ("libx264", "-preset", "ultrafast", "-qp", "0")
_PROTOCOLS = "http,https,httpproxy,tcp,tls,udp,rtp,srtp,rtsp,rtmp,rtmps,crypto,data"
_SILENCE = 30  # seconds without a byte after which a server is given up
_NO_PLACE = "Could not write header"

_MARGIN = 3  # seconds kept beyond the part: sound may begin before the pictures
_REORDERED = 32  # frames more than a part needs, for they come in the order of decoding
_FASTEST = 240  # frames a second, where the rate is not known yet
_SEEN_FIRST = 20  # frames of the fastest stream by which the others show whether they move

_FIRST_LOOK = 1 << 16  # bytes of standard input after which it is seen whether the part is there
_GROWTH = 1.5  # from one look to the next
_CHUNK = 1 << 20  # bytes


def keep_address(address: str, kept: Source, part: ClipRange) -> None:
    """Copy the pictures and the sound of a part of what a server sends.

    Raises
    ------
    InputError
        Nothing comes, or no video.
    UsageError
        The address is of a kind that is not in `SCHEMES`.
    """
    scheme = address.split(":")[0].lower()
    if scheme not in SCHEMES:
        raise UsageError(
            f"{kept.name}: addresses that can be read begin with {', '.join(SCHEMES)}; "
            "download the video first"
        )
    slow = ["-rw_timeout", f"{_SILENCE * 1_000_000}"]
    if scheme.startswith("rtsp"):
        slow = ["-rtsp_transport", "tcp", "-timeout", f"{_SILENCE * 1_000_000}"]
    come = [*slow, "-protocol_whitelist", _PROTOCOLS, "-i", address]
    stream, sounds = _streams(kept, come)
    # Some sound has no place in the container of copies.
    for some in [sounds, *([sound] for sound in sounds if len(sounds) > 1), []]:
        streams = [word for name in (stream, *some) for word in ("-map", name)]
        report = ffmpeg.run([*come, *_copy(kept.path, part, streams)])
        if not any(_NO_PLACE in line for line in report.messages):
            break
    if report.status and scheme.startswith("rtsp"):
        # It does not tell when pictures are to be decoded, without which B-frames cannot be copied.
        report = ffmpeg.run([*come, *_copy(kept.path, part, streams, _LOSSLESS)])
    judge(kept, report)


def _streams(kept: Source, come: Sequence[str]) -> tuple[str, list[str]]:
    """Return the names of the largest stream of pictures that moves, and of its sounds."""
    few = ["-map", "0:V", "-c", "copy", *_first_frames(_SEEN_FIRST)]
    report = ffmpeg.run([*come, *few, "-f", "framecrc", "-"])
    said = "\n".join(report.messages).split("\nStream mapping:")[0]
    pictures = pictures_in(said)
    stream = next(iter(pictures), VIDEO_STREAM)
    if len(pictures) > 1:
        # Outputs are numbered as the inputs, whose programs may be told in another order.
        order = sorted(pictures, key=lambda name: int(name[2:]))
        times = {one: times_of(report.output, stream=k) for k, one in enumerate(order)}
        stream = largest_moving(kept.name, pictures, times)
    return stream, [*sounds_beside(said, stream)]


def _copy(
    kept: Path, part: ClipRange, streams: Sequence[str], pictures: Sequence[str] = ("copy",)
) -> list[str]:
    """Output options: pictures and sound as they are, little more than the part."""
    bounds: list[str] = []
    if part.end is not None:
        bounds += ["-t", f"{part.end + _MARGIN:.6f}"]
    if part.max_frames is not None:
        before = math.ceil((part.start + _MARGIN) * _FASTEST) if part.start else _REORDERED
        bounds += _first_frames(before + part.max_frames * part.every)
    quiet, codecs = ["-loglevel", "error"], ["-c:a", "copy", "-c:v", *pictures]
    # Without bitexact each copy has a number of its own, and kept 2D is known by the file's bytes.
    exact = ["-fflags", "+bitexact", "-f", "matroska", "-y", ffmpeg.file_url(kept)]
    return [*quiet, *streams, *codecs, *bounds, *exact]


def _first_frames(count: int) -> list[str]:
    """Options that end a copy with this frame of the first stream that has so many.

    Streams that end before, as a still does, would hold back the others for ten seconds, and what
    is held back at the end is lost.
    """
    held_back = ["-shortest_buf_duration", "0.1"] if ffmpeg.is_release(6) else []
    return ["-frames:v", f"{count}", "-shortest", *held_back]


def judge(kept: Source, report: ffmpeg.Report) -> None:
    """Take what came before a fault; raise InputError where that is nothing."""
    if report.status == 0 and kept.path.exists() and kept.path.stat().st_size:
        return
    reason = ffmpeg.telling_line(report.messages)
    try:
        probe(kept)
    except GlagcnError as error:
        raise InputError(f"{kept.name}: no video could be read from there ({reason})") from error
    log.warning("%s: ended with a fault (%s); what came before is used", kept.name, reason)


def keep_standard_input(stdin: IO[bytes], kept: Source, part: ClipRange) -> None:
    """Copy standard input byte by byte, so that nothing is lost and an index may stand at its end.

    Of a part no more is read than about half as much again as the part needs.

    Raises
    ------
    InputError
        Nothing comes, or it cannot be kept.
    UsageError
        Standard input is a terminal.
    """
    if stdin.isatty():
        raise UsageError("standard input is a terminal; pipe a video into it, or name a file")
    is_part = part.end is not None or part.max_frames is not None
    size, look_at = 0, _FIRST_LOOK if is_part else math.inf
    try:
        with kept.path.open("wb") as file:
            while content := stdin.read(int(min(_CHUNK, look_at - size))):
                file.write(content)
                size += len(content)
                if size >= look_at:
                    file.flush()
                    if _holds(kept.path, part):
                        break
                    look_at = size * _GROWTH // 1
    except OSError as error:
        raise InputError(f"standard input: cannot be kept in {kept.path} ({error})") from error
    if size == 0:
        raise InputError("standard input: is empty; pipe a video into it")


def _holds(file: Path, part: ClipRange) -> bool:
    """Tell whether the beginning of a file has a part in it, of the largest stream that moves."""
    packets = ["-i", ffmpeg.file_url(file), "-map", "0:V", "-c", "copy", "-f", "framecrc", "-"]
    listed = ffmpeg.run(packets).output
    sizes = re.findall(r"^#dimensions (\d+): (\d+)x(\d+)", listed, re.MULTILINE)
    moving = [
        (int(width) * int(height), times)
        for stream, width, height in sizes
        if len({*(times := times_of(listed, stream=int(stream)))}) > 1
    ]
    if not moving:
        return False
    _, times = max(moving, key=lambda stream: stream[0])
    first = times[0]
    if part.end is not None and times[-1] - first >= part.end + _MARGIN:
        return True
    if part.max_frames is None:
        return False
    count = sum(time - first >= part.start for time in times)
    return count >= part.max_frames * part.every + _REORDERED
