"""The kind of a camera's motion from pictures that mislead, by all that follows the background."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.measuring.drawn_scenes import yard
from benchmarks.measuring.drawn_world import drawn, looking
from glagcn_cli.camera_path.path import TURNING, WALKING, ZOOMING
from glagcn_cli.camera_path.watching import BackgroundWatch
from glagcn_cli.pipeline.shot_cameras import ShotCamera, shot_cameras
from glagcn_cli.shots.shots import shots_of
from tests.helpers.landscape import people, view
from tests.helpers.turning_world import FOCAL, FOV, FPS, HEIGHT, WIDTH, Pictures, film, turns

FRAMES = 48
TIME = np.arange(FRAMES) / FPS
PAN, STAYS = turns(14 * TIME - 11), turns(0 * TIME)


def camera_of(pictures: Pictures, fov: float = FOV) -> ShotCamera:
    height, width = pictures[0].shape[:2]
    watch = BackgroundWatch((width, height), FPS)
    watch.add(pictures, [people()] * len(pictures))
    clip = watch.arrays()
    info = SimpleNamespace(width=width, height=height, fps=FPS)
    (camera,) = shot_cameras(
        clip, len(pictures), shots_of(clip, len(pictures)), [], info, fov, True
    )
    return camera


def screen(pictures: Pictures, share: float = 0.4, step: float = 6) -> Pictures:
    """Play another pan on a screen behind, as wide as a share of the picture."""
    wide = round(WIDTH * np.sqrt(share)), round(HEIGHT * np.sqrt(share))
    for i, picture in enumerate(pictures):
        shown = cv2.resize(view(300 + step * i, 500, 1.2), wide)
        picture[40 : 40 + wide[1], 120 : 120 + wide[0]] = shown
    return pictures


def water(pictures: Pictures) -> Pictures:
    """Let waves run over the lower half, each row at a pace of its own."""
    for i, picture in enumerate(pictures):
        for row in range(HEIGHT // 2, HEIGHT, 12):
            pace = 2 + 3 * np.sin(row)
            picture[row : row + 12] = np.roll(picture[row : row + 12], round(pace * i), axis=1)
    return pictures


def train(pictures: Pictures) -> Pictures:
    for i, picture in enumerate(pictures):
        picture[20:236] = view(300 + 5 * i, 400)[:216]
    return pictures


def fog(pictures: Pictures) -> Pictures:
    rng = np.random.default_rng(0)
    return [
        np.clip(200 + (p.astype(float) - 120) / 100 + rng.normal(0, 3, p.shape), 0, 255).astype(
            np.uint8
        )
        for p in pictures
    ]


@pytest.mark.parametrize("mislead", [screen, water, train])
def test_what_moves_behind_a_camera_at_rest_is_no_way_of_it(mislead) -> None:
    camera = camera_of(mislead(film(STAYS)))
    assert not camera.walks and camera.view is None


@pytest.mark.parametrize("mislead", [lambda p: screen(p, 0.25), fog])
def test_a_pan_is_no_walk_whatever_is_shown_on_a_screen_or_hidden_in_fog(mislead) -> None:
    camera = camera_of(mislead(film(PAN)))
    assert not camera.walks
    assert camera.kind == TURNING or camera.view is None


def test_a_zoom_during_a_pan_is_no_walk() -> None:
    camera = camera_of(film(PAN, FOCAL * 1.6 ** (TIME / TIME[-1])))
    assert camera.kind == ZOOMING and camera.view is not None


def walked(way: tuple[float, float, float], pan: float) -> NDArray:
    panels, focal = yard(np.random.default_rng(3)), 160 / np.tan(np.radians(30))
    places = [0, 1.5, 3] + 2 * TIME[::2, None] * way
    looks = pan * (2 * TIME[::2] - 0.8)
    return [
        drawn(panels, looking(look, -3, 0), place, focal, (320, 180))
        for place, look in zip(places, looks, strict=True)
    ]


@pytest.mark.parametrize(
    ("way", "pan"), [((0, 0, -1.2), 0), ((1.2, 0, 0), 0), ((0.9, 0, -0.5), 12)],
    ids=["ahead", "to the side", "by, turning"],
)  # fmt: skip
def test_ways_ahead_and_past_walls_are_neither_zooms_nor_turns(way: tuple, pan: float) -> None:
    camera = camera_of(walked(way, pan), fov=60.0)
    assert camera.kind == WALKING and camera.walks and camera.view is not None
    assert camera.turned == pytest.approx(abs(pan) * TIME[-1] * 2, abs=2.0)
