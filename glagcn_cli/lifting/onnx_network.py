"""Lifters of other programs, as ONNX files with a card, in the place of our own networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import CheckpointError
from ..machine.onnx_running import SINGLE, Port, Session, open_onnx
from ..model.architecture import CENTRE, SEQUENCE, Architecture
from ..model.gla_gcn import LifterNetwork, LifterOutput
from ..skeleton import JointSet
from .checkpoints import LifterCard
from .onnx_card import UNITS, OnnxCard, card_file, read_card

JOINTS, ERROR, UP = "joints", "error", "up"
"""Names of outputs: joints (of the only output any name will do), their expected errors in the same
unit, and unit vectors against gravity."""

INPUT = "keypoints"
"""Name that our own networks give to their input."""

LEG = 0.491 * 1.70
"""Metres from hip to ankle of a person of 1.70 m: thigh 0.245 and shank 0.246 of the height
(Winter, Biomechanics and Motor Control of Human Movement). Networks without a unit get it."""

_TRIAL = 2  # windows that are lifted to see whether a network does what its card says


@dataclass(frozen=True)
class OnnxArchitecture(Architecture):
    """What is known of a network from outside; 0 stands for the sizes of its inside."""

    variant: str = "onnx"
    channels: int = 0
    global_blocks: int = 0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Take what a card says: it was checked."""


