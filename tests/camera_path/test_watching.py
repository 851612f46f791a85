"""The background of a video is looked at once for all who follow it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.measuring.drawn_scenes import yard
from benchmarks.measuring.drawn_world import drawn, looking
from glagcn_cli.camera_path.watching import BackgroundWatch
from glagcn_cli.shots.small_pictures import SmallPictures
from tests.helpers.landscape import people
from tests.helpers.turning_world import FPS, HEIGHT, WIDTH, Pictures, film, turns

TIME = np.arange(60) / FPS
PAN, STAYS = turns(10 * TIME - 10), turns(0 * TIME)


def watched(pictures: Pictures, fps: float = FPS) -> tuple[BackgroundWatch, list[int]]:
    """What has seen these pictures, and the frames that were shrunk."""
    height, width = pictures[0].shape[:2]
    watch, shrunk = BackgroundWatch((width, height), fps), []
    shrink = watch._pictures.look
    watch._pictures.look = lambda number, *rest: (  # type: ignore[method-assign]
        shrunk.append(number),
        shrink(number, *rest),
    )[1]
    watch.add(pictures, [people()] * len(pictures))
    return watch, shrunk


@pytest.mark.parametrize("rotations", [PAN, STAYS])
def test_no_frame_is_shrunk_twice_and_few_are(rotations: np.ndarray) -> None:
    """All in the first second, when nothing is known of the camera."""
    _, shrunk = watched(film(rotations))
    assert len(set(shrunk)) == len(shrunk)
    assert sum(number > FPS for number in shrunk) <= 15


def test_turns_and_verdict_come_from_the_same_looks() -> None:
    watch, shrunk = watched(film(PAN))
    links = watch.follower.links(len(PAN))
    assert links is not None
    assert np.flatnonzero(links.keys >= 0).tolist() == shrunk == list(watch.motion._places)
    assert watch.motion.verdict().moves


def test_pictures_that_nobody_looks_at_are_passed_over() -> None:
    watch = BackgroundWatch((WIDTH, HEIGHT), FPS)
    watch.add([None] * 5, [people()] * 5)
    assert not watch.motion.verdict().moves and watch.follower.links(5) is None


def test_points_are_followed_rarely_where_all_moves_as_one_and_often_where_not() -> None:
    panels, size, time = yard(np.random.default_rng(3)), (320, 180), np.arange(36) / 12
    focal = size[0] / 2 / np.tan(np.radians(30))
    counts = []
    for way in (0.0, 1.0):
        pictures = [
            drawn(panels, looking(12 - 8 * t, -3, 0), np.array([way * t, 1.5, 2]), focal, size)
            for t in time
        ]
        watch, _ = watched(pictures, 12)
        counts.append(sum(look.frame >= 16 for look in watch.parallax._looks))
    assert counts[0] <= 7 and counts[1] >= 18


def test_a_cut_between_looks_parts_the_verdicts() -> None:
    watch, _ = watched(film(PAN) + film(turns(0 * TIME, 20.0)))
    moves = watch.arrays([len(PAN)])["camera_moves"]
    assert moves.tolist() == [True, False]


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (1768, 994), (30, 20), (2000, 1)])
def test_small_pictures_fit_and_know_their_place_in_the_video(size: tuple[int, int]) -> None:
    pictures = SmallPictures(size)
    frame = np.zeros((size[1], size[0], 3), np.uint8)
    look = pictures.look(3, frame, people((0, 0, *size)))
    assert look.frame == 3 and max(look.grey.shape) <= 480
    assert look.grey.shape == tuple(max(1, side // pictures.shrink) for side in size[::-1])
    middle = np.array([[(side - 1) / 2 for side in look.grey.shape[::-1]]], np.float32)
    apart = pictures.in_video(middle) - [[(side - 1) / 2 for side in size]]
    assert np.abs(apart).max() <= pictures.shrink
