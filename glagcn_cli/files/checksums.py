"""Checksums of files, and a stamp that changes with their contents."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

Stamp = tuple[int, int, int, int]


def stamp(file: Path) -> Stamp:
    """Return what changes when a file is written to, so that a checksum can be reused."""
    status = file.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def remembered_sha256(path: Path) -> str:
    """Compute `sha256` of a file once while it stays unchanged."""
    return _sha256_of(path, stamp(path))


@lru_cache(maxsize=64)
def _sha256_of(path: Path, _: Stamp) -> str:
    return sha256(path)
