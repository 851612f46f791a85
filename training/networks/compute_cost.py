"""Counts the multiply-accumulates of a lifter with torch's own counter.

Convolutions and matrix products are counted, the adaptive graph's included. Batch norms, sums and
activations, a few percent of them, are not. The field counts in the same way.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import GLAGCN, build_lifter

T = TypeVar("T", bound=nn.Module)


def call_macs(call: Callable[[Tensor], object], inputs: Tensor) -> int:
    """Count the multiply-accumulates of one call.

    The counter returns floating-point operations, two for each multiply-accumulate.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        call(inputs)
    return int(counter.get_total_flops()) // 2


def count_macs(network: Any) -> int:
    """Count the multiply-accumulates of one forward pass over one window.

    Parameters
    ----------
    network
        GLA-GCN, its released variant or
        `glagcn_training.networks.baselines.TemporalConvolutionLifter`. It is neither run nor
        changed: the count is made on a copy without numbers.
    """
    return call_macs(_ghost(network), _empty_window(network, network.architecture.window))


def sequence_macs(network: GLAGCN, frames: int) -> int:
    """Count the multiply-accumulates of the sequence branch over this many frames at once."""
    return call_macs(_ghost(network).sequence, _empty_window(network, frames))


def architecture_macs(architecture: Architecture) -> int:
    """Count the multiply-accumulates of one window, without making the network's weights."""
    with torch.device("meta"):
        return count_macs(build_lifter(architecture))


def _ghost(network: T) -> T:
    """Copy a network's shapes without its numbers, so that counting costs nothing."""
    return copy.deepcopy(network).to("meta").eval()


def _empty_window(network: Any, frames: int) -> Tensor:
    """Return one window that the network takes, without numbers."""
    shape = (1, frames, len(network.joint_set), network.architecture.in_channels)
    return torch.empty(shape, device="meta")
