"""People cut out of frames for MMPose's networks, all of a batch in one piece of memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..machine.openvino.running import LatePictures
from ..video.picture import AnyFrame, picture_of

if TYPE_CHECKING:
    import torch
    from mmengine.config import Config
    from mmengine.model import BaseModel

_STEPS = ("LoadImage", "GetBBoxCenterScale", "TopdownAffine", "PackPoseInputs")
_WARPS = {"type", "input_size", "use_udp"}
_NEEDED = ("input_center", "input_scale", "input_size")


@dataclass(frozen=True)
class Crops:
    """Cuts people out of frames as the usual test pipeline of MMPose does.

    That pipeline takes one person after the other through four Python objects, each on a picture
    whose channels were swapped. This has the same arithmetic and the same results.

    Parameters
    ----------
    size
        (width, height) of the network's input.
    padding
        Of a box: its sides are multiplied by this.
    use_udp
        Edges of boxes fall on pixel centres, as unbiased data processing has it.
    swapped
        The network reads blue, green, red.
    mean, std
        Of each channel, in the network's order; (3,).
    """

    size: tuple[int, int]
    padding: float
    use_udp: bool
    swapped: bool
    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    @classmethod
    def like(cls, config: Config, model: BaseModel) -> Crops | None:
        """Do as a configuration and its model's preprocessor say; None if they do more."""
        from mmpose.models.data_preprocessors import PoseDataPreprocessor

        steps = config.test_dataloader.dataset.pipeline
        if [step["type"].removeprefix("mmpose.") for step in steps] != [*_STEPS]:
            return None
        _, box, warp, _ = steps
        before = model.data_preprocessor
        plain = type(before) is PoseDataPreprocessor and before._enable_normalize
        if not (plain and before.pad_size_divisor == 1 and set(warp) <= _WARPS):
            return None
        return cls(
            (int(warp["input_size"][0]), int(warp["input_size"][1])),
            float(box.get("padding", 1.25)),
            bool(warp.get("use_udp", False)),
            not before._channel_conversion,  # its own swap, from the BGR that MMPose loads
            before.mean.flatten().cpu().numpy(),
            before.std.flatten().cpu().numpy(),
        )

    def __call__(
        self, people: Sequence[tuple[AnyFrame, NDArray[np.float32]]], device: str
    ) -> tuple[torch.Tensor, list[dict[str, Any]]]:
        """Cut people out.

        Parameters
        ----------
        people
            Frame and box (left, top, right, bottom) of each.
        device
            Where the network is.

        Returns
        -------
        inputs
            (people, 3, height, width), normalised, channels last in memory.
        places
            For each what MMPose wants to know to bring joints back to the frame.
        """
        import torch

        crops, places = self.cut(people)
        mean, std = (torch.from_numpy(values).to(device) for values in (self.mean, self.std))
        inputs = (torch.from_numpy(np.asarray(crops)).to(device).float() - mean) / std
        return inputs.permute(0, 3, 1, 2), places

    def cut(
        self, people: Sequence[tuple[AnyFrame, NDArray[np.float32]]]
    ) -> tuple[LatePictures, list[dict[str, Any]]]:
        """Cut people out as bytes (people, height, width, 3) in the network's order of channels."""
        width, height = self.size
        found = [self._place(box) for _, box in people]

        def make(person: int, crop: NDArray[np.uint8]) -> None:
            warp = self._warp(*found[person])
            crop[:] = picture_of(people[person][0]).warped(warp, self.size, cv2.INTER_LINEAR)
            if self.swapped:  # several times as fast as to copy a reversed view
                crop[:] = cv2.cvtColor(crop, cv2.COLOR_RGB2BGR)

        places = [dict(zip(_NEEDED, (*place, self.size), strict=True)) for place in found]
        return LatePictures((len(people), height, width, 3), make), places

    def _place(self, box: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Centre (2,) and padded size (2,) of a box, widened to the shape of the input."""
        centre = (box[2:] + box[:2]) * np.float32(0.5)
        across, up = (box[2:] - box[:2]) * np.float32(self.padding)
        shape = self.size[0] / self.size[1]
        size = (across, across / shape) if across > up * shape else (up * shape, up)
        return centre, np.array(size, np.float32)

    def _warp(self, centre: NDArray[Any], scale: NDArray[Any]) -> NDArray[np.floating]:
        """Matrix (2, 3) from the frame to the crop: MMPose's two ways to lay a box on the input."""
        if self.use_udp:
            return _edges_on_pixel_centres(centre, scale, self.size)
        width, height = self.size
        middle = np.array([width * 0.5, height * 0.5])
        here = _corner(centre, centre - np.array([scale[0] * 0.5, 0.0]))
        there = _corner(middle, np.array([0.0, height * 0.5]))
        return np.asarray(cv2.getAffineTransform(here, there))


def _corner(middle: NDArray[Any], side: NDArray[Any]) -> NDArray[np.float32]:
    """Three points (3, 2): two that are given, and the second turned a quarter about itself."""
    first, second = np.asarray(middle, np.float32), np.asarray(side, np.float32)
    across = first - second
    third = second + np.array([-across[1], across[0]], np.float32)
    return np.array([first, second, third], np.float32)


def _edges_on_pixel_centres(
    centre: NDArray[Any], scale: NDArray[Any], size: tuple[int, int]
) -> NDArray[np.float32]:
    """Matrix (2, 3) that lays a box's edges on the centres of the outermost pixels of a size."""
    factor = (np.array(size) - 1.0) / scale
    moved = factor * (scale * 0.5 - centre)
    return np.array([[factor[0], 0, moved[0]], [0, factor[1], moved[1]]], np.float32)
