"""Boxes of MP4 files whose index stands behind the pictures, so that it may grow."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_BEFORE_CHILDREN = {b"stsd": 16, b"avc1": 86}  # bytes


def way_to(data: bytes, kinds: Sequence[bytes]) -> list[tuple[int, int]]:
    """Return (start, size) of the first box of each kind, each in the one before."""
    way, start = [], 0
    for kind in kinds:
        while data[start + 4 : start + 8] != kind:
            start += struct.unpack(">I", data[start : start + 4])[0]
            assert start < len(data)
        way.append((start, struct.unpack(">I", data[start : start + 4])[0]))
        start += _BEFORE_CHILDREN.get(kind, 8)
    return way


def added(data: bytes, kinds: Sequence[bytes], box: bytes) -> bytes:
    """Put a box at the end of the last box of a way."""
    way = way_to(data, kinds)
    end = sum(way[-1])
    return _grown(data, way, len(box))[:end] + box + data[end:]


def replaced(data: bytes, kinds: Sequence[bytes], box: bytes) -> bytes:
    """Put a box in place of the last box of a way."""
    *way, (start, size) = way_to(data, kinds)
    changed = _grown(data, way, len(box) - size)
    return changed[:start] + box + changed[start + size :]


def _grown(data: bytes, way: Sequence[tuple[int, int]], by: int) -> bytes:
    changed = bytearray(data)
    for start, size in way:
        changed[start : start + 4] = struct.pack(">I", size + by)
    return bytes(changed)
