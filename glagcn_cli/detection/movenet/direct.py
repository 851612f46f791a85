"""MoveNet run by torch and OpenCV alone: the 2D models that come with the program.

Their configurations for MMDet and MMPose say what they are; every number is read from there. Run
through MMDet's and MMPose's own code they give the same results to the bit, which the tests
compare. Run directly they need neither and load in half the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...machine.batches import Batches
from ...machine.openvino.compiled import run_fast
from ...machine.openvino.making import Source
from ...skeleton import COCO17, JointSet
from ..crops import Crops
from ..frames import default_batch, same_sized
from ..interface import Boxes, Frame, Keypoints
from ..mmdet_boxes import inside_frame
from ..mmpose_keypoints import Pose, keypoints_of_frame
from ..openmmlab.building import fill, for_inference, read_checkpoint
from .configs import multipose, thunder
from .decoding import MultiPose, decode_multi_pose, decode_single_pose
from .network import BOX_MAPS, POSE_MAPS, MoveNet
from .people import FIRST_PIXEL, each_once, in_pixels_of, size_to_fit

IN_SINGLE = ("backbone.stem", "backbone.blocks.0")
"""Stay in single precision: in half these two would move joints as far as all the rest."""


class MoveNetBoxes:
    """MultiPose as a detector of people.

    Parameters
    ----------
    checkpoint
        Its weights.
    device
        For ``torch.device``.
    score
        Boxes whose score is not above this are dropped; a higher one in the configuration stands.
    batch_size
        Frames that go through the network at once; by default what suits the device.
    exact
        Single precision, also where half would be faster.
    """

    def __init__(
        self,
        checkpoint: Path,
        device: str = "cpu",
        score: float = 0.0,
        batch_size: int | None = None,
        exact: bool = False,
    ) -> None:
        config = multipose
        model: Mapping[str, Any] = config.model
        self._network = _load(model, POSE_MAPS | BOX_MAPS, checkpoint, device)
        if not exact:
            source = Source(checkpoint, single=IN_SINGLE)
            run_fast(self._network, "forward", device, source, self._network, "features")
        self._score = max(model["test_cfg"]["score_thr"], score)
        self._iou_threshold = model["test_cfg"]["iou_threshold"]
        resize = _step(config.test_dataloader, "mmdet.ResizeToFit")
        self._bounds = (resize["width"], resize["height"])
        self._before = model["data_preprocessor"]
        self._device = device
        self._batches = Batches(self._find, batch_size or default_batch(device))

    def __call__(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Find the people in each frame, by falling score."""
        return [boxes for run in same_sized(frames) for boxes in self._batches(run)]

    def _find(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Find the people in frames of one size, in one go through the network."""
        height, width = frames[0].shape[:2]
        size = size_to_fit((width, height), self._bounds)
        with torch.inference_mode():
            people = decode_multi_pose(self._network(self._inputs(frames, size)))
        factor = (size[0] / width, size[1] / height)
        found = []
        for image, frame in enumerate(frames):
            one = MultiPose(*(values[image] for values in people))
            kept = each_once(
                in_pixels_of((height, width), factor, one), self._score, self._iou_threshold
            )
            found.append(inside_frame(frame, kept.boxes.cpu().numpy(), kept.scores.cpu().numpy()))
        return found

    def _inputs(self, frames: Sequence[Frame], size: tuple[int, int]) -> Tensor:
        """Pictures (frames, 3, height, width) of a size, normalised, padded to whole cells."""
        small = [cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR) for frame in frames]
        pictures = _normalised(np.array(small, np.uint8), self._before, self._device).contiguous()
        divisor = self._before["pad_size_divisor"]
        right, below = -size[0] % divisor, -size[1] % divisor
        return torch.nn.functional.pad(
            pictures, (0, right, 0, below), value=self._before["pad_value"]
        )


class MoveNetKeypoints:
    """Thunder, which finds the joints of one person in a box.

    Parameters
    ----------
    checkpoint
        Its weights.
    device
        For ``torch.device``.
    batch_size
        People that go through the network at once; by default what suits the device.
    exact
        Single precision, also where half would be faster.
    """

    def __init__(
        self,
        checkpoint: Path,
        device: str = "cpu",
        batch_size: int | None = None,
        exact: bool = False,
    ) -> None:
        config = thunder
        model: Mapping[str, Any] = config.model
        self._network = _load(model, POSE_MAPS, checkpoint, device)
        if not exact:
            # Not what comes after: it tells fractions of a pixel of its map.
            source = Source(checkpoint, single=IN_SINGLE)
            run_fast(self._network, "forward", device, source, self._network.backbone)
        before = model["data_preprocessor"]
        self._crops = Crops(
            size=_step(config.test_dataloader, "TopdownAffine")["input_size"],
            padding=_step(config.test_dataloader, "GetBBoxCenterScale")["padding"],
            use_udp=False,
            swapped=not before["bgr_to_rgb"],
            mean=np.array(before["mean"], np.float32),
            std=np.array(before["std"], np.float32),
        )
        self._device = device
        self._batches = Batches(self._find, batch_size or default_batch(device))

    @property
    def joint_set(self) -> JointSet:
        """What the joints are."""
        return COCO17

    def __call__(
        self, frames: Sequence[Frame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints of the people in each frame; as `MMPoseKeypoints` does."""
        counts = [len(people) for people in boxes]
        people = [
            (frame, box) for frame, inside in zip(frames, boxes, strict=True) for box in inside
        ]
        found = iter(self._batches(people))
        return [keypoints_of_frame([*islice(found, count)], len(COCO17)) for count in counts]

    def _find(self, people: Sequence[tuple[Frame, NDArray[np.float32]]]) -> list[Pose]:
        """Keypoints (17, 2) and scores (17,) of each person of one batch."""
        inputs, places = self._crops(people, self._device)
        with torch.inference_mode():
            poses = decode_single_pose(self._network(inputs))
        in_crops = (poses.keypoints - FIRST_PIXEL).cpu().numpy()
        scores = poses.keypoint_scores.cpu().numpy().clip(0, 1)
        return [
            (_in_frame(crop, place).astype(np.float32), seen)
            for crop, place, seen in zip(in_crops, places, scores, strict=True)
        ]


class _Network(MoveNet):
    """MoveNet with a name for what computes in half precision."""

    def features(self, images: Tensor) -> Tensor:
        """Features (images, 24, height / 4, width / 4) of normalised images."""
        return self.neck(self.backbone(images))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Compute the maps of normalised images."""
        return self.head(self.features(images))


def _load(
    model: Mapping[str, Any], maps: Mapping[str, int], checkpoint: Path, device: str
) -> _Network:
    """Build a network as its configuration says and fill it from its checkpoint."""
    network = _Network(model["backbone"]["width"], maps)
    fill(network, read_checkpoint(checkpoint), checkpoint)
    return for_inference(network, device)


def _step(dataloader: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Find a step of a configuration's pipeline by its type."""
    return next(step for step in dataloader["dataset"]["pipeline"] if step["type"] == kind)


def _normalised(pictures: NDArray[np.uint8], before: Mapping[str, Any], device: str) -> Tensor:
    """RGB pictures (n, height, width, 3) as (n, 3, height, width) in the network's units."""
    mean, std = (torch.tensor(before[key], device=device) for key in ("mean", "std"))
    return ((torch.from_numpy(pictures).to(device).float() - mean) / std).permute(0, 3, 1, 2)


def _in_frame(keypoints: NDArray[np.float32], place: Mapping[str, Any]) -> NDArray[np.floating]:
    """Bring keypoints (joints, 2) from pixels of a crop to those of its frame."""
    centre, scale, size = (place[key] for key in ("input_center", "input_scale", "input_size"))
    return keypoints / size * scale + centre - 0.5 * scale
