"""What a 2D stage is: boxes around people, then keypoints in each box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..skeleton import JointSet
from ..video.picture import AnyFrame


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

    def __call__(self, frames: Sequence[AnyFrame]) -> list[Boxes]:
        """Find the people in each frame; a frame may have none."""
        ...


class KeypointDetector(Protocol):
    """Finds the joints of people whose boxes are known."""

    @property
    def joint_set(self) -> JointSet:
        """What the joints are."""
        ...

    def __call__(
        self, frames: Sequence[AnyFrame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints in each frame's (people, 4) boxes, one `Keypoints` a frame."""
        ...
