"""Lifter checkpoints: names, cards, saving and loading."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..defaults import LIFTER
from ..errors import CheckpointError, ModelNotFoundError
from ..files.atomic import atomic_output
from ..model.architecture import Architecture
from ..skeleton import CONVERSION, CONVERSIONS
from .normalisation import NORMALISATIONS

if TYPE_CHECKING:
    from ..model.gla_gcn import GLAGCN, ReleasedGLAGCN

FORMAT_VERSION = 1
KIND = "glagcn lifter"

SHIPPED_LIFTERS: dict[str, str] = {
    "lifter-27": "5db686f92812d14eb028fc4d12fb9e1467776ca41ac6505fb1c1d66e11d92a9f",
    "lifter-27-feet": "13cf4cb4ef466064b0ac2895adefd497588636a09357dcb1657b3f105c803b75",
}
"""Names of the lifters that come with the package and the sha256 of their files."""

DEFAULT_LIFTER = LIFTER

_INSTEAD = "give a file of glagcn-train, or another network as .onnx with a card"


@dataclass(frozen=True)
class LifterCard:
    """Facts that a checkpoint holds besides its weights.

    Parameters
    ----------
    architecture
        Sizes of the network.
    normalisation
        Normalisation of its input (`glagcn_cli.lifting.normalisation`).
    conversion
        Name of the 2D-to-input conversion it was trained with (`glagcn_cli.skeleton.CONVERSIONS`).
    fps
        Frames per second of its training windows.
    data, licence
        Training data and terms of use.
    recipe
        Resolved settings of the training run.
    metrics
        Figures measured on held-out subjects, in millimetres or the unit in their names, and the
        number of takes; None for all.
    """

    architecture: Architecture
    normalisation: str
    fps: int = 50
    conversion: str = CONVERSION
    data: str = ""
    licence: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)


def lifter_path(name: str) -> Path:
    """Return the file of a lifter by shipped name or path; raise ``ModelNotFoundError``."""
    if name in SHIPPED_LIFTERS:
        return Path(str(files("glagcn_weights") / f"{name}.pth"))
    path = Path(name)
    if path.is_file():
        return path
    raise ModelNotFoundError(
        f"no lifter {name!r}: it is neither a file nor one of the shipped lifters "
        f"({', '.join(SHIPPED_LIFTERS)})"
    )


def save_lifter(
    path: Path, network: GLAGCN | ReleasedGLAGCN, card: LifterCard, *, half: bool = True
) -> None:
    """Write one file with the weights and the card.

    Parameters
    ----------
    path
        File to write or replace.
    network, card
        Network to save, and facts to store with it.
    half
        Store the weights in half precision. Counters and batch-norm statistics are stored in full,
        since a variance can leave the range of a half-precision number.
    """
    import torch

    learned = {name for name, _ in network.named_parameters()} if half else set()
    state = {
        name: tensor.half() if name in learned else tensor
        for name, tensor in network.state_dict().items()
    }
    content = {"kind": KIND, "format_version": FORMAT_VERSION, "state_dict": state}
    content |= asdict(card)
    # Into an open file: given a name, torch writes it into the file and changes its checksum.
    with atomic_output(path, overwrite=True) as temporary, temporary.open("wb") as file:
        torch.save(content, file)


def _read(path: Path) -> dict[str, Any]:
    """Read a checkpoint file, checked for its kind and version."""
    import torch

    try:
        # torch ignores the checksums inside, so a flipped bit would become a wrong weight.
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if damaged := archive.testzip():
                    raise zipfile.BadZipFile(f"wrong checksum of {damaged}")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle raises anything: KeyError, UnicodeDecodeError...
        raise CheckpointError(
            f"{path} is not a readable checkpoint (damaged or cut off?): {error}; {_INSTEAD}"
        ) from error
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise CheckpointError(f"{path} is no {KIND} checkpoint; {_INSTEAD}")
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {version}, this program reads {FORMAT_VERSION}"
        )
    return content


def load_lifter(path: Path) -> tuple[GLAGCN | ReleasedGLAGCN, LifterCard]:
    """Rebuild a network from its checkpoint.

    Returns
    -------
    network, card
        The network in evaluation mode, float32, on the CPU, and its card.

    Raises
    ------
    CheckpointError
        The file is damaged, of another kind, version, architecture or conversion.
    """
    from ..model.gla_gcn import build_lifter

    content = _read(path)
    try:
        architecture = Architecture(**content["architecture"])
        known = {f.name for f in fields(LifterCard)} - {"architecture"}
        card = LifterCard(architecture, **{key: content[key] for key in known})
        network = build_lifter(architecture)
        network.load_state_dict({k: v.float() for k, v in content["state_dict"].items()})
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise CheckpointError(
            f"the weights in {path} do not fit the architecture it names: {error}"
        ) from error
    if not all(tensor.isfinite().all() for tensor in network.state_dict().values()):
        raise CheckpointError(f"{path} holds weights that are not finite: its training diverged")
    if card.conversion not in CONVERSIONS or card.normalisation not in NORMALISATIONS:
        raise CheckpointError(
            f"{path} was trained with the input conversion {card.conversion!r} and normalisation "
            f"{card.normalisation!r}; this program has {CONVERSIONS} and {NORMALISATIONS}"
        )
    return network.eval(), card
