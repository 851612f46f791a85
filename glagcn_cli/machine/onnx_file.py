"""Looks into an ONNX file before any library opens it: size, operators, files that it refers to.

By the format's own description (`onnx/onnx.proto`). Only the structure is read: weights are passed
over, so that a file of any size takes a moment and no memory.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import CheckpointError

LARGEST = 1 << 30
"""Bytes of a network with its weights; six times the largest lifter of MMPose, MotionBERT."""

STANDARD_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
"""Domains of the operators that the format itself defines."""

_DEEPEST = 60  # messages inside one another; a graph in a branch of a graph takes three

# Fields of a message that hold messages worth looking into, by the name of the message.
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
_NODE_TYPE, _NODE_DOMAIN, _FUNCTION_NAME, _FUNCTION_DOMAIN = 4, 7, 1, 10
_ENTRY_KEY, _ENTRY_VALUE = 1, 2


@dataclass
class _Found:
    """Operators and functions as (domain, name), and names of files with weights."""

    operators: set[tuple[str, str]] = field(default_factory=set)
    functions: set[tuple[str, str]] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def check_onnx(path: Path) -> None:
    """Refuse a file that no lifter is, or that could do harm.

    Parameters
    ----------
    path
        An existing file.

    Raises
    ------
    CheckpointError
        It is no ONNX, or damaged; it is larger than `LARGEST`; it asks for operators that the
        format does not define; or its weights lie in files outside its folder.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise CheckpointError(_too_large(path, size))
    found = _Found()
    try:
        with _mapped(path) as content:
            _look_into(content, 0, len(content), "model", found, 0)
    except (ValueError, IndexError) as error:
        raise CheckpointError(f"{path} is no ONNX file, or is damaged: {error}") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror or error})") from error
    if not found.operators:
        raise CheckpointError(f"{path} is no ONNX file, or is damaged: it holds no operators")
    own = {
        f"{domain}.{name}"
        for domain, name in found.operators - found.functions
        if domain not in STANDARD_DOMAINS
    }
    if own:
        raise CheckpointError(
            f"{path} needs operators that are not ONNX's own ({', '.join(sorted(own)[:6])}); "
            "export it with standard operators alone"
        )
    for name in sorted(found.files):
        size += _size_beside(path, name)
    if size > LARGEST:
        raise CheckpointError(_too_large(path, size))


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    """Open a file as memory; an empty one raises ``ValueError``."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def _too_large(path: Path, size: int) -> str:
    return (
        f"{path} has {size / 1e9:.1f} GB with its weights, at most {LARGEST / 1e9:.1f} are read; a "
        "lifter is not that large"
    )


def _size_beside(path: Path, name: str) -> int:
    """Return the size of a file of weights, which must lie in the folder of the network."""
    folder = path.resolve().parent
    try:
        file = (folder / name).resolve()
        if name and file.is_relative_to(folder) and file.is_file():
            return file.stat().st_size
    except (OSError, ValueError):  # a name that no file can have
        pass
    raise CheckpointError(
        f"{path} takes weights from {name!r}, which is no file in its own folder; export it with "
        "its weights inside, or put the file there"
    )


def _look_into(
    content: mmap.mmap, start: int, end: int, kind: str, found: _Found, depth: int
) -> None:
    """Collect what a message says, and those inside it."""
    if depth > _DEEPEST:
        raise ValueError("its graphs are nested too deeply")
    inside, texts = _INSIDE.get(kind, {}), {}
    for number, first, last in _fields(content, start, end):
        if number in inside:
            _look_into(content, first, last, inside[number], found, depth + 1)
        elif kind in ("node", "function", "entry") and last - first < 4096:
            texts[number] = content[first:last].decode("utf-8", "replace")
    if kind == "node":
        found.operators.add((texts.get(_NODE_DOMAIN, ""), texts.get(_NODE_TYPE, "")))
    elif kind == "function":
        found.functions.add((texts.get(_FUNCTION_DOMAIN, ""), texts.get(_FUNCTION_NAME, "")))
    elif kind == "entry" and texts.get(_ENTRY_KEY) == "location":
        found.files.add(texts.get(_ENTRY_VALUE, ""))


def _fields(content: mmap.mmap, place: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and end of the fields of a message that have a length."""
    while place < end:
        tag, place = _number(content, place, end)
        number, wire = tag >> 3, tag & 7
        if wire == 2:
            length, place = _number(content, place, end)
            if place + length > end:
                raise ValueError("it ends before its contents do")
            yield number, place, place + length
            place += length
        elif wire == 0:
            _, place = _number(content, place, end)
        elif wire in (1, 5):
            place += 8 if wire == 1 else 4
        else:
            raise ValueError("it is not made of the fields of ONNX")
    if place > end:
        raise ValueError("it ends before its contents do")


def _number(content: mmap.mmap, place: int, end: int) -> tuple[int, int]:
    """Read a number of variable length; return it and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            raise ValueError("it ends before its contents do")
        byte = content[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value, place
    raise ValueError("it is not made of the fields of ONNX")
