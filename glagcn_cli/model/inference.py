"""Runs a network on windows of 2D joints, with or without flip test-time augmentation."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..machine.precision import in_single
from .gla_gcn import LifterNetwork


class Prediction(NamedTuple):
    """Network outputs for every frame of a window, or only its centre frame.

    ``joints`` (N, T or 1, V, 3) metres, ``error`` (N, T or 1, V) the expected errors in metres,
    ``up`` (N, T or 1, 3) unit vectors against gravity. Outputs that the network lacks are None.
    """

    joints: Tensor
    error: Tensor | None
    up: Tensor | None


@torch.inference_mode()
def predict_windows(
    network: LifterNetwork, inputs: Tensor, *, whole: bool, flip: bool
) -> Prediction:
    """Run a network on windows.

    Parameters
    ----------
    network
        Network in evaluation mode.
    inputs
        (N, T, V, C) normalised.
    whole
        Predict all frames by the sequence branch, otherwise the centre frame by the local module.
    flip
        Average with the prediction of the mirrored windows (flip test-time augmentation).
    """
    plain: Prediction = in_single(_run(network, inputs, whole))
    if not flip:
        return plain
    mirror = list(network.joint_set.mirror)
    swapped = inputs[:, :, mirror]
    swapped[..., 0].neg_()
    joints, error, up = in_single(_run(network, swapped, whole))
    away = inputs.new_tensor([-1.0, 1.0, 1.0])
    return Prediction(
        (plain.joints + joints[:, :, mirror] * away) / 2,
        None if error is None or plain.error is None else (plain.error + error[:, :, mirror]) / 2,
        None if up is None or plain.up is None else (plain.up + up * away) / 2,
    )


def _run(network: LifterNetwork, inputs: Tensor, whole: bool) -> Prediction:
    if network.lifts_whole(whole):
        output = network.sequence(inputs)
        assert output.sequence is not None
        return Prediction(output.sequence, output.sequence_error, output.up)
    output = network(inputs)
    assert output.centre is not None
    middle = slice(inputs.shape[1] // 2, inputs.shape[1] // 2 + 1)
    return Prediction(
        output.centre[:, None],
        None if output.centre_error is None else output.centre_error[:, None],
        None if output.up is None else output.up[:, middle],
    )
