"""Rotation and focal length of a camera that turns by known amounts, and kinds of motion."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from glagcn_cli.camera_path.path import TURNING, WALKING, ZOOMING
from glagcn_cli.camera_path.watching import BackgroundWatch
from tests.helpers.landscape import LANDSCAPE, people
from tests.helpers.turning_world import (
    FOCAL,
    FOV,
    FPS,
    HEIGHT,
    WIDTH,
    degrees_off,
    film,
    followed_links,
    found_path,
    turns,
)

FRAMES = 120
TIME = np.arange(FRAMES) / FPS
SHAKE = np.stack(
    [0.8 * np.sin(2 * np.pi * 5 * TIME + k) + 0.5 * np.sin(8 * TIME + 2 * k) for k in range(3)]
)

MOTIONS = {
    "pan": (turns(10 * TIME - 20), FOCAL),
    "tilt": (turns(0, 6 * TIME - 12), FOCAL),
    "roll": (turns(0, 0, 15 * np.sin(TIME)), FOCAL),
    "shake": (turns(*SHAKE), FOCAL),
    "all": (turns(8 * TIME - 16 + SHAKE[0], 5 * np.sin(TIME), 5 * np.cos(TIME)), FOCAL),
}


@pytest.mark.parametrize(("rotations", "focal"), MOTIONS.values(), ids=MOTIONS)
def test_a_turning_camera_is_found(rotations: np.ndarray, focal: float) -> None:
    path = found_path(film(rotations, focal))
    assert path is not None and path.kind == TURNING and path.turns
    off = degrees_off(path, rotations)
    assert off.max() < 0.5
    assert off[1:].mean() < 4 * path.rotation_error.mean()
    np.testing.assert_allclose(path.focal, focal, rtol=0.03)
    assert path.located.mean() > 0.4


def test_a_zoom_is_found_to_a_percent_or_two() -> None:
    focal = FOCAL * 2 ** (TIME / TIME[-1])
    path = found_path(film(turns(0 * TIME), focal))
    assert path is not None and path.kind == ZOOMING
    np.testing.assert_allclose(path.focal, focal, rtol=0.03)
    assert degrees_off(path, turns(0 * TIME)).max() < 0.3


def test_a_zoom_during_a_pan_is_found() -> None:
    rotations, focal = turns(10 * TIME - 20), FOCAL * 2 ** (TIME / TIME[-1])
    path = found_path(film(rotations, focal))
    assert path is not None and path.kind == ZOOMING
    np.testing.assert_allclose(path.focal, focal, rtol=0.05)
    assert degrees_off(path, rotations).max() < 1


def test_a_wide_pan_tells_the_focal_length_that_nobody_gave() -> None:
    rotations = turns(15 * TIME - 30)
    path = found_path(film(rotations), fov=60, known=False)
    assert path is not None
    np.testing.assert_allclose(path.focal, FOCAL, rtol=0.05)
    assert path.focal_error.max() < 0.05


def test_a_small_turn_leaves_the_focal_length_and_says_so() -> None:
    path = found_path(film(turns(*SHAKE)), fov=60, known=False)
    assert path is not None and path.focal_error.min() > 0.15


def test_errors_do_not_add_up_where_the_view_comes_back() -> None:
    time = np.arange(300) / FPS
    rotations = turns(35 * np.sin(2 * np.pi * time / 10), 6 * np.sin(2 * np.pi * time / 5))
    path = found_path(film(rotations))
    assert path is not None
    assert degrees_off(path, rotations)[-1] < 0.15


def test_a_tripod_stands_still_in_spite_of_grain_and_changing_light() -> None:
    rng, frames = np.random.default_rng(1), film(turns(np.zeros(45)))
    for i, frame in enumerate(frames):
        grain = rng.normal(0, 6, frame.shape[:2])[..., None] + 10 * np.sin(i / 9)
        frames[i] = np.clip(frame + grain, 0, 255).astype(np.uint8)
    assert followed_links(frames) is None


def test_a_walking_camera_is_told_from_a_turning_one() -> None:
    """What is near goes by six times as fast as what is far."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    near = np.where((columns // 80 + rows // 90) % 2 == 0, 6.0, 1.0).astype(np.float32)
    frames = [
        np.asarray(cv2.remap(LANDSCAPE, columns + 600 + i * near, rows, cv2.INTER_LINEAR))
        for i in range(60)
    ]
    path = found_path(frames)
    assert path is None or not path.turns


def test_near_things_that_pass_far_ones_are_no_turn() -> None:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    faster = 1 + 0.8 * rows / HEIGHT
    frames = [
        np.asarray(cv2.remap(LANDSCAPE, columns + 600 + 3 * i * faster, rows, cv2.INTER_LINEAR))
        for i in range(90)
    ]
    path = found_path(frames)
    assert path is not None and path.kind == WALKING and not path.turns


def test_batches_change_nothing() -> None:
    pictures = film(turns(*SHAKE))
    whole, parts = followed_links(pictures), BackgroundWatch((WIDTH, HEIGHT), FPS)
    for first, last in pairwise([0, 1, 8, 17, FRAMES]):
        parts.add(pictures[first:last], [people()] * (last - first))
    again = parts.follower.links(FRAMES)
    assert whole is not None and again is not None
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])


def test_a_known_field_of_view_is_kept() -> None:
    path = found_path(film(turns(3 * TIME - 6)), fov=FOV * 1.02)
    assert path is not None
    assert abs(path.focal[0] / FOCAL - 1) < 0.03
