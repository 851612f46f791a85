"""MoveNet Thunder (Google, 2021) in PyTorch: MobileNetV2, a feature pyramid, a head per map.

Batch norm is folded into the convolutions, as in the published graph, so the network is for
inference. Parameter names are the same here and inside MMPose's model class, and one checkpoint
serves both.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..mobile_blocks import Conv, InvertedResidual

JOINTS = 17  # COCO's keypoints
MAP_STRIDE = 4  # input pixels per cell of the maps
SIZE_DIVISOR = 32  # the coarsest features see 1/32 of the input

POSE_MAPS: dict[str, int] = {
    "centre": 1,
    "keypoint_regression": 2 * JOINTS,
    "keypoint_heatmap": JOINTS,
    "keypoint_offset": 2 * JOINTS,
}
"""Maps and their channels; pairs are (y, x), joint by joint."""

_WIDTH = 1.75  # Thunder's multiplier of all channels but the last

# MobileNetV2 (Sandler et al., CVPR 2018, table 2): expansion, channels, blocks, first stride.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_TAPS = (2, 5, 9)  # blocks whose output the pyramid reads: strides 4, 8 and 16
_TOP_CHANNELS = 1280
_PYRAMID_CHANNELS = (24, 24, 32, 64)  # finest first; the last one is the coarsest lateral's
_HEAD_CHANNELS = 96


def _scaled(channels: int) -> int:
    """Channels times the width multiplier, to a multiple of 8, at most a tenth below."""
    wanted = channels * _WIDTH
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


class MobileNetV2(nn.Module):
    """Backbone of MoveNet."""

    def __init__(self) -> None:
        super().__init__()
        channels = _scaled(32)
        self.stem = Conv(3, channels, kernel=3, stride=2, activation="relu6")
        self.blocks = nn.ModuleList()
        for expansion, base, repeats, first_stride in _STAGES:
            outputs = _scaled(base)
            for repeat in range(repeats):
                stride = first_stride if repeat == 0 else 1
                self.blocks.append(InvertedResidual(channels, outputs, expansion, stride))
                channels = outputs
        self.top = Conv(channels, _TOP_CHANNELS, activation="relu6")

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Features at strides 4, 8, 16 and 32 of ``(images, 3, height, width)`` RGB in -1..1."""
        height, width = images.shape[-2:]
        if height % SIZE_DIVISOR or width % SIZE_DIVISOR:
            raise ValueError(
                f"MoveNet takes sides that are multiples of {SIZE_DIVISOR}, not {width}x{height}"
            )
        first, *rest = self.blocks
        # In half precision these two alone would move joints four times as far as all the rest.
        with torch.autocast(images.device.type, enabled=False):
            x = first(self.stem(images))
        features = []
        for index, block in enumerate(rest, start=1):
            x = block(x)
            if index in _TAPS:
                features.append(x)
        return (*features, self.top(x))


class SeparableConv(nn.Module):
    """A 3x3 filter per channel, then a 1x1 convolution and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.depthwise = Conv(inputs, inputs, kernel=3, depthwise=True, bias=False)
        self.pointwise = Conv(inputs, outputs, activation="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, inputs, height, width)`` to ``(images, outputs, height, width)``."""
        mapped: Tensor = self.pointwise(self.depthwise(x))
        return mapped


class FeaturePyramid(nn.Module):
    """Brings the coarse features up to stride 4, adding the finer ones on the way."""

    def __init__(self) -> None:
        super().__init__()
        inputs = (*map(_scaled, (24, 32, 64)), _TOP_CHANNELS)
        # Each lateral has the channels of what it is added to: those of the level above it.
        outputs = (*_PYRAMID_CHANNELS[1:], _PYRAMID_CHANNELS[-1])
        self.laterals = nn.ModuleList(map(Conv, inputs, outputs))
        self.smooth = nn.ModuleList(map(SeparableConv, outputs[:3], _PYRAMID_CHANNELS[:3]))

    def forward(self, features: tuple[Tensor, ...]) -> Tensor:
        """Features ``(images, 24, height / 4, width / 4)`` from the backbone's four."""
        x = self.laterals[3](features[3])
        for level in (2, 1, 0):
            lateral = self.laterals[level](features[level])
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = self.smooth[level](x + lateral)
        return x


class MapHead(nn.Module):
    """Predicts one map: a separable convolution and a linear 1x1 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hidden = SeparableConv(_PYRAMID_CHANNELS[0], _HEAD_CHANNELS)
        self.output = Conv(_HEAD_CHANNELS, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(images, 24, height, width)`` to ``(images, channels, height, width)``."""
        return self.output(self.hidden(features))


class MapHeads(nn.ModuleDict):
    """The maps of ``POSE_MAPS`` by name; heat maps come as logits."""

    def __init__(self) -> None:
        super().__init__({name: MapHead(channels) for name, channels in POSE_MAPS.items()})

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Compute maps ``(images, channels, height, width)`` of features ``(images, 24, ...)``."""
        return {name: head(features) for name, head in self.items()}


class MoveNet(nn.Module):
    """Backbone, neck and head in one, for one person in a crop; `decoding` makes poses of it."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = MobileNetV2()
        self.neck = FeaturePyramid()
        self.head = MapHeads()

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Compute maps, a quarter of the size, of ``(images, 3, height, width)`` RGB in -1..1."""
        return self.head(self.neck(self.backbone(images)))
