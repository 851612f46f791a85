"""What a lifter costs: multiply-accumulates, counted with torch's own counter.

Convolutions and matrix products are counted (the adaptive graph's included); batch norms, sums and
activations, which are a few percent of them, are not. The field counts the same way.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from glagcn_cli.lifting.windows import HOPS_PER_WINDOW
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import GLAGCN, build_lifter
from glagcn_cli.skeleton import JointSet


class Windowed(Protocol):
    """Numbers of a network that reads windows of 2D poses."""

    @property
    def window(self) -> int:
        """Frames in a window."""

    @property
    def in_channels(self) -> int:
        """Numbers per joint and frame."""


class WindowLifter(Protocol):
    """A network over windows of (batch, frames, joints, channels)."""

    @property
    def architecture(self) -> Windowed:
        """Its window and input channels."""

    @property
    def joint_set(self) -> JointSet:
        """Its joints."""


def count(call: Callable[[Tensor], object], inputs: Tensor) -> int:
    """Multiply-accumulates of one call.

    The counter gives floating point operations, two for each multiply-accumulate.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        call(inputs)
    return int(counter.get_total_flops()) // 2


def multiplications(network: WindowLifter, frames: int | None = None) -> int:
    """Multiply-accumulates of one forward pass over one window.

    Parameters
    ----------
    network
        GLA-GCN, its released variant or
        `glagcn_training.networks.baselines.TemporalConvolutionLifter`. It is neither run nor
        changed: the count is made on a copy without numbers.
    frames
        Frames of the window; those of the network if not given. Only the sequence branch of
        GLA-GCN takes another number, and it alone is then counted.
    """
    window = network.architecture.window
    if frames is None or frames == window:
        return count(_ghost(network), _empty_window(network, window))
    if not isinstance(network, GLAGCN):
        raise ValueError(f"windows have {frames} frames, expected {window}")
    return sequence_multiplications(network, frames)


def sequence_multiplications(network: GLAGCN, frames: int) -> int:
    """Multiply-accumulates of the sequence branch over so many frames at once."""
    ghost = _ghost(network)
    assert isinstance(ghost, GLAGCN)
    return count(ghost.sequence, _empty_window(network, frames))


def sequence_multiplications_per_frame(network: GLAGCN) -> float:
    """Multiply-accumulates for each frame of a long clip, by the sequence branch.

    As the product lifts: windows that overlap, `HOPS_PER_WINDOW` of them begin within a window.
    """
    window = network.architecture.window
    hop = max(1, window // HOPS_PER_WINDOW)
    return sequence_multiplications(network, window) / hop


def centre_multiplications_per_frame(network: WindowLifter) -> int:
    """Multiply-accumulates for each frame of a long clip by the centre's head: a window a frame."""
    return multiplications(network)


def architecture_multiplications(architecture: Architecture) -> int:
    """Multiply-accumulates of one window, without making the network's weights."""
    with torch.device("meta"):
        return multiplications(build_lifter(architecture))


def _ghost(network: WindowLifter) -> nn.Module:
    """A copy that has shapes and no numbers, so that counting costs nothing."""
    assert isinstance(network, nn.Module)
    return copy.deepcopy(network).to("meta").eval()


def _empty_window(network: WindowLifter, frames: int) -> Tensor:
    """One window that the network takes, without numbers."""
    shape = (1, frames, len(network.joint_set), network.architecture.in_channels)
    return torch.empty(shape, device="meta")
