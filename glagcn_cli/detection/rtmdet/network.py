"""RTMDet-nano (Lyu et al., 2022) as PyTorch modules: CSPNeXt, a path aggregation neck, its head.

Batch norm is folded into the convolutions, so the network is for inference. Parameters have the
names of MMDet's modules without batch norm, and one checkpoint serves both.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..convolutions import Activation, convolve
from .decoding import SIZE_DIVISOR, STRIDES

_STEM = (8, 8, 16)
# Channels, blocks, whether blocks have shortcuts and whether the input is pooled: CSPNeXt's stages
# at a quarter of the width and a third of the depth.
_STAGES = ((32, 1, True, False), (64, 2, True, False), (128, 2, True, False), (256, 1, False, True))
_TAPS = (64, 128, 256)  # channels of the three stages that the neck reads
_CHANNELS = 64  # of the neck's results
_STACKED = 2  # blocks of the head before each map
_POOLS = (5, 9, 13)


class Conv(nn.Module):
    """Convolution and activation; a kernel sees as far on all sides."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        depthwise: bool = False,
        activation: Activation = "silu",
    ) -> None:
        super().__init__()
        groups = inputs if depthwise else 1
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``(images, channels, height, width)``."""
        it = self.conv
        stride, padding = it.stride[0], it.kernel_size[0] // 2
        return convolve(x, it.weight, it.bias, stride, padding, it.groups, self.activation)


class SeparableConv(nn.Module):
    """A filter per channel, then a 1x1 convolution, both with SiLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.depthwise_conv = Conv(inputs, inputs, kernel, stride, depthwise=True)
        self.pointwise_conv = Conv(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, inputs, height, width)`` to ``(images, outputs, ...)``."""
        mapped: Tensor = self.pointwise_conv(self.depthwise_conv(x))
        return mapped


class Block(nn.Module):
    """CSPNeXt's block: a 3x3 and a 5x5 separable convolution, with a shortcut or without."""

    def __init__(self, channels: int, has_shortcut: bool) -> None:
        super().__init__()
        self.conv1 = SeparableConv(channels, channels, 3)
        self.conv2 = SeparableConv(channels, channels, 5)
        self.has_shortcut = has_shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, channels, height, width)`` to the same shape."""
        result: Tensor = self.conv2(self.conv1(x))
        return result + x if self.has_shortcut else result


class ChannelAttention(nn.Module):
    """Weights every channel by what a linear layer makes of the mean of all."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, channels, height, width)`` to the same shape."""
        return x * functional.hardsigmoid(self.fc(x.mean((2, 3), keepdim=True)))


class CrossStage(nn.Module):
    """Half of the channels through blocks, half past them, then weighted and mixed."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        blocks: int = 1,
        has_shortcut: bool = False,
        has_attention: bool = False,
    ) -> None:
        super().__init__()
        half = outputs // 2
        self.main_conv = Conv(inputs, half)
        self.short_conv = Conv(inputs, half)
        self.final_conv = Conv(outputs, outputs)
        self.blocks = nn.Sequential(*[Block(half, has_shortcut) for _ in range(blocks)])
        self.attention = ChannelAttention(outputs) if has_attention else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, inputs, height, width)`` to ``(images, outputs, ...)``."""
        past = self.short_conv(x)
        both = torch.cat((self.blocks(self.main_conv(x)), past), dim=1)
        mixed: Tensor = self.final_conv(self.attention(both))
        return mixed


