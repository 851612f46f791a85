"""Whether a camera moves, by pictures of a textured background panned by known amounts."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.camera_path.watching import BackgroundWatch
from glagcn_cli.shots.camera_motion import DRIFT
from tests.helpers.landscape import FPS, HEIGHT, LANDSCAPE, WIDTH, people, view, watch

FRAMES = 61  # the last one is looked at, as every third is


@pytest.mark.parametrize("speed", [-12.0, -2.0, 2.0, 12.0])
def test_a_pan_is_followed_over_its_whole_way(speed: float) -> None:
    verdict = watch([view(800 + speed * i) for i in range(FRAMES)]).verdict()
    assert verdict.moves
    # Means over a second, ten looks with the ends held, begin one look late and end 1.5 early.
    assert verdict.drift * WIDTH == pytest.approx(abs(speed) * (60 - 2.5 * 3), abs=3)


def test_a_tilt_is_one_too() -> None:
    assert watch([view(800, 100 + 3 * i) for i in range(FRAMES)]).verdict().moves


def test_a_tripod_stands_still_in_spite_of_grain_and_changing_light() -> None:
    rng = np.random.default_rng(1)
    frames = []
    for i in range(FRAMES):
        grain = rng.normal(0, 6, (HEIGHT, WIDTH, 1)) + 10 * np.sin(i / 9)
        frames.append(np.clip(view(800) + grain, 0, 255).astype(np.uint8))
    verdict = watch(frames).verdict()
    assert not verdict.moves
    assert verdict.drift < 0.005


def test_hands_that_sway_about_one_place_stand_still() -> None:
    sway = 6 * np.sin(2 * np.pi * 1.3 * np.arange(3 * FRAMES) / FPS)
    verdict = watch([view(800 + s, 200 + s / 2) for s in sway]).verdict()
    assert not verdict.moves
    assert verdict.drift < DRIFT / 2


def walker(frame: NDArray[np.uint8], x: float) -> NDArray[np.uint8]:
    """Somebody in a checked coat walks through the picture."""
    drawn = frame.copy()
    left = round(x)
    checks = np.indices((300, 200)).sum(axis=0) // 8 % 2 * 220
    right = min(WIDTH, left + 200)
    drawn[40:340, left:right] = checks[:, : right - left, None]
    return drawn


@pytest.mark.parametrize("pan", [0.0, 3.0])
def test_people_do_not_count(pan: float) -> None:
    """Somebody who fills a third of the picture walks with or against the camera."""
    places = 20 + 6.0 * np.arange(FRAMES)
    frames = [walker(view(800 + pan * i), x) for i, x in enumerate(places)]
    boxes = [people((x, 40, x + 200, 340)) for x in places]
    assert watch(frames, boxes).verdict().moves == (pan > 0)


def test_a_camera_that_is_carried_along_moves() -> None:
    """What is near goes by six times as fast as what is far, so that no single motion fits."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    frames = [
        cv2.remap(LANDSCAPE, columns + 600 + i * (1 + 5 * rows / HEIGHT), rows, cv2.INTER_LINEAR)
        for i in range(FRAMES)
    ]
    assert watch(frames).verdict().moves


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_water_that_flows_past_is_no_camera_that_moves(share: float) -> None:
    shore = round(HEIGHT * (1 - share))
    frames = [view(800) for _ in range(FRAMES)]
    for i, frame in enumerate(frames):
        frame[shore:] = view(300 + 3 * i, 500)[shore:]
    assert not watch(frames).verdict().moves


def test_a_crowd_in_which_everybody_moves_in_his_own_way_is_no_camera_that_moves() -> None:
    rng = np.random.default_rng(5)
    heads = [(x, y, *rng.uniform(1, 7, 4)) for x in range(0, 640, 40) for y in range(0, 360, 40)]
    frames = [view(800) for _ in range(FRAMES)]
    for i, frame in enumerate(frames):
        for x, y, pace, phase, nod, start in heads:
            left = 800 + x + round(15 * np.sin(i / 30 * pace + phase))
            top = 200 + y + round(15 * np.sin(i / 30 * nod + start))
            frame[y : y + 40, x : x + 40] = LANDSCAPE[top : top + 40, left : left + 40]
    assert not watch(frames).verdict().moves


def test_a_cut_is_no_motion() -> None:
    frames = [view(800)] * 30 + [cv2.flip(view(1500, 400), 0)] * 30
    verdict = watch(frames).verdict()
    assert not verdict.moves and verdict.drift < 0.005


@pytest.mark.parametrize(
    "frames",
    [
        [np.full((HEIGHT, WIDTH, 3), 180, np.uint8)] * FRAMES,
        [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * FRAMES,
        [np.random.default_rng(i).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8) for i in range(9)],
        [view(800)],
        [],
    ],
    ids=["a bare wall", "darkness", "snow", "one frame", "no frame"],
)
def test_where_nothing_can_be_told_the_camera_is_taken_for_still(frames: list) -> None:
    assert watch(frames).verdict() == (False, 0.0)


def test_a_person_who_fills_the_picture_hides_what_the_camera_does() -> None:
    frames = [view(800 + 5 * i) for i in range(FRAMES)]
    assert not watch(frames, [people((0, 0, WIDTH, HEIGHT))] * FRAMES).verdict().moves


def test_a_zoom_is_no_pan() -> None:
    frames = []
    for zoom in np.linspace(1, 1.6, FRAMES):
        frames.append(view(1000 - WIDTH / 2 / zoom, 400 - HEIGHT / 2 / zoom, zoom))
    assert not watch(frames).verdict().moves


def test_batches_change_nothing() -> None:
    frames = [view(800 + 4 * i) for i in range(FRAMES)]
    whole, parts = watch(frames), BackgroundWatch((WIDTH, HEIGHT), FPS)
    for first, last in pairwise([0, 1, 8, 17, FRAMES]):
        parts.add(frames[first:last], [people()] * (last - first))
    assert parts.motion.verdict() == whole.verdict()
