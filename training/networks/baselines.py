"""The baseline: VideoPose3D's temporal convolution, made from MMPose's own parts.

Source: Pavllo et al., "3D human pose estimation in video with temporal convolutions and
semi-supervised training", CVPR 2019. Backbone, head and their numbers are those of MMPose's
configurations ``video-pose-lift_tcn-{27,81,243}frm-supv``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from glagcn_cli.detection.openmmlab import prepare
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import LifterOutput
from glagcn_cli.skeleton import H36M17, JOINT_SETS, JointSet

from .compute_cost import architecture_macs, count_macs

KERNEL = 3
"""Kernel of every temporal convolution; windows are powers of it, T = 27, 81 or 243."""

PUBLISHED_WIDTH = 1024
DROPOUT = 0.25


@dataclass(frozen=True)
class TemporalConvolution:
    """All numbers that rebuild a temporal convolution lifter.

    Parameters
    ----------
    window
        T, frames in a window: a power of 3, at least 9.
    width
        Channels of every layer.
    in_channels
        Numbers per joint and frame of the input: 2 (x, y).
    dropout
        Dropout after every convolution but the last.
    joint_set
        Name of the joint set, in and out.
    """

    window: int = 243
    width: int = PUBLISHED_WIDTH
    in_channels: int = 2
    dropout: float = DROPOUT
    joint_set: str = H36M17.name

    def __post_init__(self) -> None:
        if self.levels < 2 or KERNEL**self.levels != self.window:
            raise ValueError(
                f"window is {self.window} frames, expected a power of {KERNEL} from {KERNEL**2} up"
            )
        if self.width < 1:
            raise ValueError(f"width is {self.width}, expected at least 1")

    @property
    def levels(self) -> int:
        """Convolutions over time that bring a window down to one frame."""
        levels = 0
        while KERNEL ** (levels + 1) <= self.window:
            levels += 1
        return levels


class TemporalConvolutionLifter(nn.Module):
    """VideoPose3D: all joints of a frame side by side, convolved along time.

    It strides over the window instead of dilating, as VideoPose3D does in training. The weights and
    the centre frame are the same, and no unused frame is computed.

    Parameters
    ----------
    architecture
        Sizes of the network.
    """

    def __init__(self, architecture: TemporalConvolution) -> None:
        super().__init__()
        prepare.prepare()  # before the first import of mmpose
        from mmengine.registry import DefaultScope
        from mmpose.models import TCN, TemporalRegressionHead

        self.architecture = architecture
        self.joint_set: JointSet = JOINT_SETS[architecture.joint_set]
        joints = len(self.joint_set)
        self.backbone = TCN(
            in_channels=joints * architecture.in_channels,
            stem_channels=architecture.width,
            num_blocks=architecture.levels - 1,
            kernel_sizes=(KERNEL,) * architecture.levels,
            dropout=architecture.dropout,
            use_stride_conv=True,
        )
        # A Runner in the same process leaves MMEngine's scope, which does not know MMPose's loss.
        with DefaultScope.overwrite_default_scope("mmpose"):
            self.head = TemporalRegressionHead(architecture.width, joints)

    def forward(self, keypoints: Tensor) -> LifterOutput:
        """Lift windows (N, T, V, C) to the centre frame (N, V, 3) metres, as the released variant.

        Raises
        ------
        ValueError
            Windows of another shape.
        """
        numbers = self.architecture
        expected = (numbers.window, len(self.joint_set), numbers.in_channels)
        if keypoints.dim() != 4 or tuple(keypoints.shape[1:]) != expected:
            raise ValueError(
                f"windows have shape {tuple(keypoints.shape)}, expected (batch, {expected[0]}, "
                f"{expected[1]}, {expected[2]})"
            )
        frames = keypoints.flatten(2).transpose(1, 2)  # joint-major numbers of a frame
        return LifterOutput(centre=self.head(self.backbone(frames)))


def baseline_like(architecture: Architecture) -> TemporalConvolutionLifter:
    """Build the baseline that costs as much as a GLA-GCN, on the same windows and joints."""
    window, joint_set = architecture.window, architecture.joint_set
    in_channels = architecture.in_channels
    cost = architecture_macs(architecture)
    width = width_for(cost, window, joint_set, in_channels)
    return TemporalConvolutionLifter(
        TemporalConvolution(window, width, in_channels, joint_set=joint_set)
    )


def width_for(macs: int, window: int, joint_set: str = H36M17.name, in_channels: int = 2) -> int:
    """Return the width at which one window costs this many multiply-accumulates.

    Temporal convolutions use each weight a few times a window, graph convolutions for every joint
    and frame. At the same cost a temporal convolution has 50 to 150 times the parameters.

    Parameters
    ----------
    macs
        Multiply-accumulates of one window of the network to compare with.
    window, joint_set, in_channels
        As in `TemporalConvolution`.
    """

    def cost(width: int) -> int:
        with torch.device("meta"):
            numbers = TemporalConvolution(window, width, in_channels, joint_set=joint_set)
            return count_macs(TemporalConvolutionLifter(numbers))

    # Layers between two of this width cost its square, the first and the last its multiple.
    square = (cost(2) - 2 * cost(1)) / 2
    linear = cost(1) - square
    width = (math.sqrt(linear**2 + 4 * square * macs) - linear) / (2 * square)
    return max(1, round(width))
