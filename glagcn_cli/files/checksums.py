"""Checksums of files, and what tells that a file is still the one that was looked at."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

Stamp = tuple[int, int, int, int]


def stamp(file: Path) -> Stamp:
    """What changes when a file is written to, so that others need be asked about only once."""
    status = file.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def sha256(path: Path) -> str:
    """Checksum of a file as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def remembered_sha256(path: Path) -> str:
    """As `sha256`, of a file that is read only once while it stays as it is."""
    return _sha256_of(path, stamp(path))


@lru_cache(maxsize=64)
def _sha256_of(path: Path, _: Stamp) -> str:
    return sha256(path)
