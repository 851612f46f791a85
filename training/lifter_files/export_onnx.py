"""Exports lifters, ours and MMPose's, as ONNX files with a card."""

from __future__ import annotations

import importlib
import logging
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from glagcn_cli.errors import CheckpointError, UsageError
from glagcn_cli.files.atomic import atomic_output, check_output
from glagcn_cli.lifting.checkpoints import lifter_path, load_lifter
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.onnx_card import OnnxCard, write_card
from glagcn_cli.lifting.onnx_network import ERROR, INPUT, JOINTS, UP, OnnxNetwork
from glagcn_cli.lifting.opening import on_its_body
from glagcn_cli.machine.onnx_running import open_onnx
from glagcn_cli.model.architecture import CENTRE, SEQUENCE
from glagcn_cli.model.gla_gcn import LifterNetwork

LARGEST_DIFFERENCE = 1e-4
"""Metres, or half widths of a picture: by which a joint may be off torch's."""

_TRIED = 5  # windows that both compute; not a number that the export saw
_PACKAGES = ("onnx", "onnxscript")

_CONVERTERS = ("torch.onnx", "onnxscript", "onnx_ir")  # loggers of what works


def export_onnx(
    lifter: str, out: Path, *, branch: str | None = None, overwrite: bool = False
) -> tuple[OnnxCard, float]:
    """Write a lifter as ONNX and its card beside it.

    Parameters
    ----------
    lifter
        Name or checkpoint of a lifter of ours; or ``CONFIG,CHECKPOINT`` of a lifter of MMPose.
    out
        File to write.
    branch
        Branch of ours to export; by default the one that lifts videos.
    overwrite
        Replace existing files.

    Returns
    -------
    card, difference
        The card, and by how many units of the card the farthest joint is off torch's, on random
        windows.

    Raises
    ------
    UsageError
        The packages that export are not installed, or the suffix is not `.onnx`.
    CheckpointError, ModelNotFoundError
        The lifter cannot be loaded, lacks the branch, or computes something else when exported.
    OutputError
        `out` or its card exists or cannot be written.
    """
    if out.suffix.lower() != ".onnx":
        raise UsageError(f"{out}: name the file NAME.onnx")
    for path in (out, out.with_suffix(".yaml")):
        check_output(path, overwrite)
    _check_packages()
    if "," in lifter:
        from .mmpose_lifters import mmpose_lifter

        network, names, card = mmpose_lifter(lifter)
    else:
        network, names, card = _own(lifter, branch)
    with atomic_output(out, overwrite) as temporary:
        _export(network, names, card, temporary)
        difference = _difference(network, card, temporary)
        if not difference <= LARGEST_DIFFERENCE:
            raise CheckpointError(
                f"{lifter}: exported, it computes something else than in torch (joints are up to "
                f"{difference:g} {card.unit} off), so nothing was written"
            )
    write_card(out, card, overwrite)
    return card, difference


def _check_packages() -> None:
    try:
        for package in _PACKAGES:
            importlib.import_module(package)
    except ImportError as error:
        raise UsageError(
            f"export-onnx needs {' and '.join(_PACKAGES)}: pip install 'glagcn[onnx]'"
        ) from error


class _Branch(nn.Module):
    """One branch of a lifter of ours, with the outputs that it has in a fixed order."""

    def __init__(self, network: LifterNetwork, whole: bool) -> None:
        super().__init__()
        self.network, self.whole = network, whole

    def forward(self, keypoints: Tensor) -> tuple[Tensor, ...]:
        """Lift windows (N, T, V, C)."""
        if self.whole:
            output = self.network.sequence(keypoints)
            found = (output.sequence, output.sequence_error, output.up)
        else:
            output = self.network(keypoints)
            middle = None if output.up is None else output.up[:, keypoints.shape[1] // 2]
            found = (output.centre, output.centre_error, middle)
        return tuple(tensor for tensor in found if tensor is not None)


def _own(lifter: str, branch: str | None) -> tuple[nn.Module, list[str], OnnxCard]:
    """Return a branch of a lifter of ours, the names of its outputs, and its card."""
    path = lifter_path(lifter)
    own_network, known = load_lifter(path)
    network = on_its_body(own_network, path)
    chosen = branch or Lifter(network, known).video_branch
    whole = network.lifts_whole(chosen == SEQUENCE)
    if branch == SEQUENCE and not whole:
        raise CheckpointError(f"{lifter} has no sequence branch; export --branch {CENTRE}")
    own = known.architecture
    names = [JOINTS, *([ERROR] if own.uncertainty else []), *([UP] if own.gravity else [])]
    card = OnnxCard(
        own.joint_set, own.window, SEQUENCE if whole else CENTRE, known.normalisation, "m",
        known.fps, channels=own.in_channels, points=known.conversion, data=known.data,
        licence=known.licence,
    )  # fmt: skip
    return _Branch(network, whole), names, card


def _windows(card: OnnxCard, number: int) -> Tensor:
    """Draw windows as the network reads them."""
    draws = np.random.default_rng(7).normal(0, 0.5, (number, *card.input_shape))
    return torch.from_numpy(draws.astype(np.float32))


def _export(network: nn.Module, names: list[str], card: OnnxCard, path: Path) -> None:
    levels = {name: logging.getLogger(name).level for name in _CONVERTERS}
    try:
        for name in levels:
            logging.getLogger(name).setLevel(logging.ERROR)
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network.eval(), (_windows(card, 2),), str(path), dynamo=True, verbose=False,
                external_data=False, input_names=[INPUT], output_names=names,
                dynamic_shapes=({0: torch.export.Dim("windows", min=1)},),
            )  # fmt: skip
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _difference(network: nn.Module, card: OnnxCard, path: Path) -> float:
    """Return how far the farthest joint is from torch's, in the unit of the card."""
    windows = _windows(card, _TRIED)
    with torch.inference_mode():
        wanted = network(windows)
    wanted = wanted[0] if isinstance(wanted, tuple) else wanted
    session = open_onnx(path, torch.get_num_threads())
    found = session(windows.numpy())[OnnxNetwork(session, card).joints_output]
    apart = (torch.from_numpy(found).reshape(wanted.shape) - wanted).reshape(-1, 3)
    return float(apart.norm(dim=1).max())
