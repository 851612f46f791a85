"""`.trc`: the joints of one person as markers, for OpenSim, Mokka and other biomechanics tools.

Millimetres, y up, tab-separated. As OpenSim's reader asks for it: eight header fields in this
order, marker names without blanks, X1 Y1 Z1 counted up, a row for every frame, with empty fields
where there is no marker.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..files.atomic import atomic_output
from ..poses import PoseSequence
from ..saved_poses import SavedPoses
from . import ExportContext
from .people import path_for_each, people_with_poses
from .positions import joint_set_of, person_in_name, rate_from, sequence_of

MILLIMETRES = 1000.0  # in a metre

_FIELDS = (
    "DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units",
    "OrigDataRate", "OrigDataStartFrame", "OrigNumFrames",
)  # fmt: skip
_IN_A_METRE = {"mm": MILLIMETRES, "cm": 100.0, "m": 1.0}
_HEADER_LINES = 5
_ROWS_AT_ONCE = 4096


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one file for each person; frames are numbered from 1, the first is at 0 seconds."""
    people = people_with_poses(path, sequences)
    for target, sequence in path_for_each(path, people, context.overwrite):
        with (
            atomic_output(target, context.overwrite) as temporary,
            temporary.open("w", encoding="utf-8", newline="\n") as file,
        ):
            _write_header(file, target.name, sequence)
            _write_rows(file, sequence)
        yield target


def _write_header(file: io.TextIOWrapper, name: str, sequence: PoseSequence) -> None:
    rate, frames = repr(float(sequence.fps)), len(sequence)
    joints = sequence.joint_set.joints
    axes = [f"{axis}{number}" for number in range(1, len(joints) + 1) for axis in "XYZ"]
    lines = [
        ["PathFileType", "4", "(X/Y/Z)", name],
        _FIELDS,
        [rate, rate, str(frames), str(len(joints)), "mm", rate, "1", str(frames)],
        ["Frame#", "Time", *(field for joint in joints for field in (joint, "", "")), ""],
        ["", "", *axes, ""],
        [],
    ]
    file.writelines("\t".join(line) + "\n" for line in lines)


def _write_rows(file: io.TextIOWrapper, sequence: PoseSequence) -> None:
    fields = 3 * len(sequence.joint_set)
    # A tab behind the last field too: OpenSim's reader drops an empty field that ends a line.
    full = "%d\t%.6f\t" + "%.3f\t" * fields + "\n"
    empty = "%d\t%.6f\t" + "\t" * fields + "\n"
    seconds = np.arange(len(sequence)) / float(sequence.fps)
    for start in range(0, len(sequence), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        values = sequence.joints[block].reshape(-1, fields).astype(np.float64) * MILLIMETRES
        rows = zip(seconds[block], sequence.valid[block], values.tolist(), strict=True)
        for number, (second, valid, row) in enumerate(rows, start + 1):
            file.write(full % (number, second, *row) if valid else empty % (number, second))


def read(path: Path) -> SavedPoses:
    """Read the joints of one person, in millimetres, centimetres or metres as the header says."""
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
    joint_set, columns = joint_set_of(names)
    joints = rows[:, 2:].reshape(len(rows), len(names), 3)[:, columns] / _IN_A_METRE[unit]
    rate = rate_from(float(fields.get("DataRate", "nan")), 1e-6)
    return SavedPoses([sequence_of(joints, rate, joint_set, person_in_name(path))])


def _rows(file: io.TextIOWrapper, fields: int) -> NDArray[np.float64]:
    """(frames, fields); NaN where a field is empty. Blank lines are left out."""
    blocks = []
    filled = (line.rstrip("\n").split("\t") for line in file if line.strip())
    while block := list(islice(filled, _ROWS_AT_ONCE)):
        numbers = [[float(field or "nan") for field in row[:fields]] for row in block]
        if {len(row) for row in numbers} != {fields}:
            raise ValueError(f"a row has fewer fields than its header's {fields}")
        blocks.append(np.array(numbers))
    if not blocks:
        raise ValueError("it has no rows below its header")
    return np.concatenate(blocks)
