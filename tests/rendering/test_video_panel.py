from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from glagcn_cli.poses import Keypoints2D
from glagcn_cli.rendering.drawing import LEFT, RIGHT
from glagcn_cli.rendering.video_panel import VideoPanel
from glagcn_cli.skeleton import COCO17
from tests.helpers.walkers import points_2d

GREY = 128


def frame_of(size: tuple[int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), GREY, np.uint8)


def drawn(
    panel_size: tuple[int, int], person: Keypoints2D, frame: np.ndarray | None = None
) -> np.ndarray:
    panel = np.zeros((panel_size[1], panel_size[0], 3), np.uint8)
    frame = frame_of(person.image_size) if frame is None else frame
    VideoPanel([person], person.image_size, panel_size).draw(panel, frame, 0)
    return panel


@pytest.mark.parametrize("size", [(640, 360), (1920, 1080), (320, 180)])
def test_joints_are_where_the_picture_shows_them(size: tuple[int, int]) -> None:
    person = points_2d(1, size)
    panel = drawn((640, 360), person)
    for joint, colour in (("left_wrist", LEFT), ("right_ankle", RIGHT)):
        x, y = (person.keypoints[0, COCO17.index(joint)] + 0.5) * 640 / size[0] - 0.5
        assert tuple(panel[round(y), round(x)]) == colour


def test_points_that_were_not_seen_make_no_line_thicker() -> None:
    person = points_2d(1, (640, 360))
    small = replace(person, keypoints=person.keypoints * 0.2 + [500, 250])
    keypoints, scores = small.keypoints.copy(), small.scores.copy()
    legs = COCO17.indices(["left_knee", "right_knee", "left_ankle", "right_ankle"])
    scores[:, legs] = 0
    hidden = replace(small, keypoints=keypoints, scores=scores)
    elsewhere = keypoints.copy()
    elsewhere[:, legs] = 0
    moved = replace(hidden, keypoints=elsewhere)
    # On a panel so large that the figure's size decides on the width of its lines.
    expected = drawn((2560, 1440), hidden)
    np.testing.assert_array_equal(drawn((2560, 1440), moved), expected)


def test_a_mark_in_the_video_and_a_keypoint_on_it_meet_after_scaling() -> None:
    # Independent of our arithmetic: the resized picture itself says where the mark went.
    size, panel_size = (1500, 700), (640, 360)
    frame = np.zeros((700, 1500, 3), np.uint8)
    cv2.circle(frame, (1100, 450), 12, (255, 255, 255), -1)
    person = points_2d(1, size)
    hidden = replace(person, valid=np.zeros(1, bool))
    bare = drawn(panel_size, hidden, frame).astype(int).sum(axis=-1)
    bare[bare < 300] = 0
    mark = np.argwhere(bare).mean(axis=0)[::-1]
    keypoints = np.full_like(person.keypoints, 50)
    keypoints[0, COCO17.index("left_wrist")] = (1100, 450)
    scores = np.zeros_like(person.scores)
    scores[0, COCO17.index("left_wrist")] = 1
    panel = drawn(panel_size, replace(person, keypoints=keypoints, scores=scores), frame * 0)
    dot = np.argwhere((panel == LEFT).all(axis=-1)).mean(axis=0)[::-1]
    np.testing.assert_allclose(dot, mark, atol=0.6)


def test_uncertain_joints_are_thin_and_poor_ones_left_out() -> None:
    person = points_2d(1, (640, 360))
    wrist = COCO17.index("left_wrist")
    areas = []
    for score in (0.9, 0.25, 0.05):
        scores = person.scores.copy()
        scores[0, wrist] = score
        panel = drawn((640, 360), replace(person, scores=scores))
        x, y = np.rint(person.keypoints[0, wrist]).astype(int)
        near = panel[y - 8 : y + 9, x - 8 : x + 9]
        areas.append(int((near != GREY).any(axis=-1).sum()))
    assert areas[0] > 2 * areas[1] > 0
    assert areas[2] == 0


def test_a_missing_person_is_not_drawn() -> None:
    person = replace(points_2d(1, (640, 360)), valid=np.zeros(1, bool))
    assert (drawn((640, 360), person) == GREY).all()


def test_bars_keep_the_shape_and_nothing_is_drawn_on_them() -> None:
    size = (1600, 400)
    person = points_2d(1, size)
    person = replace(person, keypoints=person.keypoints * np.array([1, 3], np.float32))
    panel = drawn((640, 360), person)
    picture = (panel == GREY).all(axis=-1)
    rows = np.nonzero(picture.any(axis=1))[0]
    assert (rows.min(), rows.max()) == (100, 259)
    assert picture.any(axis=0).all()
    assert len(np.unique(panel[:95].reshape(-1, 3), axis=0)) == 1
    assert len(np.unique(panel[265:].reshape(-1, 3), axis=0)) == 1


def test_scaling_down_a_lot_does_not_skip_pixels() -> None:
    # One-pixel stripes: skipping pixels would give black or white or moire, averaging gives grey.
    frame = np.zeros((1440, 2560, 3), np.uint8)
    frame[:, ::2] = 255
    person = replace(points_2d(1, (2560, 1440)), valid=np.zeros(1, bool))
    panel = drawn((640, 360), person, frame)
    assert abs(panel.astype(int) - 128).max() <= 1
