"""Person boxes, then keypoints in each box: the two networks of the 2D stage as one detector."""

from __future__ import annotations

from collections.abc import Sequence

from ..poses import FrameDetections
from ..skeleton import JointSet
from .interface import BoxDetector, Frame, KeypointDetector
from .key_frames import ClipDetector


class TwoStageDetector:
    """Person boxes, then keypoints in each box.

    Parameters
    ----------
    box_detector, keypoint_detector
        The two stages; each batches over the frames and people it is given.
    boxes_every
        Of a clip, boxes are looked for in every frame of this number; see `ClipDetector`.
    frames_at_once
        Frames of a clip that suit the device and its memory; best a multiple of `boxes_every`.
    """

    def __init__(
        self,
        box_detector: BoxDetector,
        keypoint_detector: KeypointDetector,
        boxes_every: int = 1,
        frames_at_once: int = 8,
    ) -> None:
        self.box_detector = box_detector
        self.keypoint_detector = keypoint_detector
        self.boxes_every = boxes_every
        self.frames_at_once = frames_at_once

    @property
    def joint_set(self) -> JointSet:
        """What the joints are."""
        return self.keypoint_detector.joint_set

    def __call__(self, frames: Sequence[Frame]) -> list[FrameDetections]:
        """Find all people and their joints in frames that need have nothing in common.

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
        return ClipDetector(self.box_detector, self.keypoint_detector)(frames)

    def of_clip(self, last: FrameDetections | None = None) -> ClipDetector:
        """Detector for the frames of one clip in order, after one in which `last` was found."""
        return ClipDetector(self.box_detector, self.keypoint_detector, self.boxes_every, last)
