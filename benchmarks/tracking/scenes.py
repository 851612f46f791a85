"""Scripts of clips of known people: the place of each in every frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

SIZE = (1280, 720)
FPS = Fraction(30)

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """One person's motion in a clip.

    ``path`` (frames, 2) pixels of the box's middle, ``height`` (frames,) pixels, ``there``
    (frames,) whether anything of them can be seen. Who is tall in the picture stands in front.
    ``camera`` (frames, 2) pixels is where the picture's corner is, None for one at rest; ``path``
    is as a camera at rest would show it.
    """

    path: _Array
    height: _Array
    there: NDArray[np.bool_]
    camera: _Array | None = None


def _walk(
    rng: np.random.Generator, seconds: _Array, at: Sequence[float], height: float, y: float
) -> Part:
    """Return a part along points of time and x, smooth and swaying a little."""
    t = np.arange(int(seconds[-1] * FPS)) / float(FPS)
    x = np.interp(t, seconds, at)
    window = np.hanning(17)
    x = np.convolve(np.pad(x, 8, mode="edge"), window / window.sum(), mode="valid")
    sway = 0.01 * height * np.sin(t * rng.uniform(2, 5) + rng.uniform(0, 6))
    path = np.stack([x, y + sway], axis=1)
    return Part(path, np.full(len(t), height), np.ones(len(t), bool))


def _pair(rng: np.random.Generator) -> list[tuple[float, float]]:
    """Return heights and places (y) of two people, the second farther from the camera."""
    height = rng.uniform(300, 420)
    ratio = rng.uniform(0.72, 0.99)
    return [(height, 400.0), (height * ratio, 400 - height * (1 - ratio) * rng.uniform(0.2, 0.6))]


def _crossing(rng: np.random.Generator) -> list[Part]:
    """Let two or three people walk past each other and on."""
    when = np.array([0, 2 + rng.uniform(0, 1), 8.0])
    pair = _pair(rng)
    parts = [
        _walk(rng, np.array([0, 8.0]), (rng.uniform(50, 200), 1150), *pair[0]),
        _walk(rng, np.array([0, 8.0]), (1200, rng.uniform(60, 200)), *pair[1]),
    ]
    if rng.random() < 0.5:
        parts.append(_walk(rng, when, (640, 700, 300), pair[0][0] * 0.65, 330))
    return parts


def _turning_back(rng: np.random.Generator) -> list[Part]:
    """Let two people walk up to each other, overlap, and return."""
    stop = rng.uniform(0.2, 1.2)
    when = np.array([0, 3, 3 + stop, 6 + stop])
    (front, back), middle = _pair(rng), rng.uniform(520, 760)
    apart = rng.uniform(0, 0.12) * front[0]
    return [
        _walk(rng, when, (150, middle - apart, middle - apart, 150), *front),
        _walk(rng, when, (1130, middle + apart, middle + apart, 1130), *back),
    ]


def _hug(rng: np.random.Generator) -> list[Part]:
    """Let two people hold each other for one to four seconds; some change sides."""
    stop = rng.uniform(1.0, 4.0)
    when = np.array([0, 3, 3 + stop, 6 + stop])
    (front, back), middle = _pair(rng), rng.uniform(520, 760)
    apart = rng.uniform(0.0, 0.06) * front[0]
    ends = (150, 1130) if rng.random() < 0.5 else (1130, 150)
    return [
        _walk(rng, when, (150, middle - apart, middle - apart, ends[0]), *front),
        _walk(rng, when, (1130, middle + apart, middle + apart, ends[1]), *back),
    ]


def _leaving(rng: np.random.Generator) -> list[Part]:
    """Let a person leave the picture and return within five seconds, while another stays."""
    pair = _pair(rng)
    away = rng.uniform(1.0, 4.0)
    outside = 1360.0 if rng.random() < 0.5 else -80.0
    when = np.array([0, 3.0, 3 + away, 6.5 + away])
    inside = 640 + 300 * rng.uniform(-1, 1)
    leaver = _walk(rng, when, (640, outside, outside, inside), *pair[0])
    return [leaver, _walk(rng, when, (500, 620, 700, 560), *pair[1])]


def _pillar(rng: np.random.Generator) -> list[Part]:
    """Let three people walk behind a wall, where some turn round; all come out again."""
    left, right = 640 - rng.uniform(60, 180), 640 + rng.uniform(60, 180)
    height = rng.uniform(260, 360)
    parts = []
    for k in range(3):
        start = 0.7 * k
        wait = rng.uniform(0, 1.5)
        back = rng.random() < 0.4
        when = np.array([0, start, start + 3, start + 3 + wait, 10.0])
        ends = (120, 120, 640, 640, 120 if back else 1160)
        x = ends if rng.random() < 0.5 else tuple(1280 - e for e in ends)
        part = _walk(rng, when, x, height * rng.uniform(0.85, 1.0), 400)
        there = (part.path[:, 0] < left) | (part.path[:, 0] > right)
        parts.append(Part(part.path, part.height, there))
    return parts


def _crowd(rng: np.random.Generator) -> list[Part]:
    """Let five people walk about among each other."""
    parts = []
    for _ in range(5):
        when = np.linspace(0, 12, 5)
        height = rng.uniform(200, 400)
        at = rng.uniform(100, 1180, 5)
        parts.append(_walk(rng, when, tuple(at), height, 560 - height / 2 + rng.uniform(-10, 10)))
    return parts


def _panning(rng: np.random.Generator) -> list[Part]:
    """Let the camera follow a walker to and fro past five who stand and are seen for moments."""
    when = np.linspace(0, 10, 6)
    at = np.cumsum(rng.uniform(400, 900, 6) * np.resize([1, -1], 6) * rng.choice([-1, 1]))
    walker = _walk(rng, when, tuple(at + 640), rng.uniform(300, 400), 400)
    camera = walker.path - [640, 400]
    parts = [replace(walker, camera=camera)]
    place = float(at.mean()) + 640 - 400
    for _ in range(5):
        place += rng.uniform(110, 260)
        height = rng.uniform(150, 280)
        part = _walk(rng, when, (place,) * 6, height, 330 + rng.uniform(-15, 15))
        parts.append(replace(part, camera=camera, there=_moments(rng, len(part.path))))
    return parts


def _moments(rng: np.random.Generator, frames: int) -> NDArray[np.bool_]:
    """Draw moments (frames,) of 0.8 s in the mean, with absences of 0.8 s."""
    lengths = np.maximum(1, rng.exponential(0.8 * float(FPS), 2 * frames)).astype(int)
    return np.asarray(np.repeat(np.arange(2 * frames) % 2 == 0, lengths)[:frames])


KINDS: dict[str, Callable[[np.random.Generator], list[Part]]] = {
    "crossing": _crossing,
    "meeting, turning back": _turning_back,
    "hug": _hug,
    "leaving, coming back": _leaving,
    "behind a wall": _pillar,
    "crowd": _crowd,
    "panning camera": _panning,
}
"""What the clips show."""
