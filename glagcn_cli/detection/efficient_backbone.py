"""The backbone that Google's landmark networks share: rows of MobileNet's blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import Tensor, nn

from .mobile_blocks import Conv, InvertedResidual


class Stage(NamedTuple):
    """Blocks of one width: how far they widen, their channels, how many, first stride, kernel."""

    expansion: int
    channels: int
    blocks: int
    stride: int
    kernel: int


class EfficientBackbone(nn.Module):
    """A stem, blocks, and a wide layer at the end.

    Parameters
    ----------
    stages
        The blocks.
    stem, expansion
        Channels of the stem, and how far the last layer widens.
    taps
        Numbers of blocks whose results are returned besides the last.
    centred
        As of `Conv`.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        stem: int = 24,
        expansion: int = 6,
        taps: Sequence[int] = (),
        centred: bool = False,
    ) -> None:
        super().__init__()
        self._taps = frozenset(taps)
        self.stem = Conv(3, stem, kernel=3, stride=2, activation="relu6", centred=centred)
        self.blocks = nn.ModuleList(_blocks(stages, stem, centred))
        last = stages[-1].channels
        self.channels = last * expansion
        self.top = Conv(last, self.channels, activation="relu6")
        self.filter = Conv(self.channels, self.channels, 3, depthwise=True, activation="relu6")

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Features of the taps and, last, of the top, of ``(images, 3, height, width)`` RGB."""
        x = self.stem(images)
        tapped = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self._taps:
                tapped.append(x)
        return (*tapped, self.filter(self.top(x)))


def _blocks(stages: Sequence[Stage], inputs: int, centred: bool) -> Iterator[InvertedResidual]:
    for stage in stages:
        for number in range(stage.blocks):
            stride = stage.stride if number == 0 else 1
            yield InvertedResidual(
                inputs, stage.channels, stage.expansion, stride, stage.kernel, centred
            )
            inputs = stage.channels
