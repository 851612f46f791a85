"""Whose box or pose is whose, among people marked by eye."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.real_video.people_found import Count
from benchmarks.real_video.people_marked import MARKS, MarkedFrame, marked_clips

FRAME = MarkedFrame(np.array([[100.0, 100, 200], [160, 110, 180]]), np.array([True, False]))
FIRST, SECOND = (60, 5, 145, 205), (120, 20, 200, 200)


@pytest.mark.parametrize(
    ("boxes", "whose"),
    [
        ([FIRST, SECOND], [0, 1]),
        ([SECOND, FIRST], [1, 0]),
        ([SECOND], [-1, 0]),
        ([(0, 0, 400, 400)], [-1, -1]),  # twice as high as anybody
        ([(90, 80, 110, 120)], [-1, -1]),  # a part of somebody
        # A double is nobody's.
        ([FIRST, (70, 10, 150, 210), SECOND], [0, 2]),
        ([], [-1, -1]),
    ],
)
def test_a_box_is_of_whom_it_fits(boxes: list, whose: list[int]) -> None:
    assert FRAME.of_boxes(np.array(boxes, float).reshape(-1, 4)).tolist() == whose


@pytest.mark.parametrize(
    ("points", "whose"),
    [
        ([(104, 98), (155, 120)], [0, 1]),
        ([(104, 98)], [0, -1]),
        ([(104, 98), (102, 101)], [1, -1]),
        ([(300, 100)], [-1, -1]),
        ([], [-1, -1]),
    ],
)
def test_a_pose_is_of_whom_it_is_near(points: list, whose: list[int]) -> None:
    assert FRAME.of_points(np.array(points, float).reshape(-1, 2)).tolist() == whose


def test_who_is_hardly_seen_is_counted_apart() -> None:
    count = Count()
    count.add(FRAME, np.array([2, -1]), 3)
    assert count.cells() == ["1 of 1", "0 of 1"]
    assert count.false == 2


def test_the_marks_are_of_frames_and_people() -> None:
    clips = json.loads(MARKS.read_text(encoding="utf-8"))["clips"]
    people = [row for clip in clips.values() for row in clip["people"]]
    assert len(people) == 86 and sum(row[4] for row in people) == 76
    assert all(row[0] >= 0 and row[3] > 0 and row[4] in (0, 1) for row in people)
    assert all(len(clip["sha256"]) == 64 for clip in clips.values())


def test_another_video_of_a_name_is_refused(tmp_path: Path) -> None:
    assert marked_clips(tmp_path) == []
    (tmp_path / "apart.avi").write_bytes(b"another")
    with pytest.raises(ValueError, match="is not the video that was marked"):
        marked_clips(tmp_path)
