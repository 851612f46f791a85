"""People who overlap get joints of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from glagcn_cli.detection.apart import PeopleApart, mistaken
from glagcn_cli.detection.interface import Keypoints
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17
from glagcn_cli.tracking.tracklets import without_doubles
from glagcn_cli.video.frame import Frame

RED, BLUE = (220, 30, 30), (30, 30, 220)
FRONT = np.array([100, 50, 180, 250], np.float32)
BEHIND = np.array([150, 60, 220, 240], np.float32)
POSE = np.array(
    [
        (0.5, 0.05), (0.53, 0.03), (0.47, 0.03), (0.56, 0.05), (0.44, 0.05), (0.75, 0.2),
        (0.25, 0.2), (0.9, 0.35), (0.1, 0.35), (0.95, 0.5), (0.05, 0.5), (0.65, 0.5), (0.35, 0.5),
        (0.67, 0.75), (0.33, 0.75), (0.68, 0.98), (0.32, 0.98),
    ]
)  # fmt: skip


def standing(box: np.ndarray) -> np.ndarray:
    """Joints (17, 2) of somebody who fills a box."""
    return (box[:2] + POSE * (box[2:] - box[:2])).astype(np.float32)


def picture(*people: tuple[np.ndarray, tuple[int, int, int]]) -> Frame:
    """People as patches of a colour, the last in front."""
    frame = np.full((300, 400, 3), 200, np.uint8)
    for box, colour in people:
        left, top, right, bottom = box.astype(int)
        frame[top:bottom, left:right] = colour
    return frame


class Patches:
    """Finds whichever patch fills most of a box: joints of everybody in it are the same person's.

    A patch of which nothing is seen is not found: the joints lie in the box's middle, scored low.
    """

    joint_set = COCO17

    def __init__(self, least: int = 400) -> None:
        self.least, self.calls = least, []

    def __call__(self, frames: Sequence[Frame], boxes: Sequence[np.ndarray]) -> list[Keypoints]:
        self.calls.append(sum(map(len, boxes)))
        return [self._frame(frame, inside) for frame, inside in zip(frames, boxes, strict=True)]

    def _frame(self, frame: Frame, boxes: np.ndarray) -> Keypoints:
        poses = [self._pose(frame, box) for box in boxes]
        keypoints = np.array([pose for pose, _ in poses], np.float32).reshape(-1, 17, 2)
        scores = np.array([np.full(17, score) for _, score in poses], np.float32)
        return Keypoints(keypoints, scores.reshape(-1, 17))

    def _pose(self, frame: Frame, box: np.ndarray) -> tuple[np.ndarray, float]:
        left, top, right, bottom = box.astype(int).clip(0)
        counts = [
            (np.all(frame[top:bottom, left:right] == colour, axis=-1).sum(), -order, colour)
            for order, colour in enumerate((RED, BLUE))
        ]
        most, _, colour = max(counts)
        if most < self.least:
            return np.tile((box[:2] + box[2:]) / 2, (17, 1)), 0.1
        rows, columns = np.nonzero(np.all(frame == colour, axis=-1))
        whole = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        return standing(whole), 0.8


@pytest.fixture
def overlapping() -> Frame:
    return picture((BEHIND, BLUE), (FRONT, RED))


class FrontOnly(Patches):
    """Sees the red patch wherever a box has much of it, as networks see who is in front."""

    def _pose(self, frame: Frame, box: np.ndarray) -> tuple[np.ndarray, float]:
        left, top, right, bottom = box.astype(int).clip(0)
        seen = np.all(frame[top:bottom, left:right] == RED, axis=-1).sum()
        return (standing(FRONT), 0.8) if seen > 5000 else super()._pose(frame, box)


def test_the_box_behind_gets_joints_of_its_own(overlapping: Frame) -> None:
    alone = FrontOnly()
    boxes = np.stack([FRONT, BEHIND])
    (before,) = alone([overlapping], [boxes])
    np.testing.assert_array_equal(before.keypoints[0], before.keypoints[1])
    (found,) = PeopleApart(alone)([overlapping], [boxes])
    np.testing.assert_array_equal(found.keypoints[0], standing(FRONT))
    visible = np.array([FRONT[2], BEHIND[1], BEHIND[2], BEHIND[3]])
    assert np.abs(found.keypoints[1] - standing(visible)).max() < 40
    assert found.keypoints[1][:, 0].min() > 150


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_whose_joints_they_are_does_not_depend_on_the_order(order: list[int]) -> None:
    boxes = np.stack([FRONT, BEHIND])[order]
    poses = Keypoints(np.stack([standing(FRONT)] * 2), np.full((2, 17), 0.8, np.float32))
    assert mistaken(boxes, poses) == [(order.index(1), order.index(0))]


def test_the_person_in_front_may_be_the_one_who_was_given_the_others(overlapping: Frame) -> None:
    boxes = np.stack([FRONT, BEHIND])
    poses = Keypoints(np.stack([standing(BEHIND)] * 2), np.full((2, 17), 0.8, np.float32))
    assert mistaken(boxes, poses) == [(0, 1)]


def test_people_apart_are_looked_at_once() -> None:
    far = FRONT + np.array([200, 0, 200, 0], np.float32)
    counted = Patches()
    found = PeopleApart(counted)(
        [picture((far, BLUE), (FRONT, RED))] * 2, [np.stack([FRONT, far])] * 2
    )
    assert counted.calls == [4]
    for frame in found:
        np.testing.assert_array_equal(frame.keypoints[1], standing(far))


def test_one_joint_of_the_neighbour_is_enough_to_look_again() -> None:
    boxes = np.stack([FRONT, BEHIND])
    keypoints = np.stack([standing(FRONT), standing(BEHIND)])
    poses = Keypoints(keypoints, np.full((2, 17), 0.8, np.float32))
    assert mistaken(boxes, poses) == []
    wrist = COCO17.index("right_wrist")
    keypoints[1, wrist] = keypoints[0, wrist]
    assert mistaken(boxes, poses) == [(1, 0)]


def test_two_boxes_of_one_person_stay_doubles() -> None:
    frame = picture((FRONT, RED))
    second = FRONT + np.array([5, 5, 10, -20], np.float32)
    boxes = np.stack([FRONT, second])
    (found,) = PeopleApart(Patches())([frame], [boxes])
    np.testing.assert_array_equal(found.keypoints[0], found.keypoints[1])
    everybody = FrameDetections(
        boxes, np.array([0.5, 0.9], np.float32), found.keypoints, found.scores
    )
    assert without_doubles(everybody) == [0]


def test_of_doubles_the_one_in_its_own_box_stays() -> None:
    scores = np.stack([np.full(17, 0.8), np.full(17, 0.85)]).astype(np.float32)
    keypoints = np.stack([standing(FRONT)] * 2)
    rows = FrameDetections(
        np.stack([FRONT, BEHIND]), np.array([0.9, 0.9], np.float32), keypoints, scores
    )
    assert without_doubles(rows) == [0]


@pytest.mark.parametrize("corner", [(-40, -30), (330, 180)])
def test_people_at_the_edge_of_the_picture(corner: tuple[int, int]) -> None:
    moved = np.tile(np.array(corner, np.float32) - FRONT[:2], 2)
    boxes = np.stack([FRONT + moved, BEHIND + moved])
    poses = np.stack([standing(box) for box in boxes[[0, 0]]])

    class Fixed(Patches):
        def __call__(self, frames: Sequence[Frame], boxes: Sequence[np.ndarray]) -> list[Keypoints]:
            if len(self.calls):
                return super().__call__(frames, boxes)
            self.calls.append(2)
            return [Keypoints(poses.copy(), np.full((2, 17), 0.8, np.float32))]

    (found,) = PeopleApart(Fixed())([picture()], [boxes])
    assert np.isfinite(found.keypoints).all()


def test_nobody_and_no_frames() -> None:
    detect = PeopleApart(Patches())
    assert detect([], []) == []
    (nobody,) = detect([picture()], [np.zeros((0, 4), np.float32)])
    assert len(nobody) == 0
