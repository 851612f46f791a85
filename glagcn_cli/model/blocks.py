"""Adaptive graph convolution and the block of graph and temporal convolution built on it.

Feature maps are (batch, channels, joints, frames), in memory with the channels last. All frames and
channels of a joint are then one row, and the graph mixes joints in one matrix product. Convolutions
read its output without a copy. Only the factors of the graph are copied.

The names and shapes of parameters are those of the released checkpoints, so that such a file maps
onto these modules.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from .architecture import EMBEDDING_SHARE, STRIDE
from .graph import SUBSETS

TEMPORAL_KERNEL = 9
ADAPTIVE_INIT = 1e-6


def _init_convolution(convolution: nn.Conv2d) -> nn.Conv2d:
    """Initialise by Kaiming normal with fan-out, bias zero."""
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
    adaptive
        Without it there are neither B_k nor C_k.
    unread
        (joints, joints) added before the softmax of C_k (`graph.unread`); None for nothing.
    """

    A: Tensor
    unread: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        fixed: Tensor,
        dropout: float,
        adaptive: bool = True,
        unread: Tensor | None = None,
    ) -> None:
        super().__init__()
        embedding = out_channels // EMBEDDING_SHARE
        self.register_buffer("A", fixed.clone(), persistent=False)
        self.register_buffer("unread", unread, persistent=False)
        self.adaptive = adaptive
        if adaptive:
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
        """Compute A_k + B_k + C_k for every sample: (N, in, V, T) to (N, 3, V, V)."""
        n, _, joints, frames = x.shape
        if not self.adaptive:
            return self.A.expand(n, -1, -1, -1)
        layers = [*self.conv_a, *self.conv_b]  # one pass over x: (N, V, T, 6 x embedding)
        weight, bias = _joined(layers, "weight", 0), _joined(layers, "bias", 0)
        # Each factor is divided before the product, whose sum would leave half precision's range.
        # A convolution has fewer weights than outputs.
        scale = (frames * weight.shape[0] / len(layers)) ** -0.5
        embedded = _last(functional.conv2d(x, scale * weight, scale * bias))
        embedded = embedded.reshape(n, joints, frames, len(layers), -1).permute(0, 3, 1, 2, 4)
        embedded = embedded.reshape(n, len(layers), joints, -1)
        theta, phi = embedded[:, :SUBSETS], embedded[:, SUBSETS:]
        alike = theta @ phi.transpose(2, 3)
        if self.unread is not None:
            alike = alike + self.unread
        return self.A + self.PA + torch.softmax(alike, dim=2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in, V, T) to (N, out, V, T)."""
        n, channels, joints, frames = x.shape
        graph = self.graph(x).transpose(2, 3).reshape(n, SUBSETS * joints, joints)
        mixed = graph @ _last(x).reshape(n, joints, frames * channels)
        # The sum over subsets is one convolution across them: (N, in, 3, V x T) to (N, out, 1, -).
        mixed = _second(mixed.reshape(n, SUBSETS, joints * frames, channels))
        bias = torch.stack([layer.get_parameter("bias") for layer in self.conv_d]).sum(dim=0)
        out = functional.conv2d(mixed, _joined(self.conv_d, "weight", 2), bias)
        out = _second(_last(out).reshape(n, joints, frames, -1))
        return torch.relu(self.drop(self.bn(out)) + self.down(x))


def _joined(layers: Iterable[nn.Module], parameter: str, dim: int) -> Tensor:
    """Join one parameter of several layers side by side."""
    return torch.cat([layer.get_parameter(parameter) for layer in layers], dim=dim)


def _last(x: Tensor) -> Tensor:
    """Move channels to the end, as in memory: (N, C, V, T) to (N, V, T, C)."""
    return x.permute(0, 2, 3, 1)


def _second(x: Tensor) -> Tensor:
    """Move channels back: (N, V, T, C) to (N, C, V, T)."""
    return x.permute(0, 3, 1, 2)


class TemporalConvolution(nn.Module):
    """Convolution along time, the same for every joint, then batch norm."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        # Frames, joints: the shape that released checkpoints have. Feature maps have joints first.
        self.conv = _init_convolution(nn.Conv2d(in_channels, out_channels, (kernel, 1)))
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in, V, T) to (N, out, V, ceil(T / stride))."""
        weight, stride, padding = self.conv.weight.transpose(2, 3), self.stride, self.kernel // 2
        if x.shape[-1] <= stride:
            # One output step needs no stride without the weights that meet padding alone. With a
            # stride, processors with AMX compute wrong bfloat16 results (pytorch/pytorch#169688).
            x = x[..., : padding + 1]
            weight = weight[..., padding : padding + x.shape[-1]]
            stride, padding = 1, 0
        return self.bn(functional.conv2d(x, weight, self.conv.bias, (1, stride), (0, padding)))


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
        Add the block's input (through a 1x1 convolution where channels change).
    dropout, adaptive, unread
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
        adaptive: bool = True,
        unread: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.gcn1 = AdaptiveGraphConvolution(
            in_channels, out_channels, fixed, dropout, adaptive, unread
        )
        self.tcn1 = TemporalConvolution(out_channels, out_channels, TEMPORAL_KERNEL, stride)
        self.residual: nn.Module | None = None
        if residual and in_channels == out_channels and stride == 1:
            self.residual = nn.Identity()
        elif residual:
            self.residual = TemporalConvolution(in_channels, out_channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in, V, T) to (N, out, V, ceil(T / stride))."""
        y = self.tcn1(self.gcn1(x))
        if self.residual is not None:
            y = y + self.residual(x)
        return torch.relu(y)


def strided_level(x: Tensor, keep: nn.Module, shrink: nn.Module) -> Tensor:
    """Build a level of the local module: (N, C, V, T) to (N, C, V, T / 3), T a multiple of 3.

    It has a stride-1 block (`keep`), then a stride-3 block without its own residual (`shrink`). A
    skip around both takes the middle frame of each three.
    """
    return x[..., 1::STRIDE] + shrink(keep(x))
