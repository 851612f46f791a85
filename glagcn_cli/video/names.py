"""What messages call a video: the file, or what the user gave where the file is a copy of that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CALLED: dict[Path, str] = {}


@contextmanager
def called(copy: Path, name: str) -> Iterator[None]:
    """Have messages about a temporary copy name what it is a copy of, within a `with` block."""
    _CALLED[copy] = name
    try:
        yield
    finally:
        del _CALLED[copy]


def name_of(video: Path | str) -> str:
    """Name a video, given by its file, in messages and reports."""
    return _CALLED.get(Path(video), str(video))


def short_name_of(video: Path | str) -> str:
    """As `name_of`, without folders, for titles."""
    return Path(name_of(video)).name
