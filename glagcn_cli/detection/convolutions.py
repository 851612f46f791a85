"""Convolutions that bound their results while they write them, where torch can."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

Activation = Literal["none", "relu", "relu6", "silu"]

# Names and bounds as oneDNN has them.
_FUSED: dict[str, tuple[str, list[float]]] = {
    "none": ("none", []),
    "relu": ("relu", []),
    "relu6": ("hardtanh", [0.0, 6.0]),
    "silu": ("swish", []),
}


def convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
    activation: Activation = "none",
) -> Tensor:
    """Convolve and activate; under autocast in its precision.

    On a CPU without gradients both are one pass over the results. To read and write them again for
    the activation alone costs as much as the convolution of each channel by itself.

    Parameters
    ----------
    x
        (images, channels, height, width).
    weight, bias
        Of the convolution.
    stride, padding, groups
        As in ``torch.nn.functional.conv2d``, the same in both directions.
    activation
        What the results go through.
    """
    if not x.is_cpu or torch.is_grad_enabled() or not _can_fuse():
        result = functional.conv2d(x, weight, bias, stride, padding, 1, groups)
        return _activated(result, activation)
    if torch.is_autocast_enabled("cpu"):
        kind = torch.get_autocast_dtype("cpu")
        x, weight = x.to(kind), weight.to(kind)
        bias = None if bias is None else bias.to(kind)
    return _fused(x, weight, bias, stride, padding, groups, activation)


def _activated(x: Tensor, activation: Activation) -> Tensor:
    """Activate in place."""
    if activation == "relu6":
        return functional.relu6(x, inplace=True)
    if activation == "silu":
        return functional.silu(x, inplace=True)
    return functional.relu(x, inplace=True) if activation == "relu" else x


def _fused(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: int,
    padding: int,
    groups: int,
    activation: Activation,
) -> Tensor:
    """Run a convolution and its activation in one call, as torch's own compiler does."""
    convolution: Any = torch.ops.mkldnn._convolution_pointwise
    result: Tensor = convolution(
        x, weight, bias, [padding] * 2, [stride] * 2, [1, 1], groups, *_FUSED[activation], ""
    )
    return result


@cache
def _can_fuse() -> bool:
    """Whether this build of torch fuses, and rightly: the operator is not a public one."""
    x = torch.linspace(-3, 9, 2 * 4 * 4).reshape(1, 2, 4, 4)
    weight, bias = torch.eye(2)[..., None, None] * 1.5, torch.tensor([0.5, -0.5])
    try:
        found = _fused(x, weight, bias, 1, 0, 1, "relu6")
    except (AttributeError, RuntimeError, TypeError):
        return False
    with torch.autocast("cpu", enabled=False):
        wanted = functional.relu6(functional.conv2d(x, weight, bias))
    return found.shape == wanted.shape and torch.allclose(found, wanted, atol=1e-4)
