"""Rising lines of the background, from pictures to planes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.camera_path.upright_lines import (
    MOST_LOOKS,
    UprightLines,
    line_planes,
    lines_of_part,
    scaled_lines,
)
from glagcn_cli.poses import FrameDetections
from glagcn_cli.scene.plumb import plumb_line

WIDTH, HEIGHT, FOCAL, FPS = 960, 540, 900.0, 25
NOBODY = FrameDetections(
    np.zeros((0, 4), np.float32), np.zeros(0, np.float32),
    np.zeros((0, 17, 2), np.float32), np.zeros((0, 17), np.float32),
)  # fmt: skip


def houses(roll: float = 0.0, tilt: float = 0.0) -> NDArray[np.uint8]:
    """Posts on a wall before a camera that rolls and tilts, degrees."""
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    turn = Rotation.from_euler("ZX", [roll, tilt], degrees=True)
    rng = np.random.default_rng(0)
    for x in np.arange(-3.0, 3.1, 0.5):
        low, high = rng.uniform(-1.2, -0.4), rng.uniform(0.4, 1.2)
        corners = [[x, low, 5], [x + 0.2, low, 5], [x + 0.2, high, 5], [x, high, 5]]
        seen = turn.apply(corners)
        pixels = FOCAL * seen[:, :2] / seen[:, 2:] + [(WIDTH - 1) / 2, (HEIGHT - 1) / 2]
        cv2.fillConvexPoly(
            picture, np.rint(pixels * 16).astype(np.int32), (220, 210, 200), cv2.LINE_AA, 4
        )
    return picture


def found(*pictures: NDArray[np.uint8] | None, people: FrameDetections = NOBODY) -> UprightLines:
    lines = UprightLines((WIDTH, HEIGHT), FPS)
    for number, picture in enumerate(pictures):
        if picture is not None:
            lines.look(number, picture, people.boxes)
    return lines


@pytest.mark.parametrize(("roll", "tilt"), [(0, 0), (7, 0), (-4, 9)])
def test_the_planes_of_posts_tell_the_upright(roll: float, tilt: float) -> None:
    clip = found(houses(roll, tilt)).arrays()
    planes = line_planes(clip, slice(0, 1), (WIDTH, HEIGHT), np.array([FOCAL]))
    plumb = plumb_line(planes, np.array([0.0, -1.0, 0.0]), 0.0)
    up = Rotation.from_euler("ZX", [roll, tilt], degrees=True).apply([0.0, -1.0, 0.0])
    assert plumb is not None
    assert np.degrees(np.arccos(plumb.up @ up)) < 0.7


def test_a_camera_that_turned_sees_the_same_planes() -> None:
    turns = Rotation.from_euler("ZX", [[0, 0], [9, -6]], degrees=True).as_matrix()
    clip = found(*[houses()] * 50, houses(9, -6)).arrays()
    focal, turn = np.full(51, FOCAL), turns[[0] * 50 + [1]]
    planes = line_planes(clip, slice(0, 51), (WIDTH, HEIGHT), focal, turn)
    plumb = plumb_line(planes, np.array([0.0, -1.0, 0.0]), 0.0)
    assert plumb is not None
    assert np.degrees(np.arccos(-plumb.up[1])) < 0.7


def test_lines_on_people_are_left_out() -> None:
    whole = np.array([[0, 0, WIDTH, HEIGHT]], np.float32)
    everywhere = FrameDetections(
        whole, np.ones(1, np.float32), np.zeros((1, 17, 2), np.float32),
        np.ones((1, 17), np.float32),
    )  # fmt: skip
    assert len(found(houses()).arrays()["upright_lines"]) > 15
    assert not len(found(houses(), people=everywhere).arrays()["upright_lines"])


def test_a_long_clip_is_looked_at_a_few_times() -> None:
    lines, frame = UprightLines((64, 48), 1.0), np.zeros((48, 64, 3), np.uint8)
    looks = []
    lines._look = lambda number, picture, boxes: (  # type: ignore[method-assign]
        looks.append(number),
        UprightLines._look(lines, number, picture, boxes),
    )
    for number in range(3000):
        lines.look(number, frame, NOBODY.boxes)
    assert 0 < len(lines._found) <= MOST_LOOKS
    assert len(looks) < 100
    assert max(lines._found) > 1500, "they are spread over all of it"


def test_a_camera_at_rest_is_looked_at_half_as_often() -> None:
    lines = UprightLines((WIDTH, HEIGHT), FPS)
    for number in range(201):
        lines.look(number, houses(), NOBODY.boxes, rests=number > 60)
    assert sorted(lines._found) == [0, 50, 150]


def test_pictures_that_nobody_looks_at_are_passed_over() -> None:
    assert not len(found(None, None).arrays()["upright_lines"])
    assert len(found(None, houses()).arrays()["upright_lines"])


def test_parts_and_copies_of_a_clip_keep_their_lines() -> None:
    clip = found(*[houses()] * 110).arrays()
    assert np.unique(clip["upright_lines_frames"]).tolist() == [0, 50, 100]
    part = lines_of_part(clip, slice(40, 105, 2))
    assert np.unique(part["upright_lines_frames"]).tolist() == [5, 30]
    half = clip | scaled_lines(clip, 0.5)
    planes = [
        line_planes(one, slice(0, 110), (WIDTH // by, HEIGHT // by), np.full(110, FOCAL / by))
        for one, by in ((clip, 1), (half, 2))
    ]
    np.testing.assert_allclose(planes[0], planes[1], atol=0.003)
    assert lines_of_part({}, slice(0, 5)) == {} == scaled_lines({}, 2.0)


def test_a_clip_without_lines_or_with_damaged_ones_tells_nothing() -> None:
    focal = np.array([FOCAL])
    clip = found(houses()).arrays()
    damaged = clip | {"upright_lines": clip["upright_lines"][:-1]}
    for stored in ({}, damaged):
        assert len(line_planes(stored, slice(0, 1), (WIDTH, HEIGHT), focal)) == 0
    assert len(line_planes(clip, slice(1, 2), (WIDTH, HEIGHT), focal)) == 0
