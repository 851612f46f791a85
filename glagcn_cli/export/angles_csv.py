"""Joint angles and gait events of all people of a clip as one table."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..biomechanics.gait import Gait
from ..biomechanics.gait_errors import GaitErrors
from ..biomechanics.joint_angles import NAMES, SIDES
from ..files.atomic import atomic_output
from .measured import Measured

EVENTS: tuple[str, ...] = tuple(
    f"{side}_{event}" for event in ("heel_strike", "toe_off") for side in SIDES
)

_AROUND = (("frame", "time", "person"), ("walking", *EVENTS, "event_sd", "repetition"))


def columns_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns for these angles; `..._sd` are standard deviations."""
    before, after = _AROUND
    return (*before, *names, *after, *(f"{name}_sd" for name in names))


COLUMNS: tuple[str, ...] = columns_of(NAMES)
"""Columns for a body of 17 joints."""


def write_angles(path: Path, people: Sequence[Measured], overwrite: bool) -> None:
    """Write a row for each person and frame, person after person.

    ===================  =========================================================================
    `frame`, `time`      from 0, and in seconds
    `person`             number as in the video
    29 angles            degrees, named as in `angle_names.NAMES`; empty where there is no pose,
                         the angle is not defined, or not possible
    `walking`            1 where there is a gait, else 0
    `left_heel_strike` … 1 in the frame of the event, else 0; the right foot's, and `..._toe_off`
    `event_sd`           standard deviation of the time of the frame's event, seconds; empty where
                         there is none, or where it is not known
    `repetition`         number of the repetition of an exercise, from 1; empty outside of any
    `..._sd`             standard deviation of each angle's error, degrees; empty where not known
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
        writer.writerow(columns_of(people[0].angles.names))
        for person in people:
            writer.writerows(_rows(person))


def _rows(person: Measured) -> list[list[str]]:
    sequence, angles, gait, repetitions, gait_errors = person
    deviations = np.full_like(angles.degrees, np.nan)
    if angles.deviations is not None:
        deviations = angles.deviations
    events = _event_columns(gait, len(sequence))
    spread = _event_deviations(gait, gait_errors, len(sequence))
    numbers = [""] * len(sequence)
    for number, (first, last) in enumerate(repetitions.segments, 1):
        numbers[first:last] = [str(number)] * (last - first)
    rows = []
    for frame, degrees in enumerate(angles.degrees):
        rows.append(
            [str(frame), f"{float(frame / sequence.fps):.4f}", str(sequence.person)]
            + [_number(value) for value in degrees]
            + [str(int(flag)) for flag in events[frame]]
            + [_number(spread[frame]), numbers[frame]]
            + [_number(value) for value in deviations[frame]]
        )
    return rows


def _event_deviations(gait: Gait, errors: GaitErrors | None, frames: int) -> NDArray[np.float64]:
    """(frames,) seconds: the deviation of the event in a frame, the larger of two; else NaN."""
    found = np.full(frames, np.nan)
    if errors is not None:
        events = np.concatenate([*gait.strikes, *gait.toe_offs])
        bars = np.concatenate([*errors.strikes, *errors.toe_offs])
        for event, bar in zip(events, bars, strict=True):
            found[event] = np.fmax(found[event], bar)
    return found


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value + 0.0:.3f}"


def _event_columns(gait: Gait, frames: int) -> NDArray[np.bool_]:
    """(frames, 5) bool: walking, then the columns of `EVENTS`."""
    columns = np.zeros((frames, 1 + len(EVENTS)), bool)
    columns[:, 0] = gait.walking
    for number, happened in enumerate((*gait.strikes, *gait.toe_offs), start=1):
        columns[happened, number] = True
    return columns
