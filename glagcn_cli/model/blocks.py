"""Adaptive graph convolution and the block of graph and temporal convolution built on it.

Feature maps are (batch, channels, frames, joints) throughout. The names of parameters are those
that the field's released checkpoints use, so that such a file maps onto these modules.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .architecture import EMBEDDING_SHARE, STRIDE
from .graph import SUBSETS

TEMPORAL_KERNEL = 9
TEMPORAL_PADDING = TEMPORAL_KERNEL // 2
ADAPTIVE_INIT = 1e-6


def _init_convolution(convolution: nn.Conv2d) -> nn.Conv2d:
    """Kaiming normal by fan-out, bias zero."""
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out")
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


class AdaptiveGraphConvolution(nn.Module):
    """Graph convolution over A_k (fixed) + B_k (learned) + C_k (per sample).

    out = ReLU(dropout(BN(sum_k conv_d_k(x (A_k + B_k + C_k)))) + shortcut(x)), with
    C_k = softmax_v(<theta_k(x)_v, phi_k(x)_w> / (channels x frames)).
    Source: Yu et al., ICCV 2023, section 3; the adaptive graph of Shi et al., CVPR 2019.

    Parameters
    ----------
    in_channels, out_channels
        Channels before and after.
    fixed
        (3, joints, joints) adjacency A_k.
    dropout
        Share of features dropped after the batch norm.
    """

    A: Tensor

    def __init__(self, in_channels: int, out_channels: int, fixed: Tensor, dropout: float) -> None:
        super().__init__()
        embedding = out_channels // EMBEDDING_SHARE
        self.register_buffer("A", fixed.clone(), persistent=False)
        self.PA = nn.Parameter(torch.full_like(fixed, ADAPTIVE_INIT))
        self.conv_a = self._convolutions(in_channels, embedding)
        self.conv_b = self._convolutions(in_channels, embedding)
        self.conv_d = self._convolutions(in_channels, out_channels)
        self.bn = nn.BatchNorm2d(out_channels)
        # Each block starts as its shortcut: with weight 1 the errors start at metres.
        nn.init.constant_(self.bn.weight, ADAPTIVE_INIT)
        self.drop = nn.Dropout(dropout)
        self.down: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.down = nn.Sequential(
                _init_convolution(nn.Conv2d(in_channels, out_channels, 1)),
                nn.BatchNorm2d(out_channels),
            )

    @staticmethod
    def _convolutions(in_channels: int, out_channels: int) -> nn.ModuleList:
        return nn.ModuleList(
            _init_convolution(nn.Conv2d(in_channels, out_channels, 1)) for _ in range(SUBSETS)
        )

    def graph(self, x: Tensor) -> Tensor:
        """A_k + B_k + C_k for every sample: (N, in, T, V) to (N, 3, V, V)."""
        layers = [*self.conv_a, *self.conv_b]
        embedded = _one_convolution(x, layers)  # (N, 6 x embedding, T, V): one pass over x
        embedded = embedded.reshape(x.shape[0], len(layers), -1, x.shape[3])
        # Each factor is divided before the product, whose sum would leave half precision's range.
        embedded = embedded * embedded.shape[2] ** -0.5
        theta, phi = embedded[:, :SUBSETS], embedded[:, SUBSETS:]
        return self.A + self.PA + torch.softmax(theta.transpose(2, 3) @ phi, dim=2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in, T, V) to (N, out, T, V)."""
        n, channels, frames, joints = x.shape
        mixed = x.reshape(n, 1, channels * frames, joints) @ self.graph(x)
        # The sum over subsets is one convolution over their channels side by side.
        mixed = mixed.reshape(n, SUBSETS * channels, frames, joints)
        weight = torch.cat([layer.get_parameter("weight") for layer in self.conv_d], dim=1)
        bias = torch.stack([layer.get_parameter("bias") for layer in self.conv_d]).sum(dim=0)
        out = self.drop(self.bn(functional.conv2d(mixed, weight, bias)))
        return torch.relu(out + self.down(x))


def _one_convolution(x: Tensor, layers: Sequence[nn.Module]) -> Tensor:
    """Several 1x1 convolutions of one input as one, their outputs side by side."""
    weight = torch.cat([layer.get_parameter("weight") for layer in layers])
    bias = torch.cat([layer.get_parameter("bias") for layer in layers])
    return functional.conv2d(x, weight, bias)


class TemporalConvolution(nn.Module):
    """Convolution along time, the same for every joint, then batch norm."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = _init_convolution(
            nn.Conv2d(
                in_channels,
                out_channels,
                (kernel, 1),
                stride=(stride, 1),
                padding=((kernel - 1) // 2, 0),
            )
        )
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in, T, V) to (N, out, ceil(T / stride), V)."""
        return self.bn(self.conv(x))


class GraphTemporalBlock(nn.Module):
    """Adaptive graph convolution, then temporal convolution, plus a residual, then ReLU.

    Parameters
    ----------
    in_channels, out_channels
        Channels before and after.
    fixed
        (3, joints, joints) adjacency.
    stride
        Step of the temporal convolution.
    residual
        Whether the block adds its input (through a 1x1 convolution where channels change).
    dropout
        Passed to the graph convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        fixed: Tensor,
        *,
        stride: int = 1,
        residual: bool = True,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.gcn1 = AdaptiveGraphConvolution(in_channels, out_channels, fixed, dropout)
        self.tcn1 = TemporalConvolution(out_channels, out_channels, TEMPORAL_KERNEL, stride)
        self.residual: nn.Module | None = None
        if residual and in_channels == out_channels and stride == 1:
            self.residual = nn.Identity()
        elif residual:
            self.residual = TemporalConvolution(in_channels, out_channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in, T, V) to (N, out, ceil(T / stride), V)."""
        y = self.tcn1(self.gcn1(x))
        if self.residual is not None:
            y = y + self.residual(x)
        return torch.relu(y)


def strided_level(x: Tensor, keep: nn.Module, shrink: nn.Module) -> Tensor:
    """One level of the local module: (N, C, T, V) to (N, C, T / 3, V), T a multiple of 3.

    A stride-1 block (`keep`), then a stride-3 block without residual of its own (`shrink`);
    around both a skip that takes the middle frame of each three.
    """
    return x[:, :, 1::STRIDE] + shrink(keep(x))
