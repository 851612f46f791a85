"""What a 2D stage is: boxes around people, then keypoints in each box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..skeleton import JointSet

Frame: TypeAlias = NDArray[np.uint8]
"""A picture (height, width, 3), RGB."""


@dataclass(frozen=True)
class Boxes:
    """People of one frame.

    Parameters
    ----------
    boxes
        (people, 4) pixels: left, top, right, bottom.
    scores
        (people,) in 0..1.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.boxes.shape != (len(self.scores), 4) or self.scores.ndim != 1:
            raise ValueError(f"boxes {self.boxes.shape} do not fit scores {self.scores.shape}")

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True)
class Keypoints:
    """Keypoints of the people of one frame.

    Parameters
    ----------
    keypoints
        (people, joints, 2) pixels of the frame, x right, y down; pixel centres lie at whole
        numbers. They may lie outside the frame.
    scores
        (people, joints) in 0..1.
    """

    keypoints: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.keypoints.shape != (*self.scores.shape, 2) or self.scores.ndim != 2:
            raise ValueError(
                f"keypoints {self.keypoints.shape} do not fit scores {self.scores.shape}"
            )

    def __len__(self) -> int:
        return len(self.keypoints)


class BoxDetector(Protocol):
    """Finds people."""

    def __call__(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Find the people in each frame; a frame may have none."""
        ...


class KeypointDetector(Protocol):
    """Finds the joints of people whose boxes are known."""

    @property
    def joint_set(self) -> JointSet:
        """What the joints are."""
        ...

    def __call__(
        self, frames: Sequence[Frame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints in each frame's (people, 4) boxes, one `Keypoints` a frame."""
        ...


class TwoStageDetector:
    """Person boxes, then keypoints in each box.

    Parameters
    ----------
    box_detector, keypoint_detector
        The two stages; each batches over the frames and people it is given.
    """

    def __init__(self, box_detector: BoxDetector, keypoint_detector: KeypointDetector) -> None:
        self.box_detector = box_detector
        self.keypoint_detector = keypoint_detector

    @property
    def joint_set(self) -> JointSet:
        """What the joints are."""
        return self.keypoint_detector.joint_set

    def __call__(self, frames: Sequence[Frame]) -> list[FrameDetections]:
        """Find all people and their joints in a batch of frames.

        Parameters
        ----------
        frames
            Pictures (height, width, 3) uint8, RGB. As many as fit in memory at once; sizes may
            differ.

        Returns
        -------
        detections
            One for each frame, people by falling box score.
        """
        found = self.box_detector(frames)
        poses = self.keypoint_detector(frames, [people.boxes for people in found])
        return [
            FrameDetections(people.boxes, people.scores, pose.keypoints, pose.scores)
            for people, pose in zip(found, poses, strict=True)
        ]
