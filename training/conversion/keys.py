"""Interpolation of animation keys."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .placing import FPS

_SLOWEST, _FASTEST = 10, 240  # frames a second of keys that are one a frame
_OFF_GRID = 0.02  # of a frame
_MOST_PARTS = 1001  # keeps 30000/1001 exact
_TOGETHER = 1e-4  # seconds: keys this near are one


def sampling_times(keys: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], Fraction]:
    """Choose when to sample: at the keys where they are one a frame, else at the packs' rate.

    Parameters
    ----------
    keys
        Times of the keys of each channel, in seconds.

    Returns
    -------
    times, fps
        Seconds (frames,), and their rate.
    """
    times = np.unique(np.concatenate(keys))
    times = times[np.concatenate([[True], np.diff(times) > _TOGETHER])]
    span = times[-1] - times[0]
    fps = Fraction(FPS)
    if len(times) > 1:
        frames = round(span / np.diff(times).min())
        rate = Fraction(frames / span).limit_denominator(_MOST_PARTS)
        place = (times - times[0]) * float(rate)
        on_grid = np.abs(place - np.round(place)).max() < _OFF_GRID
        if on_grid and _SLOWEST <= rate <= _FASTEST:
            fps = rate
    count = int(span * float(fps) + 1e-3) + 1
    return times[0] + np.arange(count) / float(fps), fps


def at_times(
    keys: NDArray[np.float64],
    values: NDArray[np.float64],
    mode: str,
    times: NDArray[np.float64],
    rotation: bool,
) -> NDArray[np.float64]:
    """Interpolate the keys of one channel as glTF does; before and after them the ends hold.

    Parameters
    ----------
    keys
        (keys,) seconds, increasing.
    values
        (keys, width), or (3 keys, width) for "CUBICSPLINE": tangent in, value, tangent out.
    mode
        "STEP", "LINEAR" or "CUBICSPLINE".
    times
        (frames,) seconds.
    rotation
        Whether the values are quaternions x, y, z, w.

    Returns
    -------
    (frames, width); quaternions of length 1.
    """
    cubic = mode == "CUBICSPLINE"
    if len(values) != len(keys) * (3 if cubic else 1):
        raise ValueError(f"{len(keys)} keys have {len(values)} values")
    into, value, out = (values[i::3] for i in range(3)) if cubic else (values,) * 3
    times = np.clip(times, keys[0], keys[-1])
    first = np.searchsorted(keys, times + _TOGETHER, side="right") - 1  # at a key: that key
    first = np.clip(first, 0, len(keys) - 1)
    last = np.minimum(first + 1, len(keys) - 1)
    gap = (keys[last] - keys[first])[:, None]
    share = np.clip((times - keys[first])[:, None] / np.where(gap > 0, gap, 1), 0, 1)
    if mode == "STEP":
        sampled = value[first]
    elif cubic:
        sampled = _spline(value[first], gap * out[first], value[last], gap * into[last], share)
    elif rotation:
        sampled = _shorter_arc(value[first], value[last], share)
    else:
        sampled = value[first] * (1 - share) + value[last] * share
    return sampled / np.linalg.norm(sampled, axis=1, keepdims=True) if rotation else sampled


def _spline(
    start: NDArray[np.float64],
    leave: NDArray[np.float64],
    end: NDArray[np.float64],
    arrive: NDArray[np.float64],
    share: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Evaluate cubic Hermite splines."""
    square, cube = share**2, share**3
    return (
        (2 * cube - 3 * square + 1) * start
        + (cube - 2 * square + share) * leave
        + (3 * square - 2 * cube) * end
        + (cube - square) * arrive
    )


def _shorter_arc(
    start: NDArray[np.float64], end: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Interpolate unit quaternions along the shorter great circle."""
    dot = np.sum(start * end, axis=1, keepdims=True)
    end, dot = np.where(dot < 0, -end, end), np.abs(dot)
    angle = np.arccos(np.clip(dot, 0, 1))
    sine = np.sin(angle)
    near = sine < 1e-6
    safe = np.where(near, 1.0, sine)
    return np.where(
        near,
        start * (1 - share) + end * share,
        (start * np.sin((1 - share) * angle) + end * np.sin(share * angle)) / safe,
    )
