"""GLA-GCN (Yu et al., ICCV 2023, arXiv 2307.05853): the paper's network and the released variant.

Written from the paper's description. Inputs are windows of 2D poses (batch, frames, joints,
channels). Outputs are root-relative 3D joints in metres, their expected errors, and the direction
against gravity.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..skeleton import JOINT_SETS, JointSet
from .architecture import STRIDE, Architecture
from .blocks import GraphTemporalBlock, strided_level
from .graph import adjacency, unread
from .heads import OUT_CHANNELS, ErrorHead, GravityHead, JointHead, full_precision


class LifterOutput(NamedTuple):
    """Network outputs for windows. Fields that the network lacks are None.

    ``sequence`` (N, T, V, 3) and ``centre`` (N, V, 3): joints of every frame and of the middle one,
    metres, relative to the root. ``sequence_error`` (N, T, V) and ``centre_error`` (N, V): their
    expected errors, metres. ``up`` (N, T, 3): unit vectors against gravity, in the joints' frame of
    reference.
    """

    sequence: Tensor | None = None
    centre: Tensor | None = None
    sequence_error: Tensor | None = None
    centre_error: Tensor | None = None
    up: Tensor | None = None


def _normalise_input(data_bn: nn.BatchNorm1d, x: Tensor) -> Tensor:
    """Apply batch norm to a frame's numbers, joint-major: (N, T, V, C) to (N, C, V, T)."""
    n, t, v, c = x.shape
    flat = x.reshape(n, t, v * c).permute(0, 2, 1)
    features = data_bn(flat).reshape(n, v, c, t).permute(0, 2, 1, 3)
    return features.contiguous(memory_format=torch.channels_last)


def _local_module(architecture: Architecture) -> nn.ModuleList:
    """Build two blocks a level, in a flat list as released checkpoints number them."""
    width, stride = architecture.channels, STRIDE if architecture.strided else 1
    block = _block_builder(architecture)
    blocks: list[nn.Module] = []
    for _ in range(architecture.levels):
        blocks.append(block(width, width))
        blocks.append(block(width, width, stride=stride, residual=False))
    return nn.ModuleList(blocks)


def _block_builder(architecture: Architecture) -> partial[GraphTemporalBlock]:
    """Return what builds a block of given channels on the architecture's graph."""
    joint_set = JOINT_SETS[architecture.joint_set]
    return partial(
        GraphTemporalBlock,
        fixed=adjacency(joint_set),
        dropout=architecture.dropout,
        adaptive=architecture.adaptive,
        unread=unread(joint_set),
    )


def _run_local(blocks: nn.ModuleList, x: Tensor, strided: bool = True) -> Tensor:
    """Run the levels over (N, C, V, T); time shrinks by 3 a level, or to its middle in the end."""
    layers = list(blocks)
    for keep, shrink in zip(layers[::2], layers[1::2], strict=True):
        x = strided_level(x, keep, shrink) if strided else x + shrink(keep(x))
    middle = x.shape[-1] // 2
    return x[..., middle : middle + 1]


class LifterNetwork(nn.Module):
    """A network that lifts windows, ours or any other's.

    ``has_sequence`` and ``has_centre`` say whether it lifts whole windows (`sequence`) and centre
    frames (`forward`); ``joint_set`` holds the joints of both ends.
    """

    has_sequence, has_centre = False, True
    joint_set: JointSet

    def lifts_whole(self, wanted: bool) -> bool:
        """Whether whole windows are lifted: as wanted, where the network can do both."""
        return self.has_sequence and (wanted or not self.has_centre)

    def sequence(self, keypoints: Tensor) -> LifterOutput:
        """Lift all frames of windows (N, T, V, C)."""
        raise NotImplementedError


