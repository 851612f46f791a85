"""Pictures that mislead: what covers the background, what moves by itself, what is not there."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from glagcn_cli.poses import FrameDetections
from tests.helpers.landscape import people, view
from tests.helpers.turning_world import (
    FOCAL,
    FPS,
    HEIGHT,
    WIDTH,
    Pictures,
    degrees_off,
    film,
    followed_links,
    found_path,
    turns,
)

FRAMES = 90
TIME = np.arange(FRAMES) / FPS
PAN = turns(10 * TIME - 15)
SHAPE = (HEIGHT, WIDTH, 3)


def turned_by(pictures: Pictures, seen: list[FrameDetections] | None = None) -> float | None:
    """Degrees between the first and the last frame; None where no turn was found."""
    path = found_path(pictures, seen)
    if path is None or not path.turns:
        return None
    last = path.rotation[-1] @ path.rotation[0].T
    return float(np.degrees(np.arccos(np.clip((np.trace(last) - 1) / 2, -1, 1))))


def fog(pictures: Pictures) -> Pictures:
    """Nothing but two grey levels of contrast, under grain."""
    rng = np.random.default_rng(0)
    return [
        np.clip(
            200 + (picture.astype(float) - 120) / 100 + rng.normal(0, 3, picture.shape), 0, 255
        ).astype(np.uint8)
        for picture in pictures
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: [np.full((HEIGHT, WIDTH, 3), 180, np.uint8)] * 60,
        lambda: [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * 60,
        lambda: [np.random.default_rng(i).integers(0, 255, SHAPE, np.uint8) for i in range(9)],
        lambda: fog(film(PAN)),
        lambda: film(PAN[:1]),
    ],
    ids=["blank wall", "darkness", "snow", "fog", "one frame"],
)
def test_where_nothing_can_be_told_no_turn_is_found(make: Callable[[], Pictures]) -> None:
    assert turned_by(make()) is None


def test_a_crowd_that_fills_the_picture_hides_the_background() -> None:
    everywhere = people((0, 0, WIDTH, HEIGHT))
    assert turned_by(film(PAN), [everywhere] * FRAMES) is None


def test_people_who_fill_half_of_the_picture_are_left_out() -> None:
    """They walk with the camera, in checked coats."""
    pictures = film(PAN)
    checks = np.indices((HEIGHT, WIDTH // 2)).sum(axis=0) // 8 % 2 * 220
    for picture in pictures:
        picture[:, 160:480] = checks[..., None]
    path = found_path(pictures, [people((160, 0, 480, HEIGHT))] * FRAMES)
    assert path is not None and path.turns
    assert degrees_off(path, PAN).max() < 0.7


def test_a_scoreboard_does_not_pin_the_camera() -> None:
    slow = turns(2 * TIME - 3)
    pictures = film(slow)
    board = view(100, 500)[:90, :260]
    for picture in pictures:
        picture[20:110, 20:280] = board
        picture[300:350, 400:620] = board[:50, :220]
    path = found_path(pictures)
    assert path is not None and path.turns
    assert degrees_off(path, slow).max() < 0.4


def test_a_picture_in_the_picture_moves_by_itself() -> None:
    pictures = film(PAN)
    for i, picture in enumerate(pictures):
        picture[30:150, 400:600] = view(300 + 4 * i, 500)[:120, :200]
    path = found_path(pictures)
    assert path is not None and path.turns
    assert degrees_off(path, PAN).max() < 0.7


@pytest.mark.parametrize("share", [0.4, 0.6])
def test_a_train_window_is_no_camera_that_turns(share: float) -> None:
    pictures = film(turns(np.zeros(60)))
    rows = round(HEIGHT * share)
    for i, picture in enumerate(pictures):
        picture[20 : 20 + rows] = view(300 + 5 * i, 400)[:rows]
    assert turned_by(pictures) is None


def test_a_crowd_in_which_everybody_moves_in_his_own_way_is_no_turn() -> None:
    rng = np.random.default_rng(5)
    heads = [(x, y, *rng.uniform(1, 7, 4)) for x in range(0, 640, 40) for y in range(0, 360, 40)]
    pictures = film(turns(np.zeros(60)))
    source = view(800)
    for i, picture in enumerate(pictures):
        for x, y, pace, phase, nod, start in heads:
            left = min(600, max(0, x + round(15 * np.sin(i / 30 * pace + phase))))
            top = min(320, max(0, y + round(15 * np.sin(i / 30 * nod + start))))
            picture[y : y + 40, x : x + 40] = source[top : top + 40, left : left + 40]
    assert turned_by(pictures) is None


def test_a_flash_is_bridged() -> None:
    pictures = film(PAN)
    for lit in (40, 41, 42):
        pictures[lit] = np.clip(pictures[lit].astype(int) + 190, 0, 255).astype(np.uint8)
    path = found_path(pictures)
    assert path is not None and path.turns
    assert degrees_off(path, PAN).max() < 0.7


def test_light_that_changes_on_the_way_changes_nothing() -> None:
    pictures = film(PAN)
    for i, picture in enumerate(pictures):
        gain = 0.5 + 0.6 * i / FRAMES
        pictures[i] = np.clip(picture * gain, 0, 255).astype(np.uint8)
    path = found_path(pictures)
    assert path is not None
    assert degrees_off(path, PAN).max() < 0.7


def test_shots_are_solved_apart() -> None:
    one, other = turns(10 * TIME - 30), turns(15 - 8 * TIME, 0, 5 * np.sin(TIME))
    pictures = film(one) + [cv2.flip(p, 1) for p in film(other)]
    for part, rotations, mirror in ((slice(0, FRAMES), one, 1), (slice(FRAMES, None), other, -1)):
        path = found_path(pictures, part=part)
        assert path is not None and path.turns and len(path) == FRAMES
        flip = np.diag([mirror, 1, 1])
        assert degrees_off(path, flip @ rotations @ flip).max() < 0.7


def test_240_frames_a_second_are_not_all_looked_at() -> None:
    rotations = turns(10 * np.arange(240) / 240)
    pictures = film(rotations)
    links = followed_links(pictures, fps=240)
    assert links is not None and (links.keys >= 0).sum() <= 31
    path = found_path(pictures, fps=240)
    assert path is not None and path.turns
    assert degrees_off(path, rotations).max() < 0.3


def test_a_camera_on_its_side_turns_as_well() -> None:
    quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], float)
    rotations = quarter @ PAN
    path = found_path(film(rotations, FOCAL, (360, 640)), fov=_fov(640))
    assert path is not None and path.turns
    assert degrees_off(path, rotations).max() < 0.7


def _fov(longer: int) -> float:
    return float(np.degrees(2 * np.arctan(longer / 2 / FOCAL)))
