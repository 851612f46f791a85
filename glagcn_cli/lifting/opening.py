"""Opens a lifter file of any kind: a checkpoint of ours, or an ONNX network of anybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..files.checksums import remembered_sha256
from .checkpoints import LifterCard, lifter_path, load_lifter
from .onnx_card import ONNX_SUFFIX, card_file, read_card

if TYPE_CHECKING:
    from ..model.gla_gcn import LifterNetwork


def open_lifter(path: Path) -> tuple[LifterNetwork, LifterCard]:
    """Load a network and its card, in evaluation mode.

    Raises
    ------
    CheckpointError
        As `load_lifter` and `glagcn_cli.lifting.onnx_network.load_onnx_lifter`.
    """
    if path.suffix.lower() != ONNX_SUFFIX:
        return load_lifter(path)
    from .onnx_network import load_onnx_lifter

    return load_onnx_lifter(path)


def check_lifter(name: str) -> None:
    """Refuse a lifter whose file or card is missing; loads nothing.

    Raises
    ------
    ModelNotFoundError, CheckpointError
        As `lifter_path` and `read_card`.
    """
    path = lifter_path(name)
    if path.suffix.lower() == ONNX_SUFFIX:
        read_card(path)


def lifter_sha256(path: Path) -> str:
    """Return a checksum of all that a lifter does: of an ONNX network and of its card."""
    own = remembered_sha256(path)
    is_onnx = path.suffix.lower() == ONNX_SUFFIX
    return f"{own} {remembered_sha256(card_file(path))}" if is_onnx else own
