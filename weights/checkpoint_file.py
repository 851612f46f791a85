"""What the scripts that convert a model of others share: its check, the folder, and the writing."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import click
import torch

FORMAT_VERSION = 1

into_folder = partial(
    click.option,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(__file__).parent,
    show_default="this script's folder",
    help="Folder for the checkpoint.",
)
"""The option of a script for where its checkpoint goes, by the names it gives it."""


def check_sha256(content: bytes, sha256: str, name: str, source: str) -> None:
    """Refuse content that is another than was converted before.

    Raises
    ------
    click.ClickException
        Its hash is another; the message names it and the source it should be of.
    """
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise click.ClickException(
            f"{name} has sha256 {digest}, expected {sha256}: it is not {source}"
        )


def meta_of(architecture: str, source: str, sha256: str, **others: Any) -> dict[str, Any]:
    """Return the plain ``meta`` of a checkpoint; models of others are under Apache-2.0."""
    return {
        "architecture": architecture,
        "format_version": FORMAT_VERSION,
        **others,
        "source": source,
        "source_sha256": sha256,
        "licence": "Apache-2.0",
    }


def write(checkpoint: dict[str, Any], path: Path) -> None:
    """Write a checkpoint, and print how large it is."""
    torch.save(checkpoint, path)
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
