"""Opens a lifter file of any kind: a checkpoint of ours, or an ONNX network of anybody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..defaults import EXTREMITIES_LIFTER, LIFTER
from ..files.checksums import remembered_sha256
from .checkpoints import LifterCard, lifter_path, load_lifter
from .onnx_card import ONNX_SUFFIX, card_file, read_card

if TYPE_CHECKING:
    from ..model.gla_gcn import LifterNetwork

BODIES = {EXTREMITIES_LIFTER: LIFTER}
"""Shipped lifters of feet and palms, and those whose body these hang on."""


def open_lifter(path: Path) -> tuple[LifterNetwork, LifterCard]:
    """Load a network and its card, in evaluation mode.

    Raises
    ------
    CheckpointError
        As `load_lifter` and `glagcn_cli.lifting.onnx_network.load_onnx_lifter`.
    """
    if path.suffix.lower() != ONNX_SUFFIX:
        network, card = load_lifter(path)
        return on_its_body(network, path), card
    from .onnx_network import load_onnx_lifter

    return load_onnx_lifter(path)


def body_of(path: Path) -> Path | None:
    """Return the file of the lifter whose body a lifter's feet and palms hang on; None for none."""
    name = path.stem
    return lifter_path(BODIES[name]) if name in BODIES and lifter_path(name) == path else None


def on_its_body(network: LifterNetwork, path: Path) -> LifterNetwork:
    """Hang feet and palms of a shipped lifter on the body that it is shipped for."""
    body = body_of(path)
    if body is None:
        return network
    from ..model.attached import Attached

    return Attached(load_lifter(body)[0], network).eval()


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
    """Return a checksum of all that a lifter does: with an ONNX network's card, with a body."""
    own = remembered_sha256(path)
    if (body := body_of(path)) is not None:
        return f"{own} {remembered_sha256(body)}"
    is_onnx = path.suffix.lower() == ONNX_SUFFIX
    return f"{own} {remembered_sha256(card_file(path))}" if is_onnx else own
