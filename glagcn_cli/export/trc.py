"""`.trc`: the joints of one person as markers, for OpenSim, Mokka and other biomechanics tools.

Millimetres, y up, tab-separated. As OpenSim's reader asks for it: eight header fields in this
order, marker names without blanks, X1 Y1 Z1 counted up, a row for every frame, with empty fields
where there is no marker.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..files.atomic import atomic_output
from ..poses import PoseSequence
from ..wording import plain_text
from .formats import ExportContext
from .people import path_for_each, people_with_poses

MILLIMETRES = 1000.0  # in a metre

_FIELDS = (
    "DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units",
    "OrigDataRate", "OrigDataStartFrame", "OrigNumFrames",
)  # fmt: skip
ROWS_AT_ONCE = 4096


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one file for each person; frames are numbered from 1, the first is at 0 seconds."""
    people = people_with_poses(path, sequences)
    for target, sequence in path_for_each(path, people, context.overwrite):
        with (
            atomic_output(target, context.overwrite) as temporary,
            temporary.open("w", encoding="utf-8", newline="\n") as file,
        ):
            _write_header(file, plain_text(target.name), sequence)
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
    seen = np.repeat(sequence.present.any(axis=0), 3)
    full = "%d\t%.6f\t" + "".join("%.3f\t" if there else "\t" for there in seen) + "\n"
    empty = "%d\t%.6f\t" + "\t" * fields + "\n"
    seconds = np.arange(len(sequence)) / float(sequence.fps)
    for start in range(0, len(sequence), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        values = sequence.joints[block].reshape(-1, fields)[:, seen].astype(np.float64)
        values *= MILLIMETRES
        rows = zip(seconds[block], sequence.valid[block], values.tolist(), strict=True)
        for number, (second, valid, row) in enumerate(rows, start + 1):
            file.write(full % (number, second, *row) if valid else empty % (number, second))
