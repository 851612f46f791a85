"""Read `.trc`: the joints of one person as markers."""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..trc import MILLIMETRES, ROWS_AT_ONCE
from .positions import joint_set_of, person_in_name, rate_from, sequence_of
from .saved_poses import SavedPoses

_IN_A_METRE = {"mm": MILLIMETRES, "cm": 100.0, "m": 1.0}
_HEADER_LINES = 5


class Markers(NamedTuple):
    """Markers of a file: names, ``points`` (frames, markers, 3) in its unit, frames a second."""

    names: list[str]
    points: NDArray[np.float64]
    unit: str
    rate: float


def read(path: Path) -> SavedPoses:
    """Read the joints of one person, in millimetres, centimetres or metres as the header says."""
    found = read_markers(path)
    joint_set, columns = joint_set_of(found.names)
    joints = found.points[:, columns] / _IN_A_METRE[found.unit]
    rate = rate_from(found.rate, 1e-6)
    return SavedPoses([sequence_of(joints, rate, joint_set, person_in_name(path))])


def read_markers(path: Path) -> Markers:
    """Read all markers of a file; ``ValueError`` says what is wrong with it."""
    with path.open(encoding="utf-8-sig") as file:
        head = [line.rstrip("\n").split("\t") for line in islice(file, _HEADER_LINES)]
        if len(head) < _HEADER_LINES or head[0][0].split()[:1] != ["PathFileType"]:
            raise ValueError("it does not begin with a TRC header of five lines")
        names = [name for name in head[3][2:] if name]
        rows = _rows(file, 2 + 3 * len(names))
    fields = dict(zip(*([one for one in line if one] for line in head[1:3]), strict=False))
    unit = fields.get("Units", "")
    if unit not in _IN_A_METRE:
        raise ValueError(f"its unit is {unit!r}, expected one of {', '.join(_IN_A_METRE)}")
    if fields.get("NumFrames", str(len(rows))) != str(len(rows)):
        raise ValueError(f"it has {len(rows)} rows, its header says {fields['NumFrames']}")
    points = rows[:, 2:].reshape(len(rows), len(names), 3)
    return Markers(names, points, unit, float(fields.get("DataRate", "nan")))


def _rows(file: io.TextIOWrapper, fields: int) -> NDArray[np.float64]:
    """(frames, fields); NaN where a field is empty. Blank lines are left out."""
    blocks = []
    filled = (line.rstrip("\n").split("\t") for line in file if line.strip())
    while block := list(islice(filled, ROWS_AT_ONCE)):
        numbers = [[float(field or "nan") for field in row[:fields]] for row in block]
        if {len(row) for row in numbers} != {fields}:
            raise ValueError(f"a row has fewer fields than its header's {fields}")
        blocks.append(np.array(numbers))
    if not blocks:
        raise ValueError("it has no rows below its header")
    return np.concatenate(blocks)
