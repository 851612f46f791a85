"""MoveNet Thunder run by torch and OpenCV alone: the pose model that comes with the program.

Its configuration for MMPose says how a person is cut out. Run through MMPose's own code it gives
the same results to the bit, which the tests compare. Run directly it needs no MMPose and loads in
half the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...machine.batches import Batches
from ...machine.openvino.compiled import run_fast
from ...machine.openvino.making import Source
from ...skeleton import COCO17
from ..crops import Crops
from ..frames import default_batch
from ..interface import Frame, Keypoints
from ..mmpose_keypoints import Pose, in_each_frame
from ..openmmlab.building import load
from ..pictures import Normalised, OfPictures, in_single
from .configs import thunder
from .decoding import FIRST_PIXEL, decode_single_pose
from .network import MoveNet

IN_SINGLE = ("backbone.stem", "backbone.blocks.0")
"""Stay in single precision: in half these two would move joints as far as all the rest."""


class MoveNetKeypoints:
    """Thunder, which finds the joints of one person in a box.

    Parameters
    ----------
    checkpoint
        Its weights.
    device
        For ``torch.device``.
    exact
        Single precision, also where half would be faster.
    """

    joint_set = COCO17

    def __init__(self, checkpoint: Path, device: str = "cpu", exact: bool = False) -> None:
        network, _ = load(MoveNet(), checkpoint, device)
        model: Mapping[str, Any] = thunder.model
        before = model["data_preprocessor"]
        self._network = OfPictures(Normalised(before["mean"], before["std"]), network).to(device)
        if not exact:
            # Not what comes after: it tells fractions of a pixel of its map.
            source = Source(checkpoint, single=in_single(IN_SINGLE))
            run_fast(self._network, "forward", device, source, network.backbone)
        self._crops = Crops(
            size=_step("TopdownAffine")["input_size"],
            padding=_step("GetBBoxCenterScale")["padding"],
            use_udp=False,
            swapped=not before["bgr_to_rgb"],
            mean=np.array(before["mean"], np.float32),
            std=np.array(before["std"], np.float32),
        )
        self._device = device
        self._batches = Batches(self._find, default_batch(device))

    def __call__(
        self, frames: Sequence[Frame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints of the people in each frame; as `MMPoseKeypoints` does."""
        return in_each_frame(self._batches, frames, boxes, len(COCO17))

    def _find(self, people: Sequence[tuple[Frame, NDArray[np.float32]]]) -> list[Pose]:
        """Keypoints (17, 2) and scores (17,) of each person of one batch."""
        crops, places = self._crops.cut(people)
        with torch.inference_mode():
            pictures = torch.from_numpy(crops).to(self._device)
            poses = decode_single_pose(self._network(pictures))
        in_crops = (poses.keypoints - FIRST_PIXEL).cpu().numpy()
        scores = poses.keypoint_scores.cpu().numpy().clip(0, 1)
        return [
            (_in_frame(crop, place).astype(np.float32), seen)
            for crop, place, seen in zip(in_crops, places, scores, strict=True)
        ]


def _step(kind: str) -> dict[str, Any]:
    """Find a step of the configuration's pipeline by its type."""
    dataloader: Mapping[str, Any] = thunder.test_dataloader
    return next(step for step in dataloader["dataset"]["pipeline"] if step["type"] == kind)


def _in_frame(keypoints: NDArray[np.float32], place: Mapping[str, Any]) -> NDArray[np.floating]:
    """Bring keypoints (joints, 2) from pixels of a crop to those of its frame."""
    centre, scale, size = (place[key] for key in ("input_center", "input_scale", "input_size"))
    return keypoints / size * scale + centre - 0.5 * scale
