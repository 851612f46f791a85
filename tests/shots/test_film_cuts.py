"""Cuts of films, on pictures whose cuts, flashes and pans are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.shots.film_cuts import FILM_CUTS, FilmCuts
from tests.helpers.landscape import landscape

FPS = 30
PLACES = [landscape(seed) for seed in (3, 4, 5)]
Frames = list[NDArray[np.uint8]]


def shot(place: int, frames: int, pan: float = 0.0, brightness: float = 1.0) -> Frames:
    """Pictures (180, 320, 3) of one place with fresh grain, the camera panning so many pixels."""
    rng = np.random.default_rng(place + frames)
    views = []
    for t in range(frames):
        x = 600 + round(pan * t)
        seen = PLACES[place][200:560:2, x : x + 640 : 2].astype(np.float32)
        views.append((brightness * seen + rng.normal(0, 3, seen.shape)).clip(0, 255))
    return [view.astype(np.uint8) for view in views]


def cuts(frames: Frames, batch: int = 8, fps: float = FPS) -> list[int]:
    found = FilmCuts(fps)
    for start in range(0, len(frames), batch):
        found.add(frames[start : start + batch])
    np.testing.assert_array_equal(found.arrays()[FILM_CUTS], found.cuts)
    return found.cuts


WHITE = [np.full((180, 320, 3), 255, np.uint8)]
BLACK = [np.zeros((180, 320, 3), np.uint8)]
A, B, C = (shot(place, 30) for place in range(3))

FILMS: dict[str, tuple[Frames, list[int]]] = {
    "no cut": (A, []),
    "one frame": (A[:1], []),
    "a cut": (A + B, [30]),
    "there and back": (A + B + A, [30, 60]),
    "three places": (A + B + C, [30, 60]),
    "out of a pan": (shot(0, 30, pan=8) + B, [30]),
    "into a pan": (A + shot(1, 30, pan=-8), [30]),
    "a fast pan": (shot(0, 60, pan=25), []),
    "the light goes on": (shot(0, 30, brightness=0.3) + A, []),
    "a flash of white": (A + WHITE + A, []),
    "a flash of something else": (A + B[:2] + A, []),
    "a lost frame": (A + BLACK + A, []),
    "a freeze": (A + A[-1:] * 20 + A, []),
    "all black": (BLACK * 40, []),
    "black, then a picture": (BLACK * 30 + A, [30]),
    "a short shot": (A + B[:12] + C, [30, 42]),
    "at the ends": (A[:3] + B + C[:3], []),
}


@pytest.mark.parametrize("film", FILMS)
def test_cuts_and_nothing_else(film: str) -> None:
    frames, expected = FILMS[film]
    assert cuts(frames) == expected


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_how_frames_come_does_not_matter(batch: int) -> None:
    assert cuts(A + B + C, batch) == [30, 60]


@pytest.mark.parametrize("fps", [1, 12.5, 60, 120])
def test_any_rate(fps: float) -> None:
    assert cuts(A + B, fps=fps) == ([30] if fps < 120 else [])  # a shot of 0.25 s at 120


def test_a_dissolve_is_no_cut() -> None:
    shares = np.linspace(0, 1, 20)[:, None, None, None]
    mixed = ((1 - shares) * A[-1] + shares * B[0]).astype(np.uint8)
    assert cuts(A + list(mixed) + B) == []


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (2000, 90), (8, 6000), (6000, 3)])
def test_any_size(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    one, other = (rng.integers(0, 255, (*shape, 3), np.uint8) for _ in range(2))
    assert cuts([one] * 20 + [other] * 20) in ([20], [])
