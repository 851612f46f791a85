"""Output layers: positions, expected errors and gravity from features of joints."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional

OUT_CHANNELS = 3  # x, y, z

TYPICAL_ERROR = 0.05
"""Metres: output of an untrained uncertainty head."""


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """Switch mixed precision off: bfloat16 rounds a coordinate near a metre to 4 mm."""
    if x.device.type == "meta":  # autocast does not support it, and nothing is computed there
        return nullcontext()
    return torch.autocast(x.device.type, enabled=False)


class JointHead(nn.Module):
    """Maps a joint's features to its coordinates, or to other numbers.

    Unshared, every joint has its own weights (W_i in R^{C x 3}, the paper's individually connected
    layers), so that no joint's output depends on another joint's features.
    """

    def __init__(
        self, channels: int, joints: int, shared: bool, numbers: int = OUT_CHANNELS
    ) -> None:
        super().__init__()
        copies = 1 if shared else joints
        bound = channels**-0.5
        self.weight = nn.Parameter(torch.empty(copies, channels, numbers))
        self.bias = nn.Parameter(torch.zeros(copies, numbers))
        nn.init.uniform_(self.weight, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, V, T) to (N, T, V, numbers)."""
        with full_precision(x):
            features = x.permute(0, 2, 3, 1).to(self.weight.dtype)  # (N, V, T, C)
            return (features @ self.weight).transpose(1, 2) + self.bias


class ErrorHead(JointHead):
    """Maps a joint's features to its expected position error in metres.

    It does not affect the positions: no gradient flows back into the features.
    """

    def __init__(self, channels: int, joints: int) -> None:
        super().__init__(channels, joints, shared=False, numbers=1)
        nn.init.zeros_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, V, T) to (N, T, V), above 0."""
        return TYPICAL_ERROR * torch.exp(super().forward(x.detach())[..., 0].clamp(-5.0, 5.0))


class GravityHead(JointHead):
    """Maps the features of all joints of a frame to the direction against gravity."""

    def __init__(self, channels: int, joints: int) -> None:
        super().__init__(channels, joints, shared=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, V, T) to unit vectors (N, T, 3)."""
        return functional.normalize(super().forward(x).mean(dim=2), dim=-1)
