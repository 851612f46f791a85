"""Clips whose frames bear their number, at any times, and whether they are shown at their times."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .clips import Frames, encode

_COLUMNS, _ROWS, _CELL = 4, 3, 24  # 12 bits of 24 x 24 pixels
WIDTH, HEIGHT = _COLUMNS * _CELL, _ROWS * _CELL
_DARK, _BRIGHT = 40, 210


def numbered(count: int, width: int = WIDTH, height: int = HEIGHT) -> Frames:
    """Frames of 12 squares, bright where their number has a one."""
    bits = np.arange(count)[:, None] >> np.arange(_COLUMNS * _ROWS) & 1
    small = np.where(bits, _BRIGHT, _DARK).astype(np.uint8).reshape(count, _ROWS, _COLUMNS)
    large = small.repeat(height // _ROWS, axis=1).repeat(width // _COLUMNS, axis=2)
    return np.repeat(large[..., None], 3, axis=3)


def number_of(frame: Frames) -> int:
    """Number that a frame bears, of any size; squares are read in their middles."""
    height, width = frame.shape[0] // _ROWS, frame.shape[1] // _COLUMNS
    grey = frame[: height * _ROWS, : width * _COLUMNS].mean(axis=2)
    cells = grey.reshape(_ROWS, height, _COLUMNS, width)
    edges = (slice(height // 4, -(height // 4)), slice(width // 4, -(width // 4)))
    middles = cells[:, edges[0], :, edges[1]].mean(axis=(1, 3))
    return int(((middles.ravel() > (_DARK + _BRIGHT) / 2) << np.arange(_COLUMNS * _ROWS)).sum())


def encode_at(
    path: Path, times: Sequence[float], *arguments: str | Path, said: int = 30, clock: int = 30000
) -> Path:
    """Write frames 0, 1, ... so that they are shown at these seconds, to the tick of a clock.

    Some containers keep a rate besides, which is ``said`` whatever the times are.
    """
    ticks = np.round(np.asarray(times) * clock).astype(int)
    steps = np.diff(ticks, prepend=0)
    # A step is added where it begins: runs of equal steps are one term.
    changes = np.flatnonzero(np.diff(steps, prepend=0))
    terms = [f"gte(N,{k})*(N-{k - 1})*{steps[k] - (steps[k - 1] if k else 0)}" for k in changes]
    shown = f"settb=1/{clock},setpts='{_sum_of(terms)}'"
    fine = ["-fps_mode", "passthrough", "-enc_time_base", f"1:{clock}"]
    return encode(path, numbered(len(times)), said, "-vf", shown, *fine, *arguments)


def _sum_of(terms: list[str]) -> str:
    """Add up terms in brackets of a few, for ffmpeg nests sums only so deep."""
    while len(terms) > 20:
        terms = [f"({'+'.join(terms[k : k + 20])})" for k in range(0, len(terms), 20)]
    return "+".join(terms) or "0"


def wrong_frames(
    shown: Sequence[int], times: Sequence[float], fps: Fraction, tick: float = 0.0
) -> NDArray[np.int_]:
    """Which frames of a constant rate show another picture than the one of their time.

    Parameters
    ----------
    shown
        Number of the picture in each frame.
    times
        Seconds of the pictures, from the first.
    fps
        Rate of the frames: picture k is due from half a frame before its time.
    tick
        Seconds by which a container may move a picture.
    """
    due = np.asarray(times) - times[0]
    now = (np.arange(len(shown)) + 0.5) / float(fps)
    early = np.searchsorted(due, now - tick - 1e-6, side="right") - 1
    late = np.searchsorted(due, now + tick + 1e-6, side="right") - 1
    return np.flatnonzero((np.asarray(shown) < early) | (np.asarray(shown) > late))