class OnnxNetwork(LifterNetwork):
    """A network that a runtime of ONNX computes on the CPU.

    Parameters
    ----------
    session
        The network.
    card
        What it is.
    """

    def __init__(self, session: Session, card: OnnxCard) -> None:
        super().__init__()
        self.joint_set = card.joint_set
        self.has_sequence, self.has_centre = card.output == SEQUENCE, card.output == CENTRE
        self.session, self._card = session, card
        self._outputs = {port.name: number for number, port in enumerate(session.outputs)}
        self._outputs.setdefault(JOINTS, 0)
        shape = session.inputs[0].shape
        self._batch = shape[0] if shape else None
        self._back = np.argsort(card.order)

    @property
    def joints_output(self) -> int:
        """Which of its outputs holds the joints."""
        return self._outputs[JOINTS]

    def sequence(self, keypoints: Tensor) -> LifterOutput:
        """Lift all frames of windows (N, T, V, C)."""
        joints, error, up = self.lift(keypoints)
        return LifterOutput(sequence=joints, sequence_error=error, up=up)

    def forward(self, keypoints: Tensor) -> LifterOutput:
        """Lift the middle frame of windows (N, T, V, C)."""
        joints, error, up = self.lift(keypoints)
        held = None if up is None else up.expand(-1, keypoints.shape[1], -1)
        return LifterOutput(
            centre=joints[:, 0], centre_error=None if error is None else error[:, 0], up=held
        )

    def lift(self, keypoints: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Return joints (N, T or 1, V, 3) in metres, and what else the network estimates."""
        windows, frames = len(keypoints), keypoints.shape[1] if self.has_sequence else 1
        found = self._run(self._arranged(keypoints.detach().cpu().numpy()))
        shape = (windows, frames, len(self.joint_set))
        joints = found[JOINTS].reshape(*shape, 3)[:, :, self._back]
        error, up = found.get(ERROR), found.get(UP)
        scale = self._metres(joints)
        tensors = (
            joints * scale[..., None],
            None if error is None else error.reshape(shape)[:, :, self._back] * scale,
            None if up is None else up.reshape(windows, frames, 3),
        )
        as_single = (None if t is None else torch.from_numpy(t.astype(np.float32)) for t in tensors)
        lifted, spread, against = as_single
        assert lifted is not None
        return lifted, spread, against

    def _arranged(self, keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
        """Order joints and axes of windows (N, T, V, C) as the network reads them."""
        own = keypoints[:, :, self._card.order]
        if self._card.input == "NCTV":
            own = own.transpose(0, 3, 1, 2)
        elif self._card.input == "NFT":
            own = own.transpose(0, 2, 3, 1)
        return np.ascontiguousarray(own.reshape(-1, *self._card.input_shape), dtype=np.float32)

    def _run(self, windows: NDArray[np.float32]) -> dict[str, NDArray]:
        """Run windows, in batches of the only size that some networks take."""
        size = self._batch or len(windows)
        parts = []
        for start in range(0, len(windows), size):
            part = windows[start : start + size]
            filled = np.concatenate(
                [part, np.zeros((size - len(part), *part.shape[1:]), np.float32)]
            )
            parts.append([values[: len(part)] for values in self.session(filled)])
        names = [name for name in (JOINTS, ERROR, UP) if name in self._outputs]
        return {
            name: np.concatenate([part[self._outputs[name]] for part in parts]) for name in names
        }

    def _metres(self, joints: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return how many metres the unit of each window is, (N, 1, 1)."""
        known = UNITS[self._card.unit]
        if known is not None:
            return np.full((len(joints), 1, 1), known)
        leg = np.mean(
            [_lengths(joints, self.joint_set, side) for side in ("left", "right")], axis=0
        )
        return (LEG / leg.mean(axis=1).clip(1e-9))[:, None, None]


def _lengths(joints: NDArray, joint_set: JointSet, side: str) -> NDArray[np.floating]:
    """Return the length (N, T) from hip over knee to ankle."""
    ends = joints[:, :, joint_set.indices([f"{side}_{j}" for j in ("hip", "knee", "ankle")])]
    return np.linalg.norm(np.diff(ends, axis=2), axis=-1).sum(axis=-1)


def load_onnx_lifter(path: Path) -> tuple[OnnxNetwork, LifterCard]:
    """Load a network and its card; nothing in either can run code.

    Raises
    ------
    CheckpointError
        Card or network are missing, damaged or do not fit each other; the message lists what the
        network has and what is needed.
    """
    card = read_card(path)
    session = open_onnx(path, torch.get_num_threads())
    _check_input(path, session.inputs, card)
    if JOINTS not in (names := [port.name for port in session.outputs]) and len(names) > 1:
        raise CheckpointError(
            f"{path} has the outputs {', '.join(map(str, session.outputs))}; name the one with the "
            f"3D joints {JOINTS!r}, or export it alone"
        )
    network = OnnxNetwork(session, card)
    _try(path, network, card)
    architecture = OnnxArchitecture(
        window=card.window,
        in_channels=card.channels,
        joint_set=card.joint_set.name,
        uncertainty=ERROR in names,
        gravity=UP in names,
    )
    return network, LifterCard(
        architecture, card.normalisation, card.fps, card.points, card.data, card.licence
    )


def _check_input(path: Path, inputs: Sequence[Port], card: OnnxCard) -> None:
    needed = Port(INPUT, (None, *card.input_shape), SINGLE)
    fits = len(inputs) == 1 and inputs[0].type == SINGLE
    if fits and (shape := inputs[0].shape) is not None:
        pairs = zip(shape[1:], card.input_shape, strict=False)
        fits = len(shape) == 1 + len(card.input_shape) and all(a in (None, b) for a, b in pairs)
    if not fits:
        raise CheckpointError(
            f"{path} reads {', '.join(map(str, inputs)) or 'nothing'}; by {card_file(path).name} "
            f"({card.input}) it must read one input such as {needed}; correct the card, or export "
            "the network that way"
        )


def _try(path: Path, network: OnnxNetwork, card: OnnxCard) -> None:
    """Lift windows of nobody in particular, to see that the output is what the card says."""
    draws = np.random.default_rng(0)
    windows = draws.normal(0, 0.3, (_TRIAL, card.window, len(card.joint_set), card.channels))
    joints = (card.window if network.has_sequence else 1) * len(card.joint_set)
    try:
        lifted = network.lift(torch.from_numpy(windows.astype(np.float32)))[0]
    except Exception as error:  # of the runtimes and of shapes, of many types
        found = ", ".join(map(str, network.session.outputs))
        raise CheckpointError(
            f"{path} does not lift as {card_file(path).name} says: it must make {joints} x 3 "
            f"numbers of a window ({card.output}), its outputs are {found}: {error}"
        ) from error
    if not lifted.isfinite().all():
        raise CheckpointError(f"{path} lifts ordinary input to numbers that are not finite")
