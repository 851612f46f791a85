"""What a network says of windows of 2D: by one of its branches, with or without their mirror."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..machine.precision import in_single
from .gla_gcn import GLAGCN, ReleasedGLAGCN


class Said(NamedTuple):
    """Of every frame of windows, or of the middle one alone; None for what a network does not say.

    ``joints`` (N, T or 1, V, 3) metres, ``error`` (N, T or 1, V) metres that they are expected to
    be off, ``up`` (N, T or 1, 3) unit vectors against gravity.
    """

    joints: Tensor
    error: Tensor | None
    up: Tensor | None


@torch.inference_mode()
def say_of_windows(
    network: GLAGCN | ReleasedGLAGCN, inputs: Tensor, *, whole: bool, flip: bool
) -> Said:
    """Run a network over windows.

    Parameters
    ----------
    network
        In evaluation mode.
    inputs
        (N, T, V, C) normalised.
    whole
        All frames from the sequence branch; otherwise the middle frame from the local module.
    flip
        Average with what it says of the mirror image.
    """
    said: Said = in_single(_run(network, inputs, whole))
    if not flip:
        return said
    mirror = list(network.joint_set.mirror)
    swapped = inputs[:, :, mirror]
    swapped[..., 0].neg_()
    joints, error, up = in_single(_run(network, swapped, whole))
    away = inputs.new_tensor([-1.0, 1.0, 1.0])
    return Said(
        (said.joints + joints[:, :, mirror] * away) / 2,
        None if error is None or said.error is None else (said.error + error[:, :, mirror]) / 2,
        None if up is None or said.up is None else (said.up + up * away) / 2,
    )


def _run(network: GLAGCN | ReleasedGLAGCN, inputs: Tensor, whole: bool) -> Said:
    if whole and isinstance(network, GLAGCN):
        output = network.sequence(inputs)
        assert output.sequence is not None
        return Said(output.sequence, output.sequence_error, output.up)
    output = network(inputs)
    assert output.centre is not None
    middle = slice(inputs.shape[1] // 2, inputs.shape[1] // 2 + 1)
    return Said(
        output.centre[:, None],
        None if output.centre_error is None else output.centre_error[:, None],
        None if output.up is None else output.up[:, middle],
    )
