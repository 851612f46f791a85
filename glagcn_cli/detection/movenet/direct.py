"""MoveNet Thunder run by torch and OpenCV alone: the pose model that comes with the program.

Its configuration for MMPose says how a person is cut out. Run through MMPose's own code it gives
the same results to the bit, which the tests compare. Run directly it needs no MMPose and loads in
half the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...machine.batches import Batches
from ...machine.openvino.kept import Source, of_pictures
from ...machine.openvino.late import LateNetwork
from ...skeleton import COCO17
from ...video.picture import AnyFrame
from ..crops import Crops
from ..frames import default_batch
from ..interface import Keypoints
from ..mmpose_keypoints import Pose, in_each_frame
from .configs import thunder

if TYPE_CHECKING:
    from torch import nn

POSES = "poses"
"""Name of the result that is read, as `decoding.WithPoses` adds it."""

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
        source = None if exact else of_pictures(checkpoint, IN_SINGLE, (POSES,))
        loading = partial(_load, checkpoint, device, source)
        self._network = LateNetwork(loading, device, source, POSES)
        before = _preprocessor()
        self._crops = Crops(
            size=_step("TopdownAffine")["input_size"],
            padding=_step("GetBBoxCenterScale")["padding"],
            use_udp=False,
            swapped=not before["bgr_to_rgb"],
            mean=np.array(before["mean"], np.float32),
            std=np.array(before["std"], np.float32),
        )
        self._batches = Batches(self._find, default_batch(device))

    def __call__(
        self, frames: Sequence[AnyFrame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints of the people in each frame; as `MMPoseKeypoints` does."""
        return in_each_frame(self._batches, frames, boxes, len(COCO17))

    def _find(self, people: Sequence[tuple[AnyFrame, NDArray[np.float32]]]) -> list[Pose]:
        """Keypoints (17, 2) and scores (17,) of each person of one batch."""
        crops, places = self._crops.cut(people)
        return [
            (_in_frame(pose[:, :2], place).astype(np.float32), pose[:, 2])
            for pose, place in zip(self._network(crops), places, strict=True)
        ]


def _load(checkpoint: Path, device: str, source: Source | None) -> nn.Module:
    """Load the network with what comes before and after it."""
    from ...machine.openvino.compiled import run_fast
    from ..openmmlab.building import load
    from ..pictures import Normalised, OfPictures
    from .decoding import WithPoses
    from .network import MoveNet

    network, _ = load(MoveNet(), checkpoint, device)
    before = _preprocessor()
    normalised = Normalised(before["mean"], before["std"])
    whole = OfPictures(normalised, network, WithPoses()).to(device).eval()
    if source is not None:
        # Not what comes after: it tells fractions of a pixel of its map.
        run_fast(whole, "forward", device, source, network.backbone)
    return whole


def _preprocessor() -> Mapping[str, Any]:
    model: Mapping[str, Any] = thunder.model
    found: Mapping[str, Any] = model["data_preprocessor"]
    return found


def _step(kind: str) -> dict[str, Any]:
    """Find a step of the configuration's pipeline by its type."""
    dataloader: Mapping[str, Any] = thunder.test_dataloader
    return next(step for step in dataloader["dataset"]["pipeline"] if step["type"] == kind)


def _in_frame(keypoints: NDArray[np.float32], place: Mapping[str, Any]) -> NDArray[np.floating]:
    """Bring keypoints (joints, 2) from pixels of a crop to those of its frame."""
    centre, scale, size = (place[key] for key in ("input_center", "input_scale", "input_size"))
    return keypoints / size * scale + centre - 0.5 * scale
