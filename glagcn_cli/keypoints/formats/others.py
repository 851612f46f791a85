"""2D of other programs by what it lies in: a folder, JSON, a table or an array, packed or not."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from . import documents, openpose, tables, yolo
from .entry import Entry
from .numbered import NumberedDetections

LARGEST = 8 << 30
"""Bytes that a file may unpack to; 100 hours of two people at 30 frames a second are 5 GB."""

_PACKED = ".gz"


def _array(content: bytes) -> NumberedDetections:
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception as error:  # numpy speaks of its own arguments
        raise ValueError("expected an array of numbers, found objects or a damaged file") from error
    if array.ndim not in (3, 4) or array.dtype.kind not in "fiu":
        raise ValueError(
            "expected numbers (frames, points, 2 or 3) or (frames, people, points, 2 or 3), found "
            f"{array.dtype} {array.shape}"
        )
    return documents.read_document(Entry(array.tolist()))


READERS: dict[str, Callable[[bytes], NumberedDetections]] = {
    ".json": documents.read,
    ".jsonl": documents.read,
    ".ndjson": documents.read,
    ".csv": tables.read,
    ".tsv": tables.read,
    ".npy": _array,
}


def reader_of(path: Path) -> Callable[[Path], NumberedDetections] | None:
    """Return what reads a file or folder of another program; None where nothing does."""
    if path.is_dir():
        return yolo.read if yolo.is_folder(path) else openpose.read
    packed = path.suffix.lower() == _PACKED
    read = READERS.get(Path(path.stem if packed else path.name).suffix.lower())
    if read is None:
        return None
    return lambda file: read(_unpacked(file) if packed else file.read_bytes())


def _unpacked(file: Path) -> bytes:
    with gzip.open(file, "rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError("it unpacks to more than any clip needs")
    return content
