"""Reading `.c3d` poses back.

By the format's own description (c3d.org, "The C3D file format"), and not by ezc3d, which writes
them: damaged files make it take zeros for poses, all the memory there is, or the process down.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from struct import unpack_from
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .positions import joint_set_of, rate_from, sequence_of
from .saved_poses import SavedPoses

_BLOCK = 512  # bytes; places in the file are counted in blocks from 1
_MAGIC, _INTEL = 0x50, 84
_IN_A_METRE = {"mm": 1000.0, "cm": 100.0, "m": 1.0}
_TYPES = {-1: "S1", 1: "u1", 2: "<i2", 4: "<f4"}  # of parameters, by their code

_Parameters = Mapping[str, NDArray]


class _Header(NamedTuple):
    """What the first block says; see `_read_header`."""

    parameters_block: int
    points: int
    analogs: int  # values a frame
    first: int
    last: int
    scale: float
    data_block: int
    rate: float


class C3dPoints(NamedTuple):
    """Points of a file.

    ``subjects`` holds the places of points by their names, by the subject before the colon (""
    where there is none); ``points`` (frames, points, 3) in the file's unit, NaN where one was not
    seen; ``up`` is the axis that points up as `+Y`, "" where the file does not say it.
    """

    subjects: dict[str, dict[str, int]]
    points: NDArray[np.float64]
    unit: str
    up: str
    rate: float


def read(path: Path) -> SavedPoses:
    """Read people whose joints are points; other points, and analog channels, are passed over."""
    found = read_points(path)
    up = found.up or "+Y"
    if up != "+Y":
        raise ValueError(f"its axis that points up is {up}, expected +Y")
    joints = found.points / _IN_A_METRE[found.unit]
    sequences = []
    for number, (subject, points) in enumerate(found.subjects.items(), 1):
        try:
            joint_set, columns = joint_set_of(list(points))
        except ValueError:
            continue
        places = [list(points.values())[column] for column in columns]
        rate, person = rate_from(found.rate, 1e-6), subject_number(subject, number)
        sequences.append(sequence_of(joints[:, places], rate, joint_set, person))
    if not sequences:
        joint_set_of([name for points in found.subjects.values() for name in points])  # says why
        raise ValueError("its points are no person's joints")
    return SavedPoses(sequences)


def subject_number(subject: str, place: int) -> int:
    """Return the number of a person that is called `person2`, else its place in the file."""
    named = subject[:6] == "person" and subject[6:].isdecimal()
    return int(subject[6:]) if named else place


def read_points(path: Path) -> C3dPoints:
    """Read all points of a file; ``ValueError`` says what is wrong with it."""
    content = path.read_bytes()
    header = _read_header(content)
    parameters = _read_parameters(content, header.parameters_block)
    unit = _text(parameters, "POINT:UNITS", "mm")
    if unit not in _IN_A_METRE:
        raise ValueError(f"its unit is {unit!r}, expected one of {', '.join(_IN_A_METRE)}")
    subjects = _subjects(_labels(parameters))
    points = _read_points(content, header, _frames(header, parameters))
    places = [place for named in subjects.values() for place in named.values()]
    if places and max(places) >= header.points:
        raise ValueError(f"it names more points than the {header.points} it holds")
    rate = float(parameters.get("POINT:RATE", np.array([header.rate])).ravel()[0])
    return C3dPoints(subjects, points, unit, _text(parameters, "POINT:Y_SCREEN", ""), rate)


def _read_header(content: bytes) -> _Header:
    if len(content) < _BLOCK or content[1] != _MAGIC:
        raise ValueError("it does not begin with a C3D header")
    points, analogs, first, last = unpack_from("<4H", content, 2)
    scale, block = unpack_from("<fH", content, 12)
    (rate,) = unpack_from("<f", content, 20)
    return _Header(content[0], points, analogs, first, last, scale, block, rate)


def _read_parameters(content: bytes, block: int) -> _Parameters:
    """Values by "GROUP:NAME", those of characters as bytes of one."""
    place = (block - 1) * _BLOCK
    if not 0 < place < len(content) - 4:
        raise ValueError("its parameters lie beyond its end")
    if content[place + 3] != _INTEL:
        raise ValueError("its numbers are in the format of DEC or SGI computers, not PCs")
    place += 4
    groups: dict[int, str] = {}
    found: list[tuple[int, str, NDArray]] = []
    while True:
        length, number = unpack_from("<2b", content, place)
        pointer = place + 2 + abs(length)
        name = content[place + 2 : pointer].decode("ascii", "replace").upper()
        if length == 0 or number == 0:
            break
        (offset,) = unpack_from("<H", content, pointer)
        if number < 0:
            groups[-number] = name
        else:
            found.append((number, name, _value(content, pointer + 2)))
        if offset == 0:
            break
        place = pointer + offset
    return {f"{groups.get(number, '')}:{name}": value for number, name, value in found}


def _value(content: bytes, place: int) -> NDArray:
    code, dimensions = unpack_from("<bB", content, place)
    shape = unpack_from(f"<{dimensions}B", content, place + 2)
    if code not in _TYPES:
        raise ValueError(f"a parameter is of the unknown type {code}")
    dtype, count = np.dtype(_TYPES[code]), int(np.prod(shape, dtype=np.int64))
    start = place + 2 + dimensions
    if start + count * dtype.itemsize > len(content):
        raise ValueError("a parameter reaches beyond its end")
    if count == 0:
        return np.zeros(shape, dtype)
    return np.frombuffer(content, dtype, count, start).reshape(shape, order="F")


def _strings(parameters: _Parameters, name: str) -> list[str]:
    """Strings of an array of characters, whose first axis runs along each string."""
    characters = np.atleast_1d(parameters.get(name, np.zeros(0, "S1")))
    if characters.dtype != "S1":
        raise ValueError(f"{name} is not made of characters")
    if characters.size == 0:
        return []
    columns = characters.reshape(len(characters), -1)
    # tobytes and not join: numpy takes zero bytes off the end of a string.
    return [
        column.tobytes().decode("ascii", "replace").replace("\0", " ").strip()
        for column in columns.T
    ]


def _text(parameters: _Parameters, name: str, default: str) -> str:
    return "".join(_strings(parameters, name)[:1]) or default


def _labels(parameters: _Parameters) -> list[str]:
    labels = _strings(parameters, "POINT:LABELS")
    number = 2  # an array has room for 255 strings, further ones stand in LABELS2 and so on
    while f"POINT:LABELS{number}" in parameters:
        labels += _strings(parameters, f"POINT:LABELS{number}")
        number += 1
    return labels


def _subjects(labels: list[str]) -> dict[str, dict[str, int]]:
    """Places of points by their names, by the subject before the colon ("" where there is none)."""
    subjects: dict[str, dict[str, int]] = {}
    for place, label in enumerate(labels):
        subject, _, point = label.rpartition(":")
        subjects.setdefault(subject, {}).setdefault(point, place)
    return subjects


def _frames(header: _Header, parameters: _Parameters) -> int:
    """How many frames there are: 16 bits were too few, and there are three ways around that."""
    if "POINT:LONG_FRAMES" in parameters:
        return int(parameters["POINT:LONG_FRAMES"].ravel()[0])
    start, end = (parameters.get(f"TRIAL:ACTUAL_{which}_FIELD") for which in ("START", "END"))
    if start is not None and end is not None and start.size == end.size == 2:
        first, last = (
            int(low) & 0xFFFF | (int(high) & 0xFFFF) << 16
            for low, high in (start.ravel().tolist(), end.ravel().tolist())
        )
        return last - first + 1
    if "POINT:FRAMES" in parameters:
        frames = int(parameters["POINT:FRAMES"].ravel()[0])
        return frames & 0xFFFF if parameters["POINT:FRAMES"].dtype == "<i2" else frames
    return header.last - header.first + 1


def _read_points(content: bytes, header: _Header, frames: int) -> NDArray[np.float64]:
    """(frames, points, 3) in the file's unit; NaN where a point was not seen."""
    dtype = np.dtype("<f4" if header.scale < 0 else "<i2")
    width = 4 * header.points + header.analogs
    start, size = (header.data_block - 1) * _BLOCK, frames * width * dtype.itemsize
    if frames < 1 or header.points < 1:
        raise ValueError("it has no points")
    if start < _BLOCK or start + size > len(content):
        raise ValueError(f"it says that it has {frames} frames, but ends before that")
    data = np.frombuffer(content, dtype, frames * width, start).reshape(frames, width)
    points = data[:, : 4 * header.points].reshape(frames, header.points, 4)
    joints = points[..., :3].astype(np.float64) * (header.scale if header.scale > 0 else 1.0)
    joints[points[..., 3] < 0] = np.nan
    return joints
