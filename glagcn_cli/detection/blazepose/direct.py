"""BlazePose run by torch and OpenCV alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ...skeleton import COCO25
from ...video.picture import AnyFrame
from ..in_squares import InSquares
from ..interface import Keypoints
from ..mmpose_keypoints import Pose, in_each_frame
from ..turned_crops import Square, in_frame
from .configs import full
from .decoding import decode
from .network import SIDE, BlazePose
from .points import ROWS

IN_SINGLE = ("head.regression",)
"""Stays in single precision, as it tells fractions of a pixel in numbers up to 256."""


class Found(NamedTuple):
    """COCO-25 of one person.

    ``points`` (25, 2) are pixels of the frame, ``visible`` (25,) and ``presence`` in 0..1.
    """

    points: NDArray[np.float64]
    visible: NDArray[np.float64]
    presence: float


class BlazePosePoints(InSquares[Found]):
    """BlazePose, which finds the points of one person in a square.

    Parameters
    ----------
    checkpoint
        Its weights.
    device
        For ``torch.device``.
    exact
        Single precision, also where half would be faster.
    """

    joint_set = COCO25
    side = SIDE

    def __init__(self, checkpoint: Path, device: str = "cpu", exact: bool = False) -> None:
        super().__init__(BlazePose(), IN_SINGLE, checkpoint, device, exact)

    def _find(self, places: Sequence[tuple[AnyFrame, Square]]) -> list[Found]:
        with torch.inference_mode():
            found = decode(self._results(places))
        points, visible = (values[:, ROWS].double().cpu().numpy() for values in found[:2])
        presence = found.presence.tolist()
        return [
            Found(in_frame(points[k], square, SIDE), visible[k], presence[k])
            for k, (_, square) in enumerate(places)
        ]


class BlazePoseKeypoints:
    """BlazePose as the one network that finds joints, those of feet and hands among them.

    Its configuration for MMPose says how large the square around a box is.

    Parameters
    ----------
    checkpoint, device, exact
        As of `BlazePosePoints`.
    """

    joint_set = COCO25

    def __init__(self, checkpoint: Path, device: str = "cpu", exact: bool = False) -> None:
        self._find = BlazePosePoints(checkpoint, device, exact)
        loader: Mapping[str, Any] = full.test_dataloader
        steps = loader["dataset"]["pipeline"]
        self._padding = next(step["padding"] for step in steps if "padding" in step)

    def __call__(
        self, frames: Sequence[AnyFrame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints of the people in each frame; as `MMPoseKeypoints` does."""
        return in_each_frame(self._in_boxes, frames, boxes, len(COCO25))

    def _in_boxes(self, people: Sequence[tuple[AnyFrame, NDArray[np.float32]]]) -> list[Pose]:
        found = self._find([(frame, self._square(box)) for frame, box in people])
        return [
            (one.points.astype(np.float32), (one.visible * one.presence).astype(np.float32))
            for one in found
        ]

    def _square(self, box: NDArray[np.float32]) -> Square:
        """Return the upright square about a box, as MMPose lays it."""
        middle = (box[:2] + box[2:]).astype(np.float64) / 2
        side = float((box[2:] - box[:2]).max()) * self._padding
        return Square(middle, side, np.array([0.0, -1.0]))