class _Lifter(LifterNetwork):
    """The common parts of both variants: the input's batch norm and its check."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.joint_set = JOINT_SETS[architecture.joint_set]
        self.data_bn = nn.BatchNorm1d(len(self.joint_set) * architecture.in_channels)

    def _features(self, keypoints: Tensor) -> Tensor:
        """Check (N, T, V, C) and bring it to (N, C, V, T), normalised."""
        expected = (len(self.joint_set), self.architecture.in_channels)
        if keypoints.dim() != 4 or tuple(keypoints.shape[2:]) != expected:
            raise ValueError(
                f"keypoints have shape {tuple(keypoints.shape)}, expected (batch, frames, "
                f"{expected[0]}, {expected[1]})"
            )
        return _normalise_input(self.data_bn, keypoints)

    def _check_window(self, keypoints: Tensor) -> None:
        """Refuse windows that the local module does not shrink to exactly one frame."""
        if keypoints.shape[1] != self.architecture.window:
            raise ValueError(
                f"windows have {keypoints.shape[1]} frames, expected {self.architecture.window}"
            )


class GLAGCN(_Lifter):
    """The paper's network: a global module for every frame, a local one for the centre."""

    has_sequence = True

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        width, block = architecture.channels, _block_builder(architecture)
        self.layers_global = nn.ModuleList(
            block(architecture.in_channels if i == 0 else width, width)
            for i in range(architecture.global_blocks)
        )
        joints = len(self.joint_set)
        self.head_global = JointHead(width, joints, architecture.shared_head)
        self.layers_tcngcn = _local_module(architecture)
        self.head_local = JointHead(width, joints, architecture.shared_head)
        self.error_global = ErrorHead(width, joints) if architecture.uncertainty else None
        self.error_local = ErrorHead(width, joints) if architecture.uncertainty else None
        self.gravity = GravityHead(width, joints) if architecture.gravity else None

    def global_features(self, keypoints: Tensor) -> Tensor:
        """Compute the global module's features (N, C, V, T) of windows (N, T, V, in_channels)."""
        x = self._features(keypoints)
        for block in self.layers_global:
            x = block(x)
        return x

    def _of_sequence(self, x: Tensor) -> LifterOutput:
        """Run the sequence heads on global features (N, C, V, T)."""
        return LifterOutput(
            sequence=self.head_global(x),
            sequence_error=None if self.error_global is None else self.error_global(x),
            up=None if self.gravity is None else self.gravity(x),
        )

    def sequence(self, keypoints: Tensor) -> LifterOutput:
        """Run the global module's heads alone, for every frame; the centre's stay None.

        Parameters
        ----------
        keypoints
            (N, T, V, C), any T.
        """
        return self._of_sequence(self.global_features(keypoints))

    def forward(self, keypoints: Tensor) -> LifterOutput:
        """Run all heads on windows of shape (N, T, V, C)."""
        self._check_window(keypoints)
        x = self.global_features(keypoints)
        local = _run_local(self.layers_tcngcn, x, self.architecture.strided)
        return self._of_sequence(x)._replace(
            centre=self.head_local(local)[:, 0],
            centre_error=None if self.error_local is None else self.error_local(local)[:, 0],
        )


class ReleasedGLAGCN(_Lifter):
    """The variant of the released checkpoints: expanding block, local module, shared layer."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        width = architecture.channels
        self.expand_gcn = _block_builder(architecture)(architecture.in_channels, width)
        self.layers_tcngcn = _local_module(architecture)
        self.fc = nn.Conv1d(width, OUT_CHANNELS, 1)

    def forward(self, keypoints: Tensor) -> LifterOutput:
        """Lift windows (N, T, V, C) to the centre frame (N, V, 3)."""
        self._check_window(keypoints)
        x = _run_local(self.layers_tcngcn, self.expand_gcn(self._features(keypoints)))
        with full_precision(x):
            centre = self.fc(x.to(self.fc.weight.dtype).mean(dim=3)).permute(0, 2, 1)
        return LifterOutput(centre=centre)


def build_lifter(architecture: Architecture) -> GLAGCN | ReleasedGLAGCN:
    """Build the network of an architecture, with fresh weights."""
    if architecture.variant == "released":
        return ReleasedGLAGCN(architecture)
    return GLAGCN(architecture)
