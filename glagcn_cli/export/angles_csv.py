"""Joint angles and gait events of all people of a clip as one table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..biomechanics.gait import Gait
from ..biomechanics.joint_angles import NAMES, SIDES, JointAngles
from ..biomechanics.repetitions import Repetitions
from ..files.atomic import atomic_output
from ..poses import PoseSequence

EVENTS: tuple[str, ...] = tuple(
    f"{side}_{event}" for event in ("heel_strike", "toe_off") for side in SIDES
)

COLUMNS: tuple[str, ...] = ("frame", "time", "person", *NAMES, "walking", *EVENTS, "repetition")


class Measured(NamedTuple):
    """One person with what was measured of them."""

    sequence: PoseSequence
    angles: JointAngles
    gait: Gait
    repetitions: Repetitions


def write_angles(path: Path, people: Sequence[Measured], overwrite: bool) -> None:
    """Write a row for each person and frame, person after person.

    ===================  =========================================================================
    `frame`, `time`      from 0, and in seconds
    `person`             number as in the video
    30 angles            degrees, named as in `joint_angles.NAMES`; empty where there is no pose,
                         the angle is not defined, or not possible
    `walking`            1 where there is a gait, else 0
    `left_heel_strike` … 1 in the frame of the event, else 0; the right foot's, and `..._toe_off`
    `repetition`         number of the repetition of an exercise, from 1; empty outside of any
    ===================  =========================================================================

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with (
        atomic_output(path, overwrite) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for person in people:
            writer.writerows(_rows(person))


def _rows(person: Measured) -> list[list[str]]:
    sequence, angles, gait, repetitions = person
    events = _event_columns(gait, len(sequence))
    numbers = [""] * len(sequence)
    for number, (first, last) in enumerate(repetitions.segments, 1):
        numbers[first:last] = [str(number)] * (last - first)
    rows = []
    for frame, degrees in enumerate(angles.degrees):
        rows.append(
            [str(frame), f"{float(frame / sequence.fps):.4f}", str(sequence.person)]
            + ["" if np.isnan(value) else f"{value + 0.0:.3f}" for value in degrees]
            + [str(int(flag)) for flag in events[frame]]
            + [numbers[frame]]
        )
    return rows


def _event_columns(gait: Gait, frames: int) -> NDArray[np.bool_]:
    """(frames, 5) bool: walking, then the columns of `EVENTS`."""
    columns = np.zeros((frames, 1 + len(EVENTS)), bool)
    columns[:, 0] = gait.walking
    for number, happened in enumerate((*gait.strikes, *gait.toe_offs), start=1):
        columns[happened, number] = True
    return columns
