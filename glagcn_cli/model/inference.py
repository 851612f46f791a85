"""Runs a network on windows of 2D joints, with or without flip test-time augmentation."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..machine.precision import in_single
from .gla_gcn import LifterNetwork


class Prediction(NamedTuple):
    """Network outputs for every frame of a window, or only those at its centre.

    ``joints`` (N, F, V, 3) metres, ``error`` (N, F, V) the expected errors in metres, ``up``
    (N, F, 3) unit vectors against gravity, of F frames. Outputs that the network lacks are None.
    """

    joints: Tensor
    error: Tensor | None
    up: Tensor | None


@torch.inference_mode()
def predict_windows(
    network: LifterNetwork, inputs: Tensor, *, whole: bool, flip: bool, around: int = 0
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
    around
        Frames before and behind the centre frame that are predicted with it: the centre's joints,
        moved as the sequence branch says. Only for networks with that branch.
    """
    plain: Prediction = in_single(_run(network, inputs, whole, around))
    if not flip:
        return plain
    mirror = list(network.joint_set.mirror)
    swapped = inputs[:, :, mirror]
    swapped[..., 0].neg_()
    joints, error, up = in_single(_run(network, swapped, whole, around))
    away = inputs.new_tensor([-1.0, 1.0, 1.0])
    return Prediction(
        (plain.joints + joints[:, :, mirror] * away) / 2,
        None if error is None or plain.error is None else (plain.error + error[:, :, mirror]) / 2,
        None if up is None or plain.up is None else (plain.up + up * away) / 2,
    )


def _run(network: LifterNetwork, inputs: Tensor, whole: bool, around: int) -> Prediction:
    if network.lifts_whole(whole):
        output = network.sequence(inputs)
        assert output.sequence is not None
        return Prediction(output.sequence, output.sequence_error, output.up)
    output = network(inputs)
    assert output.centre is not None
    centre, middle = output.centre[:, None], inputs.shape[1] // 2
    frames = slice(middle - around, middle + around + 1)
    if around:
        assert output.sequence is not None
        centre = centre + output.sequence[:, frames] - output.sequence[:, middle : middle + 1]
    error = output.centre_error
    return Prediction(
        centre,
        None if error is None else error[:, None].expand(-1, centre.shape[1], -1),
        None if output.up is None else output.up[:, frames],
    )
