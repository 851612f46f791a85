"""Runs a network on windows of 2D joints, with or without flip test-time augmentation."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..skeleton import JointSet

HALF = np.float32(0.5)


class WindowOutput(NamedTuple):
    """Arrays of what a network says of windows, as `gla_gcn.LifterOutput` has tensors."""

    sequence: NDArray[np.float32] | None = None
    centre: NDArray[np.float32] | None = None
    sequence_error: NDArray[np.float32] | None = None
    centre_error: NDArray[np.float32] | None = None
    up: NDArray[np.float32] | None = None


class WindowNetwork(Protocol):
    """A network that lifts windows, whoever computes it.

    The same as `gla_gcn.LifterNetwork`, with arrays for tensors.
    """

    @property
    def has_sequence(self) -> bool:
        """Whether it lifts whole windows."""

    @property
    def has_centre(self) -> bool:
        """Whether it lifts the frames at their centres."""

    @property
    def joint_set(self) -> JointSet:
        """The joints of both ends."""

    @property
    def device(self) -> str:
        """Kind of device, ``"cpu"`` or another."""

    def lifts_whole(self, wanted: bool) -> bool:
        """Tell whether whole windows are lifted: as wanted, where the network can do both."""

    def sequence(self, windows: NDArray[np.float32]) -> WindowOutput:
        """Lift all frames of windows (N, T, V, C)."""

    def __call__(self, windows: NDArray[np.float32]) -> WindowOutput:
        """Lift the middle frame of windows (N, T, V, C)."""


class Prediction(NamedTuple):
    """Network outputs for every frame of a window, or only those at its centre.

    ``joints`` (N, F, V, 3) metres, ``error`` (N, F, V) the expected errors in metres, ``up``
    (N, F, 3) unit vectors against gravity, of F frames. Outputs that the network lacks are None.
    """

    joints: NDArray[np.float32]
    error: NDArray[np.float32] | None
    up: NDArray[np.float32] | None


def predict_windows(
    network: WindowNetwork,
    windows: NDArray[np.float32],
    *,
    whole: bool,
    flip: bool,
    around: int = 0,
) -> Prediction:
    """Run a network on windows.

    Parameters
    ----------
    network
        Network in evaluation mode.
    windows
        (N, T, V, C) normalised.
    whole
        Predict all frames by the sequence branch, otherwise the centre frame by the local module.
    flip
        Average with the prediction of the mirrored windows (flip test-time augmentation).
    around
        Frames before and behind the centre frame that are predicted with it: the centre's joints,
        moved as the sequence branch says. Only for networks with that branch.
    """
    plain = _run(network, windows, whole, around)
    if not flip:
        return plain
    mirror = list(network.joint_set.mirror)
    joints, error, up = _run(network, _turned(windows[:, :, mirror]), whole, around)
    return Prediction(
        (plain.joints + _turned(joints[:, :, mirror])) * HALF,
        None
        if error is None or plain.error is None
        else (plain.error + error[:, :, mirror]) * HALF,
        None if up is None or plain.up is None else (plain.up + _turned(up)) * HALF,
    )


def _turned(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn left to right: the first of the last axis' numbers changes its sign."""
    turned = np.array(values, order="C")
    turned[..., 0] *= -1
    return turned


def _run(
    network: WindowNetwork, windows: NDArray[np.float32], whole: bool, around: int
) -> Prediction:
    if network.lifts_whole(whole):
        output = network.sequence(windows)
        assert output.sequence is not None
        return Prediction(output.sequence, output.sequence_error, output.up)
    output = network(windows)
    assert output.centre is not None
    centre, middle = output.centre[:, None], windows.shape[1] // 2
    frames = slice(middle - around, middle + around + 1)
    if around:
        assert output.sequence is not None
        centre = centre + output.sequence[:, frames] - output.sequence[:, middle : middle + 1]
    error = output.centre_error
    return Prediction(
        centre,
        None if error is None else np.repeat(error[:, None], centre.shape[1], axis=1),
        None if output.up is None else output.up[:, frames],
    )
