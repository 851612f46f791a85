"""RTMDet-nano run by torch and OpenCV alone: the detector that comes with the program.

Its configuration for MMDet says what it is; every number is read from there. Run through MMDet's
own code it finds the same boxes, which the tests compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...machine.batches import Batches
from ...machine.openvino.kept import Source, of_pictures
from ...machine.openvino.late import LateNetwork
from ...machine.openvino.running import LatePictures
from ...video.picture import AnyFrame, picture_of
from ..frames import default_batch, same_sized
from ..interface import Boxes
from ..mmdet_boxes import inside_frame
from ..suppression import suppress
from .configs import nano
from .decoding import SIZE_DIVISOR, candidates

if TYPE_CHECKING:
    from torch import nn

IN_SINGLE = ("bbox_head",)
"""Stays in single precision, as scores and edges are told there."""

Size = tuple[int, int]


class RTMDetBoxes:
    """RTMDet-nano as a detector of people.

    Parameters
    ----------
    checkpoint
        Its weights.
    device
        For ``torch.device``.
    score
        Boxes whose score is not above this are dropped; a higher one in the configuration stands.
    exact
        Single precision, also where half would be faster.
    longest
        Longer side of the network's input in pixels; by default the configuration's.
    """

    def __init__(
        self,
        checkpoint: Path,
        device: str = "cpu",
        score: float = 0.0,
        exact: bool = False,
        longest: int | None = None,
    ) -> None:
        model: Mapping[str, Any] = nano.model
        source = None if exact else of_pictures(checkpoint, IN_SINGLE)
        loading = partial(_load, checkpoint, device, source)
        self._network = LateNetwork(loading, device, source)
        self._rules = model["test_cfg"]
        self._score = max(self._rules["score_thr"], score)
        steps = nano.test_dataloader["dataset"]["pipeline"]  # type: ignore[index]
        resize, pad = steps[1], steps[2]
        self._longest = longest or resize["scale"][0]
        self._padding = pad["pad_val"]["img"]
        self._batches = Batches(self._find, default_batch(device))

    def __call__(self, frames: Sequence[AnyFrame]) -> list[Boxes]:
        """Find the people in each frame, by falling score."""
        return [boxes for run in same_sized(frames) for boxes in self._batches(run)]

    def _find(self, frames: Sequence[AnyFrame]) -> list[Boxes]:
        """Find the people in frames of one size, in one go through the network."""
        width, height = picture_of(frames[0]).size
        inner = scaled_size((width, height), self._longest)
        padded = padded_size(inner)
        scores, distances = self._network(self._inputs(frames, inner, padded))
        people = candidates(scores, distances, self._score, self._rules["nms_pre"])
        factor = np.array([inner[0] / width, inner[1] / height] * 2, np.float32)
        found = []
        for frame, (boxes, scores) in zip(frames, people, strict=True):
            inside = np.divide(boxes.clip(0, padded * 2), factor, dtype=np.float32)
            kept = suppress(inside, scores, self._rules["nms"]["iou_threshold"])
            kept = kept[: self._rules["max_per_img"]]
            found.append(inside_frame(frame, inside[kept], scores[kept]))
        return found

    def _inputs(self, frames: Sequence[AnyFrame], inner: Size, padded: Size) -> LatePictures:
        """Pictures (frames, height, width, 3) uint8, blue, green, red, padded right and below.

        Parameters
        ----------
        inner, padded
            (width, height) of the picture in it, and of all.
        """
        width, height = inner

        def make(number: int, picture: NDArray[np.uint8]) -> None:
            small = picture_of(frames[number]).resized(inner)
            picture[height:] = self._padding
            picture[:height, width:] = self._padding
            picture[:height, :width] = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)

        return LatePictures((len(frames), padded[1], padded[0], 3), make)


def _load(checkpoint: Path, device: str, source: Source | None) -> nn.Module:
    """Load the network with what comes before it."""
    from ...machine.openvino.compiled import run_fast
    from ..openmmlab.building import load
    from ..pictures import Normalised, OfPictures
    from .network import RTMDetNano

    network, _ = load(RTMDetNano(), checkpoint, device)
    model: Mapping[str, Any] = nano.model
    before = model["data_preprocessor"]
    whole = OfPictures(Normalised(before["mean"], before["std"]), network).to(device).eval()
    if source is not None:
        run_fast(whole, "forward", device, source, network, "features")
    return whole


def scaled_size(size: Size, longest: int) -> Size:
    """Scale a (width, height) to this longer side, as MMDet rounds it."""
    factor = longest / max(size)
    return max(1, int(size[0] * factor + 0.5)), max(1, int(size[1] * factor + 0.5))


def padded_size(size: Size) -> Size:
    """Enlarge a (width, height) to whole cells of the coarsest map."""
    return size[0] + -size[0] % SIZE_DIVISOR, size[1] + -size[1] % SIZE_DIVISOR
