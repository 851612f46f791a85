"""BlazePose GHUM (Google, 2021) in PyTorch: an efficient backbone, landmarks, heat maps.

Batch norm is folded into the convolutions, as published, so the network is for inference. Of the
published graph the mask of the person and the points in metres are left out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..efficient_backbone import EfficientBackbone, Stage
from ..mobile_blocks import Conv

SIDE = 256  # pixels of the square input
LANDMARKS = 39  # 33 of the body, and 6 that place the next frame's crop
VALUES = 5  # of a landmark: x, y, z in pixels of the input, logits of visible and of present
MAP_STRIDE = 4  # input pixels per cell of the heat maps
EXPANSION = 6  # of the last layer

STAGES = (
    Stage(1, 16, 1, 1, 3), Stage(4, 24, 1, 2, 3), Stage(6, 24, 1, 1, 3), Stage(6, 32, 2, 2, 5),
    Stage(6, 64, 3, 2, 3), Stage(6, 88, 3, 1, 5), Stage(6, 144, 4, 2, 5),
)  # fmt: skip
TAPS = (2, 4, 10)  # blocks whose output the pyramid reads: strides 4, 8 and 16

_TAPPED = (24, 32, 88)
_PYRAMID_CHANNELS = 48
_HEAD_CHANNELS = 288
_HEAD_STRIDES = (2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1)


class Separable(nn.Module):
    """A 3x3 filter per channel, then a 1x1 convolution; ReLU6 after both unless `linear`."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, linear: bool = False) -> None:
        super().__init__()
        self.depthwise = Conv(inputs, inputs, 3, stride, depthwise=True, activation="relu6")
        self.pointwise = Conv(inputs, outputs, activation="none" if linear else "relu6")

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, inputs, height, width)`` to ``(images, outputs, ...)``."""
        mapped: Tensor = self.pointwise(self.depthwise(x))
        return mapped


class Residual(nn.Module):
    """A separable convolution beside what comes in, ReLU6 after the sum."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self._stride = stride
        self.separable = Separable(channels, channels, stride, linear=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, channels, height, width)`` to as many channels."""
        beside = x if self._stride == 1 else functional.max_pool2d(x, self._stride)
        return functional.relu6(beside + self.separable(x))


class HeatPyramid(nn.Module):
    """Brings the coarse features up to stride 4, adding the finer ones on the way."""

    def __init__(self, top: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(
            Separable(inputs, _PYRAMID_CHANNELS) for inputs in (*_TAPPED, top)
        )

    def forward(self, features: tuple[Tensor, ...]) -> Tensor:
        """Features ``(images, 48, height / 4, width / 4)`` from the backbone's four."""
        x: Tensor = self.laterals[-1](features[-1])
        for level in (2, 1, 0):
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = x + self.laterals[level](features[level])
        return x


class Regression(nn.Module):
    """Landmarks and whether anybody is there, from the coarsest features."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.entry = Separable(inputs, _HEAD_CHANNELS)
        self.blocks = nn.Sequential(*(Residual(_HEAD_CHANNELS, s) for s in _HEAD_STRIDES))
        self.landmarks = nn.Conv2d(_HEAD_CHANNELS, LANDMARKS * VALUES, 2)
        self.presence = nn.Conv2d(_HEAD_CHANNELS, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Landmarks and, last, a logit, in one row (images, 39 * 5 + 1)."""
        x = self.blocks(self.entry(x))
        return torch.cat((self.landmarks(x), self.presence(x)), dim=1).flatten(1)


class BlazePoseHead(nn.Module):
    """Landmarks twice: as numbers, and as heat maps that tell them more exactly."""

    def __init__(self) -> None:
        super().__init__()
        top = STAGES[-1].channels * EXPANSION
        self.pyramid = HeatPyramid(top)
        self.heat = Conv(_PYRAMID_CHANNELS, LANDMARKS)
        self.regression = Regression(top)

    def forward(self, features: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """Compute what `BlazePose` returns, of the backbone's features."""
        heat = self.heat(self.pyramid(features))
        with torch.autocast(heat.device.type, enabled=False):
            values = self.regression(features[-1].float())
        return {"values": values, "heat": heat.float()}


class BlazePoseBackbone(EfficientBackbone):
    """The backbone with BlazePose's stages."""

    def __init__(self) -> None:
        super().__init__(STAGES, expansion=EXPANSION, taps=TAPS, centred=True)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Compute features at strides 4, 8, 16 and 32 of ``(images, 3, 256, 256)``."""
        if images.shape[-2:] != (SIDE, SIDE):
            raise ValueError(f"BlazePose takes {SIDE}x{SIDE} pixels, not {tuple(images.shape)}")
        return super().forward(images)


class BlazePose(nn.Module):
    """Backbone and head in one, for one person in a crop."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = BlazePoseBackbone()
        self.head = BlazePoseHead()

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Compute what `decoding` reads of ``(images, 3, 256, 256)`` RGB in 0..1.

        ``values`` (images, 196): x, y and z in pixels of the input and logits of visible and of
        present, landmark by landmark, then a logit of a person. ``heat`` (images, 39, 64, 64):
        logits of each landmark's place.
        """
        found: dict[str, Tensor] = self.head(self.backbone(images))
        return found
