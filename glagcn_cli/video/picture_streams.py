"""The streams in what ffmpeg says of an input, and which of its pictures are read."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

log = logging.getLogger(__name__)

VIDEO_STREAM = "0:V:0"
"""The first stream of pictures as ffmpeg names it; capital V leaves cover art out."""

_STREAM = re.compile(r"^\s+Stream #0:(\d+)\S*: (Video|Audio): (.*)$")
_PROGRAM = re.compile(r"^\s+(Program \d+|No Program)\b")
_NOT_MOVING = re.compile(r"\((attached pic|still image|timed thumbnails)\)")


def pictures_in(said: str) -> dict[str, str]:
    """Return ffmpeg's names and lines of the streams of pictures that are not marked as stills."""
    found = (_STREAM.match(line) for line in said.splitlines())
    return {
        f"0:{one[1]}": one[3]
        for one in found
        if one and one[2] == "Video" and not _NOT_MOVING.search(one[3])
    }


def sounds_beside(said: str, stream: str) -> dict[str, str]:
    """Return ffmpeg's names and lines of the sounds that belong to a stream of pictures.

    They are those of its programs, and all where there are no programs. A server's playlist has a
    program for each quality, and a broadcast one for each channel.
    """
    programs: list[dict[str, tuple[str, str]]] = [{}]
    for line in said.splitlines():
        if _PROGRAM.match(line):
            programs.append({})
        elif one := _STREAM.match(line):
            programs[-1][f"0:{one[1]}"] = (one[2], one[3])
    its = [program for program in programs if stream in program] or programs
    sounds = {
        name: line for program in its for name, (kind, line) in program.items() if kind == "Audio"
    }
    return dict(sorted(sounds.items(), key=lambda sound: int(sound[0][2:])))


def stored_size(stream: str) -> tuple[int, int] | None:
    """Return the (width, height) that ffmpeg says of a stream of pictures."""
    size = re.search(r", (\d+)x(\d+)", stream)
    return (int(size[1]), int(size[2])) if size else None


def largest_moving(
    name: str, pictures: Mapping[str, str], times: Mapping[str, Sequence[Fraction]]
) -> str:
    """Choose the largest stream that moves, and say so where there is a choice.

    A still that is not marked as one, as some programs put before the video, has one picture.

    Parameters
    ----------
    name
        What the message calls the video.
    pictures
        As from `pictures_in`.
    times
        Seconds of each stream's first pictures.
    """
    moves = {stream: len({*times[stream]}) > 1 for stream in pictures}
    sizes = {stream: stored_size(text) or (0, 0) for stream, text in pictures.items()}
    chosen = max(
        pictures, key=lambda s: (moves[s], math.prod(sizes[s]), "(default)" in pictures[s])
    )
    log.warning(
        "%s: has %d streams of pictures, of which %d move; the one of %dx%d is taken",
        *(name, len(pictures), sum(moves.values()), *sizes[chosen]),
    )
    return chosen
