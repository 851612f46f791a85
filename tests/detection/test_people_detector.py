from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from glagcn_cli.detection.interface import Boxes, Keypoints
from glagcn_cli.detection.key_boxes import Between, interpolated, same_people
from glagcn_cli.detection.people_detector import ClipDetector, TwoStageDetector
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17
from glagcn_cli.video.frame import Frame


def numbered(count: int) -> list[Frame]:
    """Frames that tell their number."""
    return [np.full((4, 4, 3), number, np.uint8) for number in range(count)]


class Walkers:
    """People who walk to the right, evenly; remembers in which frames it looked for them."""

    def __init__(self, people: Sequence[range], speed: float = 0.5) -> None:
        self.people, self.speed, self.searched = people, speed, []

    def __call__(self, frames: Sequence[Frame]) -> list[Boxes]:
        numbers = [int(frame[0, 0, 0]) for frame in frames]
        self.searched += numbers
        return [self.at(number) for number in numbers]

    def at(self, number: int) -> Boxes:
        lefts = [
            300.0 * person + self.speed * number
            for person, seen in enumerate(self.people)
            if number in seen
        ]
        boxes = np.array([[left, 10, left + 40, 110] for left in lefts], np.float32)
        return Boxes(boxes.reshape(-1, 4), np.full(len(lefts), 0.7, np.float32))


class Corners:
    """Every joint lies at its box's upper left corner; badly seen in the frames `hidden`."""

    joint_set = COCO17

    def __init__(self, hidden: Sequence[int] = ()) -> None:
        self.hidden = hidden

    def __call__(self, frames: Sequence[Frame], boxes: Sequence[np.ndarray]) -> list[Keypoints]:
        found = []
        for frame, inside in zip(frames, boxes, strict=True):
            score = 0.3 if int(frame[0, 0, 0]) in self.hidden else 0.9
            keypoints = np.repeat(inside[:, None, :2], len(COCO17), axis=1)
            found.append(Keypoints(keypoints, np.full(keypoints.shape[:2], score, np.float32)))
        return found


def detect_in_batches(detector: ClipDetector, count: int, batch: int = 8) -> list[FrameDetections]:
    frames = numbered(count)
    return [
        people
        for start in range(0, count, batch)
        for people in detector(frames[start : start + batch])
    ]


@pytest.mark.parametrize("every", [1, 2, 4, 8])
@pytest.mark.parametrize("count", [1, 7, 8, 30])
def test_people_who_walk_evenly_are_found_in_every_frame(every: int, count: int) -> None:
    walkers = Walkers([range(count), range(count)])
    found = detect_in_batches(ClipDetector(walkers, Corners(), every), count)
    assert len(found) == count
    for number, people in enumerate(found):
        np.testing.assert_allclose(people.boxes, walkers.at(number).boxes, atol=1e-3)
        np.testing.assert_allclose(people.keypoints[:, 0], people.boxes[:, :2])
    if count == 30:
        assert len(walkers.searched) == {1: 30, 2: 16, 4: 9, 8: 5}[every]
    assert len({*walkers.searched}) == len(walkers.searched)


def test_where_somebody_comes_or_goes_boxes_are_looked_for() -> None:
    walkers = Walkers([range(40), range(10, 21)])
    found = detect_in_batches(ClipDetector(walkers, Corners(), 4), 40)
    assert [len(people) for people in found] == [1] * 10 + [2] * 11 + [1] * 19
    assert {9, 10, 20, 21} <= {*walkers.searched} and 29 not in walkers.searched


def test_where_people_move_too_fast_boxes_are_looked_for() -> None:
    walkers = Walkers([range(24)], speed=9.0)
    detect_in_batches(ClipDetector(walkers, Corners(), 8), 24)
    assert sorted(walkers.searched) == [*range(24)]


def test_a_frame_in_which_the_box_missed_somebody_is_looked_at_again() -> None:
    walkers = Walkers([range(16)])
    detect_in_batches(ClipDetector(walkers, Corners(hidden=[5, 6]), 8), 16)
    assert {5, 6} <= {*walkers.searched} and 3 not in walkers.searched


def test_a_clip_can_be_gone_on_with() -> None:
    whole = detect_in_batches(ClipDetector(Walkers([range(32)]), Corners(), 4), 32)
    again = ClipDetector(walkers := Walkers([range(32)]), Corners(), 4, whole[15])
    for one, other in zip(again(numbered(32)[16:24]), whole[16:24], strict=True):
        np.testing.assert_array_equal(one.boxes, other.boxes)
    assert walkers.searched == [19, 23]


def test_people_are_told_apart_by_place_when_their_order_changes() -> None:
    before = Boxes(np.array([[0, 0, 10, 20], [50, 0, 60, 20]], np.float32), np.float32([0.9, 0.8]))
    after = Boxes(np.array([[51, 0, 61, 20], [1, 0, 11, 20]], np.float32), np.float32([0.9, 0.7]))
    rows = same_people(before, after)
    middle = interpolated({0: before, 2: after}, Between(0, 2, rows, 0.5))
    np.testing.assert_allclose(middle.boxes, [[0.5, 0, 10.5, 20], [50.5, 0, 60.5, 20]])
    np.testing.assert_allclose(middle.scores, [0.8, 0.85])
    nobody = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
    assert same_people(nobody, nobody).shape == same_people(before, nobody).shape == (0, 2)
    assert (
        len(interpolated({0: nobody, 1: nobody}, Between(0, 1, same_people(nobody, nobody), 0.3)))
        == 0
    )


class Fading(Walkers):
    """One walker whose score falls after the first frames; a doubtful box elsewhere in all."""

    def at(self, number: int) -> Boxes:
        walker = super().at(number)
        score = 0.8 if number < 4 else 0.2
        other = np.array([[700, 10, 740, 110]], np.float32)
        return Boxes(np.concatenate([walker.boxes, other]), np.array([score, 0.15], np.float32))


@pytest.mark.parametrize("every", [1, 2, 4])
def test_somebody_who_was_there_is_believed_with_a_lower_score(every: int) -> None:
    clip = ClipDetector(Fading([range(24)]), Corners(), every, new_score=0.35)
    found = detect_in_batches(clip, 24)
    assert [len(people) for people in found] == [1] * 24
    assert [people.boxes[0, 0] for people in found] == [0.5 * number for number in range(24)]


def test_frames_that_have_nothing_in_common_need_sure_boxes() -> None:
    detect = TwoStageDetector(Fading([range(24)]), Corners(), new_score=0.35)
    assert [len(people) for people in detect(numbered(6))] == [1, 1, 1, 1, 0, 0]
