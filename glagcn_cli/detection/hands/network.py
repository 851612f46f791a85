"""MediaPipe's landmarks of a hand (Google, 2020) in PyTorch, the lite model.

Batch norm is folded into the convolutions, as published, so the network is for inference.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..efficient_backbone import EfficientBackbone, Stage

SIDE = 224  # pixels of the square input
LANDMARKS = 21

STAGES = (
    Stage(1, 16, 1, 1, 3), Stage(4, 16, 1, 2, 3), Stage(6, 16, 1, 1, 3), Stage(6, 24, 2, 2, 5),
    Stage(6, 48, 3, 2, 3), Stage(6, 64, 3, 1, 5), Stage(6, 112, 4, 2, 5),
)  # fmt: skip


class HandHead(nn.Module):
    """Four linear layers on the mean of the coarsest features."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.presence = nn.Linear(inputs, 1)
        self.side = nn.Linear(inputs, 1)
        self.landmarks = nn.Linear(inputs, 3 * LANDMARKS)
        self.metric = nn.Linear(inputs, 3 * LANDMARKS)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, inputs, height, width)`` to rows as `HandNetwork` returns them."""
        x = x.mean(dim=(2, 3))
        parts = (self.landmarks, self.metric, self.presence, self.side)
        return torch.cat([part(x) for part in parts], dim=1)


class HandNetwork(nn.Module):
    """Backbone and head in one, for one hand in a crop whose fingers point upwards."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = EfficientBackbone(STAGES)
        self.head = HandHead(self.backbone.channels)

    def forward(self, images: Tensor) -> Tensor:
        """Find a hand in ``(images, 3, 224, 224)`` RGB in 0..1.

        Returns
        -------
        Tensor
            (images, 128): x, y in pixels of the input and depth from the wrist in the same unit, 21
            times; x, y, z in metres about the hand's middle, 21 times; logits of a hand, and of a
            right one.
        """
        if images.shape[-2:] != (SIDE, SIDE):
            raise ValueError(f"the hand takes {SIDE}x{SIDE} pixels, not {tuple(images.shape)}")
        features = self.backbone(images)[-1]
        with torch.autocast(images.device.type, enabled=False):
            found: Tensor = self.head(features.float())
        return found
