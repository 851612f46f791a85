"""Drawn places with upright edges, and without any: streets, rooms, stairs, roofs, trees, ropes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from benchmarks.measuring.drawn_world import (
    PIXELS_A_METRE,
    Panel,
    Picture,
    floor,
    speckled,
    standing,
)

Rectangle = tuple[float, float, float, float]
"""Left, top, width and height in metres from a texture's first pixel."""


def plaster(rng: np.random.Generator, width: float, height: float) -> Picture:
    """Return a wall of little contrast."""
    speckles = speckled(rng, (width, height)).astype(np.float32)
    return np.asarray(150 + (speckles - 110) * 0.2, np.uint8)


def with_rectangles(texture: Picture, rectangles: Sequence[Rectangle], grey: int) -> Picture:
    """Return a texture with framed rectangles: windows, doors, pictures."""
    drawn = texture.copy()
    for left, top, width, height in rectangles:
        first = (round(left * PIXELS_A_METRE), round(top * PIXELS_A_METRE))
        last = (
            round((left + width) * PIXELS_A_METRE),
            round((top + height) * PIXELS_A_METRE),
        )
        cv2.rectangle(drawn, first, last, grey, -1)
        cv2.rectangle(drawn, first, last, 235, 2)
    return drawn


def with_strokes(texture: Picture, strokes: Sequence[Rectangle], grey: int = 30) -> Picture:
    """Return a texture with straight strokes between two places (x, y, x, y) in metres."""
    drawn = texture.copy()
    for stroke in strokes:
        x, y, to_x, to_y = (round(value * PIXELS_A_METRE) for value in stroke)
        cv2.line(drawn, (x, y), (to_x, to_y), grey, 5, cv2.LINE_AA)
    return drawn


def facade(rng: np.random.Generator, width: float, height: float) -> Picture:
    """Return a wall with rows of windows and a door."""
    windows: list[Rectangle] = [
        (x, y, 1.0, 1.4) for x in np.arange(0.8, width - 1.2, 2.2) for y in (0.6, 3.4)
    ]
    return with_rectangles(plaster(rng, width, height), [*windows, (2.0, height - 2.1, 1.0, 2.1)],
                           60)  # fmt: skip


def _ground(rng: np.random.Generator) -> Panel:
    return floor(24, 2, 20, speckled(rng, (24, 22), (0.3, 1.2)))


def street(rng: np.random.Generator) -> list[Panel]:
    """Return houses to both sides of a street, and one across."""
    return [
        _ground(rng),
        standing((-5, 0, -8), 14, 6, facade(rng, 14, 6), turned=-75),
        standing((5, 0, -8), 14, 6, facade(rng, 14, 6), turned=75),
        standing((0, 0, -16), 14, 6, facade(rng, 14, 6)),
    ]


def room(rng: np.random.Generator) -> list[Panel]:
    """Return two walls with a door, a shelf and pictures."""
    back: list[Rectangle] = [(0.5, 0.9, 0.9, 2.1), (2.2, 0.8, 0.7, 0.5), (4.2, 0.5, 1.5, 2.5)]
    side: list[Rectangle] = [(0.8, 0.6, 0.6, 0.8), (2.0, 0.6, 0.6, 0.8)]
    return [
        _ground(rng),
        standing((0, 0, -7), 7, 3, with_rectangles(plaster(rng, 7, 3), back, 70)),
        standing((3.5, 0, -5), 5, 3, with_rectangles(plaster(rng, 5, 3), side, 70), turned=90),
    ]


def posts(rng: np.random.Generator, lean: float = 0.0, spread: float = 0.0) -> list[Panel]:
    """Return posts on grass that lean by so much, and by another angle each."""
    panels = [_ground(rng), standing((0, 0, -19), 40, 2, plaster(rng, 40, 2))]
    for x in np.linspace(-4, 4, 9):
        place = (x + rng.uniform(-0.3, 0.3), 0.0, -rng.uniform(5, 10))
        bark = np.full((80, 8), 40, np.uint8)
        panels.append(
            standing(place, 0.18, rng.uniform(2, 4), bark, lean=lean + rng.normal() * spread)
        )
    return panels


def wall_with(rng: np.random.Generator, strokes: Sequence[Rectangle]) -> list[Panel]:
    """Return a wall with strokes on it."""
    return [_ground(rng), standing((0, 0, -7), 9, 5, with_strokes(plaster(rng, 9, 5), strokes))]


def stairs(rng: np.random.Generator) -> list[Panel]:
    """Return steps seen from ahead, with rails that rise to both sides of them."""
    steps: list[Rectangle] = [(3 - k / 8, 1 + k / 4, 6 + k / 8, 1 + k / 4) for k in range(16)]
    rails: list[Rectangle] = [(2.9 - k / 6, 0.9, 0.9 - k / 6, 4.9) for k in range(3)]
    return wall_with(rng, [*steps, *rails, *((9 - a, b, 9 - c, d) for a, b, c, d in rails)])


def roofs(rng: np.random.Generator) -> list[Panel]:
    """Return gables without walls below."""
    strokes: list[Rectangle] = []
    for x in (1.5, 4.5, 7.5):
        for k in range(3):
            strokes += [
                (x, 0.6 + k / 5, x - 1.5, 2.6 + k / 5),
                (x, 0.6 + k / 5, x + 1.5, 2.6 + k / 5),
            ]
    return wall_with(rng, strokes)


def ropes(rng: np.random.Generator) -> list[Panel]:
    """Return ropes from tops of tents to their pegs."""
    strokes: list[Rectangle] = []
    for x in (2.0, 4.5, 7.0):
        strokes += [(x, 0.8, x + aside, 4.8) for aside in rng.uniform(-2.5, 2.5, 6)]
    return wall_with(rng, strokes)


UPRIGHT: dict[str, Callable[[np.random.Generator], list[Panel]]] = {
    "street": street,
    "room": room,
    "posts": posts,
}
"""Places whose upright edges are upright."""

ASKEW: dict[str, Callable[[np.random.Generator], list[Panel]]] = {
    "stairs": stairs,
    "roofs": roofs,
    "ropes": ropes,
    "trees that lean each its way": lambda rng: posts(rng, spread=8.0),
    "nothing": lambda rng: wall_with(rng, []),
    "posts that all lean by 10 degrees": lambda rng: posts(rng, lean=10.0),
}
"""Places without upright edges; the last misleads whoever trusts lines."""


def yard(rng: np.random.Generator) -> list[Panel]:
    """Return a yard between speckled walls, with boards that stand near and far."""
    panels = [
        floor(30, 6, 24, speckled(rng, (30, 30), (0.2, 0.8))),
        standing((0, 0, -14), 40, 7, speckled(rng, (40, 7), (0.2, 0.8))),
        standing((-9, 0, -6), 30, 5, speckled(rng, (30, 5), (0.2, 0.8)), turned=80),
        standing((9, 0, -6), 30, 5, speckled(rng, (30, 5), (0.2, 0.8)), turned=-80),
    ]
    for x in np.linspace(-7, 7, 9):
        place = (float(x), 0.0, float(-rng.uniform(3.5, 10)))
        size = (rng.uniform(0.6, 1.4), rng.uniform(0.8, 2.2))
        panels.append(standing(place, *size, speckled(rng, size, (0.08, 0.3)),
                               turned=rng.uniform(-30, 30)))  # fmt: skip
    return panels
