"""The baseline: VideoPose3D's temporal convolution, made from MMPose's own parts.

Source: Pavllo et al., "3D human pose estimation in video with temporal convolutions and
semi-supervised training", CVPR 2019. Backbone, head and their numbers are those of MMPose's
configurations ``video-pose-lift_tcn-{27,81,243}frm-supv``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from glagcn_cli.detection.openmmlab import prepare
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import LifterNetwork, LifterOutput
from glagcn_cli.skeleton import JOINT_SETS

from .compute_cost import architecture_macs, count_macs

KERNEL = 3
"""Kernel of every temporal convolution; windows are powers of it, T = 9, 27, 81 or 243."""

PUBLISHED_WIDTH = 1024
DROPOUT = 0.25


class TemporalConvolutionLifter(LifterNetwork):
    """VideoPose3D: all joints of a frame side by side, convolved along time.

    It strides over the window instead of dilating, as VideoPose3D does in training. The weights and
    the centre frame are the same, and no unused frame is computed.

    Parameters
    ----------
    architecture
        GLA-GCN to compare with: window, joints and the numbers of a joint are its own.
    width
        Channels of every layer.
    """

    def __init__(self, architecture: Architecture, width: int = PUBLISHED_WIDTH) -> None:
        super().__init__()
        prepare.prepare()  # before the first import of mmpose
        from mmengine.registry import DefaultScope
        from mmpose.models import TCN, TemporalRegressionHead

        self.architecture = architecture
        self.joint_set = JOINT_SETS[architecture.joint_set]
        joints = len(self.joint_set)
        self.backbone = TCN(
            in_channels=joints * architecture.in_channels,
            stem_channels=width,
            num_blocks=architecture.levels - 1,
            kernel_sizes=(KERNEL,) * architecture.levels,
            dropout=DROPOUT,
            use_stride_conv=True,
        )
        # A Runner in the same process leaves MMEngine's scope, which does not know MMPose's loss.
        with DefaultScope.overwrite_default_scope("mmpose"):
            self.head = TemporalRegressionHead(width, joints)

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
    """Build the baseline that costs as much as a GLA-GCN, on the same windows and joints.

    Temporal convolutions use each weight a few times a window, graph convolutions for every joint
    and frame. At the same cost a temporal convolution has 50 to 150 times the parameters.
    """

    def cost(width: int) -> int:
        with torch.device("meta"):
            return count_macs(TemporalConvolutionLifter(architecture, width))

    # Layers between two of this width cost its square, the first and the last its multiple.
    square = (cost(2) - 2 * cost(1)) / 2
    linear = cost(1) - square
    macs = architecture_macs(architecture)
    width = (math.sqrt(linear**2 + 4 * square * macs) - linear) / (2 * square)
    return TemporalConvolutionLifter(architecture, max(1, round(width)))
