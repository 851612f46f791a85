"""Files of bytes that tell when they are damaged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .atomic import atomic_output


def write_checked(path: Path, about: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
    """Write a file whole or not at all, in place of an earlier one.

    Parameters
    ----------
    path
        The file; missing folders are made.
    about
        Values of JSON that are kept with the bytes.
    parts
        What the file holds.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    head = json.dumps({"about": about, "sizes": [*map(len, parts)]}).encode()
    digest = _digest(head, parts).encode()
    with atomic_output(path, overwrite=True) as temporary, temporary.open("wb") as file:
        file.writelines([digest, b"\n", head, b"\n", *parts])


def read_checked(path: Path) -> tuple[dict[str, Any], list[bytes]] | None:
    """Read what `write_checked` wrote; None for a file that is missing or damaged."""
    try:
        with path.open("rb") as file:
            digest, head = file.readline().rstrip(b"\n"), file.readline().rstrip(b"\n")
            said = json.loads(head)
            parts = [file.read(size) for size in said["sizes"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if _digest(head, parts).encode() != digest:
        return None
    return said["about"], parts


def _digest(head: bytes, parts: Sequence[bytes]) -> str:
    digest = hashlib.sha256(head)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
