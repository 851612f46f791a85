"""Graphs and what was compiled of them, kept between runs in the user's cache folder.

A cache must never spoil a run: what cannot be read is made anew, what cannot be written is made in
every run.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ... import __version__
from ...errors import OutputError
from ...files.atomic import remove_temporary
from ...files.checked import read_checked, write_checked
from ...files.downloading import cache_folder

log = logging.getLogger(__name__)

LARGEST = 512 << 20
"""Bytes; the files that were not asked for the longest go first."""


def graphs_folder() -> Path:
    """Where graphs and what was compiled of them lie."""
    return cache_folder() / "graphs"


def key_of(made_of: Any) -> str:
    """Name all that a graph depends on, as values of JSON, this program's version added."""
    said = json.dumps([__version__, made_of], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def read(name: str) -> tuple[dict[str, Any], list[bytes]] | None:
    """Read a kept file; None for one that is missing or damaged."""
    file = graphs_folder() / name
    if (found := read_checked(file)) is not None:
        with suppress(OSError):
            file.touch()  # the last to go when room is needed
    return found


def keep(name: str, about: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
    """Keep a file, and make room for it."""
    try:
        write_checked(graphs_folder() / name, about, parts)
        _make_room()
    except (OSError, OutputError) as error:
        log.debug("the graph %s is not kept: %s", name, error)


def _make_room() -> None:
    files = {file: file.stat() for file in graphs_folder().iterdir() if file.is_file()}
    size = sum(status.st_size for status in files.values())
    for file in sorted(files, key=lambda file: files[file].st_mtime):
        if size <= LARGEST:
            return
        remove_temporary(file)
        size -= files[file].st_size
