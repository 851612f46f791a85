"""`.csv`: joint positions of all people as tidy rows, for pandas, R and spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..files.atomic import atomic_output
from ..poses import PoseSequence
from .formats import ExportContext
from .people import people_of_one_clip

COLUMNS = (
    "frame", "time", "person", "joint", "x", "y", "z", "score", "uncertainty", "contact",
)  # fmt: skip

FEET = ("left_ankle", "right_ankle")
"""The joints in whose rows `contact` says whether the foot stands on the floor."""


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one file: a row for every frame, person and joint, the columns `COLUMNS`.

    Frames count from 0, time is in seconds, x, y, z and uncertainty are metres (scene frame, y up).
    Where a person has no pose, or a joint was never seen, the cells from x on are empty, which
    pandas reads as NaN: a line drawn through such a column shows the gap.
    """
    people = people_of_one_clip(path, sequences, same_joints=False)
    with (
        atomic_output(path, context.overwrite) as temporary,
        temporary.open("w", encoding="ascii", newline="\n") as file,
    ):
        file.write(",".join(COLUMNS) + "\n")
        rows = [_rows_of(sequence) for sequence in people]
        for frame_of_everybody in zip(*rows, strict=True):
            file.writelines(frame_of_everybody)
    yield path


def _rows_of(sequence: PoseSequence) -> Iterator[str]:
    """Yield the rows of one person, a frame at a time."""
    joints = sequence.joint_set.joints
    absent = np.zeros(len(joints), bool) if sequence.absent is None else sequence.absent
    empty = "".join(f"@{joint},,,,,,\n" for joint in joints)
    unsure = sequence.uncertainty
    layers = [sequence.joints, sequence.scores[..., None]]
    if unsure is not None:
        layers.append(unsure[..., None])
    numbers = "%.5f,%.5f,%.5f,%.4f," + ("" if unsure is None else "%.5f")
    templates: dict[tuple[bool, ...] | None, str] = {}
    for frame, valid in enumerate(sequence.valid.tolist()):
        place = f"{frame},{float(frame / sequence.fps):.6f},{sequence.person},"
        if not valid:
            yield empty.replace("@", place)
            continue
        contact = None if sequence.contacts is None else tuple(sequence.contacts[frame].tolist())
        if contact not in templates:
            stands = {} if contact is None else dict(zip(FEET, contact, strict=True))
            templates[contact] = "".join(
                f"@{joint},,,,,,\n"
                if missing
                else f"@{joint},{numbers},{int(stands[joint]) if joint in stands else ''}\n"
                for joint, missing in zip(joints, absent, strict=True)
            )
        values = np.concatenate([layer[frame][~absent] for layer in layers], axis=-1)
        yield templates[contact].replace("@", place) % tuple(values.ravel().tolist())