class Pooling(nn.Module):
    """Adds to the features the highest of the cells around, in squares of three sizes."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = Conv(channels, channels // 2)
        self.conv2 = Conv(channels // 2 * (len(_POOLS) + 1), channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, channels, height, width)`` to the same shape."""
        x = self.conv1(x)
        around = [functional.max_pool2d(x, side, 1, side // 2) for side in _POOLS]
        mapped: Tensor = self.conv2(torch.cat([x, *around], dim=1))
        return mapped


class CSPNeXt(nn.Module):
    """Backbone: a stem to half of the size, then four stages that halve it each."""

    def __init__(self) -> None:
        super().__init__()
        inputs = (3, *_STEM[:-1])
        strides = (2, 1, 1)
        self.stem = nn.Sequential(
            *[Conv(i, o, 3, s) for i, o, s in zip(inputs, _STEM, strides, strict=True)]
        )
        channels = _STEM[-1]
        for number, (outputs, blocks, has_shortcut, is_pooled) in enumerate(_STAGES, start=1):
            steps: list[nn.Module] = [SeparableConv(channels, outputs, 3, 2)]
            if is_pooled:
                steps.append(Pooling(outputs))
            steps.append(CrossStage(outputs, outputs, blocks, has_shortcut, has_attention=True))
            self.add_module(f"stage{number}", nn.Sequential(*steps))
            channels = outputs

    def forward(self, images: Tensor) -> list[Tensor]:
        """Features at strides 8, 16 and 32 of ``(images, 3, height, width)``."""
        x = self.stem(images)
        features = []
        for number in range(1, len(_STAGES) + 1):
            x = self.get_submodule(f"stage{number}")(x)
            features.append(x)
        return features[-len(_TAPS) :]


class PathAggregation(nn.Module):
    """Neck: coarse features go up to the finer ones, then what comes of it down again."""

    def __init__(self) -> None:
        super().__init__()
        fine, middle, coarse = _TAPS
        self.reduce_layers = nn.ModuleList([Conv(coarse, middle), Conv(middle, fine)])
        self.top_down_blocks = nn.ModuleList(
            [CrossStage(2 * middle, middle), CrossStage(2 * fine, fine)]
        )
        self.downsamples = nn.ModuleList(
            [SeparableConv(fine, fine, 3, 2), SeparableConv(middle, middle, 3, 2)]
        )
        self.bottom_up_blocks = nn.ModuleList(
            [CrossStage(2 * fine, middle), CrossStage(2 * middle, coarse)]
        )
        self.out_convs = nn.ModuleList([SeparableConv(channels, _CHANNELS) for channels in _TAPS])

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Features of 64 channels each, finest first, from the backbone's three."""
        x = features[-1]
        reduced = []
        levels = reversed(features[:-1])
        for reduce, block, finer in zip(
            self.reduce_layers, self.top_down_blocks, levels, strict=True
        ):
            reduced.append(reduce(x))
            larger = functional.interpolate(reduced[-1], scale_factor=2, mode="nearest")
            x = block(torch.cat((larger, finer), dim=1))
        results = [x]
        for down, block, coarser in zip(
            self.downsamples, self.bottom_up_blocks, reversed(reduced), strict=True
        ):
            results.append(block(torch.cat((down(results[-1]), coarser), dim=1)))
        return [out(x) for out, x in zip(self.out_convs, results, strict=True)]


class BoxHead(nn.Module):
    """Maps of scores and of the distances to a box's four edges, of every level its own."""

    def __init__(self) -> None:
        super().__init__()
        levels = range(len(STRIDES))

        def stacked() -> nn.Sequential:
            return nn.Sequential(*[SeparableConv(_CHANNELS, _CHANNELS) for _ in range(_STACKED)])

        self.cls_convs = nn.ModuleList([stacked() for _ in levels])
        self.reg_convs = nn.ModuleList([stacked() for _ in levels])
        self.rtm_cls = nn.ModuleList([nn.Conv2d(_CHANNELS, 1, 1) for _ in levels])
        self.rtm_reg = nn.ModuleList([nn.Conv2d(_CHANNELS, 4, 1) for _ in levels])

    def forward(self, features: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Score logits (images, 1, ...) and distances (images, 4, ...) in cells of each level."""
        scores, distances = [], []
        for level, x in enumerate(features):
            scores.append(self.rtm_cls[level](self.cls_convs[level](x)))
            distances.append(self.rtm_reg[level](self.reg_convs[level](x)))
        return scores, distances


class RTMDetNano(nn.Module):
    """Backbone, neck and head in one; `decoding` makes boxes of its maps."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = CSPNeXt()
        self.neck = PathAggregation()
        self.bbox_head = BoxHead()

    def features(self, images: Tensor) -> list[Tensor]:
        """Features (images, 64, height / stride, width / stride) of normalised images."""
        height, width = images.shape[-2:]
        if height % SIZE_DIVISOR or width % SIZE_DIVISOR:
            raise ValueError(
                f"RTMDet takes sides that are multiples of {SIZE_DIVISOR}, not {width}x{height}"
            )
        results: list[Tensor] = self.neck(self.backbone(images))
        return results

    def forward(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Map normalised images (images, 3, height, width) as `BoxHead` says."""
        maps: tuple[list[Tensor], list[Tensor]] = self.bbox_head(self.features(images))
        return maps
