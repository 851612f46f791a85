from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from glagcn_cli.detection.followed import FADED, PATIENCE, Followed
from glagcn_cli.detection.interface import Keypoints
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17
from glagcn_cli.video.frame import Frame

MIDDLE = np.array([160.0, 120.0])
TALL = 100.0  # pixels from the head to the feet
HEAD, FEET = (255, 0, 0), (0, 0, 255)
ALONG = np.repeat([0.0, 0.2, 0.5, 0.6, 1.0], [5, 2, 4, 2, 4])  # from head to feet, of each joint
ALONG[COCO17.indices(("left_hip", "right_hip"))] = 0.5


def body(angle: float, middle: np.ndarray = MIDDLE) -> np.ndarray:
    """Joints (17, 2) of a body that is turned clockwise by an angle in degrees."""
    turn = np.radians(angle)
    up = np.array([np.sin(turn), -np.cos(turn)])
    aside = np.where(np.arange(17) % 2, -8.0, 8.0)[:, None] * np.array([-up[1], up[0]])
    return middle + (0.5 - ALONG)[:, None] * TALL * up + aside


def picture(angle: float | None, middle: np.ndarray = MIDDLE) -> Frame:
    """Draw a body's head and feet; nobody for None."""
    frame = np.full((240, 320, 3), 90, np.uint8)
    if angle is not None:
        joints = body(angle, middle)
        for joint, colour in ((joints[:5], HEAD), (joints[15:], FEET)):
            at = tuple(np.round(joint.mean(axis=0)).astype(int).tolist())
            cv2.circle(frame, at, 6, colour, -1)
    return frame


class SeesWhoStands:
    """Finds the drawn body, with high scores where it stands on its feet in the picture."""

    joint_set = COCO17

    def __init__(self) -> None:
        self.crops = 0

    def __call__(self, frames: Sequence[Frame], boxes: Sequence[np.ndarray]) -> list[Keypoints]:
        found = []
        for frame, inside in zip(frames, boxes, strict=True):
            self.crops += len(inside)
            pose, score = self._find(frame)
            found.append(
                Keypoints(
                    np.repeat(pose[None], len(inside), axis=0).astype(np.float32),
                    np.full((len(inside), 17), score, np.float32),
                )
            )
        return found

    @staticmethod
    def _find(frame: Frame) -> tuple[np.ndarray, float]:
        places = []
        for colour in (HEAD, FEET):
            y, x = np.nonzero((np.abs(frame.astype(int) - colour) < 80).all(axis=-1))
            if not len(x):
                return np.zeros((17, 2)), 0.05
            places.append(np.array([x.mean(), y.mean()]))
        head, feet = places
        way = feet - head
        across = (
            np.array([way[1], -way[0]]) / TALL * 8 * np.where(np.arange(17) % 2, -1, 1)[:, None]
        )
        stands = way[1] > 0.8 * np.hypot(*way)
        return head + ALONG[:, None] * way + across, 0.8 if stands else 0.2


def around(pose: np.ndarray) -> np.ndarray:
    return np.concatenate([pose.min(axis=0) - 5, pose.max(axis=0) + 5]).astype(np.float32)


def people(*angles: float, score: float = 0.8, middle: np.ndarray = MIDDLE) -> FrameDetections:
    """Bodies as a detector found them."""
    poses = np.array([body(angle, middle) for angle in angles]).reshape(-1, 17, 2)
    boxes = np.array([around(pose) for pose in poses], np.float32).reshape(-1, 4)
    return FrameDetections(
        boxes,
        np.full(len(angles), 0.7, np.float32),
        poses.astype(np.float32),
        np.full((len(angles), 17), score, np.float32),
    )


def follow(
    frames: Sequence[Frame], found: list[FrameDetections], last: FrameDetections | None = None
) -> tuple[list[FrameDetections], int]:
    """People after they were followed, and how many crops were looked at."""
    network = SeesWhoStands()
    Followed(network)(frames, found, last)
    return found, network.crops


def test_who_stands_and_is_found_costs_nothing() -> None:
    before = people(0)
    found, crops = follow([picture(0)] * 3, [people(0) for _ in range(3)], before)
    assert crops == 0
    assert all(len(frame) == 1 for frame in found)


@pytest.mark.parametrize("angle", [90, 180, -90, 150])
def test_joints_of_who_turned_over_are_found_in_a_turned_crop(angle: float) -> None:
    wrong = people(0, score=0.2)  # an upright crop shows a standing body, and hardly
    wrong.boxes[:] = people(angle).boxes
    found, _ = follow([picture(angle)], [wrong], people(angle - 25))
    assert found[0].scores.mean() > 0.7
    np.testing.assert_allclose(found[0].keypoints[0], body(angle), atol=3)


def test_who_stays_upside_down_stays_found() -> None:
    frames = [picture(180)] * 5
    found, crops = follow(frames, [people(180, score=0.2) for _ in frames], people(180))
    assert all(frame.scores.mean() > 0.7 for frame in found)
    assert crops == len(frames)


@pytest.mark.parametrize("angle", [0, 180])
def test_who_has_no_box_is_followed_by_joints(angle: float) -> None:
    places = [MIDDLE + 3.0 * np.array([number, 0]) for number in range(1, 6)]
    frames = [picture(angle, place) for place in places]
    found, _ = follow(frames, [people() for _ in frames], people(angle))
    for frame, place in zip(found, places, strict=True):
        np.testing.assert_allclose(frame.keypoints[0], body(angle, place), atol=3)
        assert (frame.boxes[0, :2] < place).all() and (place < frame.boxes[0, 2:]).all()


def test_nobody_is_followed_where_nobody_is() -> None:
    found, crops = follow([picture(None)] * 20, [people() for _ in range(20)], people(0))
    assert not any(len(frame) for frame in found)
    assert crops == 1  # once, upright


def test_who_was_turned_is_looked_for_a_little_longer() -> None:
    frames = [picture(None)] * (PATIENCE - 1) + [picture(180)]
    found, _ = follow(frames, [people() for _ in frames], people(180))
    assert [len(frame) for frame in found] == [0] * (PATIENCE - 1) + [1]
    later = [picture(None)] * PATIENCE + [picture(180)]
    found, _ = follow(later, [people() for _ in later], people(180))
    assert not any(len(frame) for frame in found)


def test_nobody_is_followed_for_ever_without_a_box() -> None:
    frames = [picture(0)] * 200
    found, _ = follow(frames, [people() for _ in frames], people(0))
    count = sum(len(frame) for frame in found)
    assert 20 < count < 100
    assert min(frame.box_scores[0] for frame in found[:count]) >= FADED


def test_who_leaves_the_picture_is_not_followed() -> None:
    at_the_edge = people(0, middle=np.array([10.0, 120.0]))
    _, crops = follow([picture(None)], [people()], at_the_edge)
    assert crops == 0


def test_who_is_behind_somebody_is_not_followed() -> None:
    before = people(0, 0, middle=MIDDLE)
    before.boxes[1] += 5
    in_front = people(0)
    in_front.boxes[0] += np.array([-80, -40, 80, 40])
    _, crops = follow([picture(0)], [in_front], before)
    assert crops == 0
