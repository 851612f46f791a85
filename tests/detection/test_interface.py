from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from glagcn_cli.detection.interface import Boxes, Keypoints
from glagcn_cli.detection.people_detector import TwoStageDetector
from glagcn_cli.skeleton import COCO17
from glagcn_cli.video.frame import Frame


def frame_with(people: int) -> Frame:
    return np.full((40, 60, 3), people, np.uint8)


def count_boxes(frames: Sequence[Frame]) -> list[Boxes]:
    """As many boxes as the frame's grey value, told apart by their left edge."""
    boxes = []
    for frame in frames:
        count = int(frame[0, 0, 0])
        left = np.arange(count, dtype=np.float32)
        edges = np.stack([left, left, left + 9, left + 9], axis=1)
        boxes.append(Boxes(edges, np.full(count, 0.5, np.float32)))
    return boxes


class LeftEdges:
    """Every joint of a person lies at the left upper corner of the box."""

    joint_set = COCO17

    def __call__(self, frames: Sequence[Frame], boxes: Sequence[np.ndarray]) -> list[Keypoints]:
        return [
            Keypoints(
                np.repeat(inside[:, None, :2], len(COCO17), axis=1),
                np.ones((len(inside), len(COCO17)), np.float32),
            )
            for inside in boxes
        ]


@pytest.mark.parametrize("counts", [[], [0], [0, 0], [2, 0, 1], [0, 3]])
def test_each_frame_gets_its_own_people(counts: list[int]) -> None:
    detect = TwoStageDetector(count_boxes, LeftEdges())
    found = detect([frame_with(count) for count in counts])
    assert [len(people) for people in found] == counts
    for people in found:
        assert people.keypoints.shape == (len(people), 17, 2)
        np.testing.assert_array_equal(people.keypoints[:, 5, 0], people.boxes[:, 0])


def test_the_joints_are_those_of_the_second_stage() -> None:
    assert TwoStageDetector(count_boxes, LeftEdges()).joint_set is COCO17


def test_boxes_and_scores_must_fit() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Boxes(np.zeros((2, 4), np.float32), np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="do not fit"):
        Keypoints(np.zeros((2, 17, 2), np.float32), np.zeros((2, 16), np.float32))
