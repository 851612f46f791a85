"""Reading `.csv` poses back."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..csv_file import COLUMNS, FEET
from .positions import (
    DEFAULT_FPS,
    absent_half,
    joint_set_of,
    known_uncertainty,
    rate_from,
    sequence_of,
)
from .saved_poses import SavedPoses

log = logging.getLogger(__name__)

_SPARSEST = 100
"""Frames of a person for each row, at most: a number far beyond the rows is damage, not a gap."""

_LEAST_FRAMES = 1_000_000  # that may be missing before that is asked

_ROWS_AT_ONCE = 10_000


class _Table(NamedTuple):
    """Columns of a file, one entry a row.

    ``names`` are the joints by the numbers in ``joint``; ``values`` (rows, 6) are x, y, z, score,
    uncertainty and contact, NaN where a cell is empty.
    """

    frame: NDArray[np.int64]
    time: NDArray[np.float64]
    person: NDArray[np.int64]
    joint: NDArray[np.int64]
    values: NDArray[np.float32]
    names: list[str]


def read(path: Path) -> SavedPoses:
    """Read all people; columns may stand in any order, rows without a pose may be left out.

    `frame`, `joint`, `x`, `y` and `z` must be there.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = _read_table(file)
    joint_set, columns = joint_set_of(table.names)
    people = list(dict.fromkeys(table.person.tolist()))
    frames = int(table.frame.max()) + 1
    if table.frame.min() < 0:
        raise ValueError("a frame has a number below 0")
    if frames * len(people) > max(_LEAST_FRAMES, _SPARSEST * len(table.frame)):
        raise ValueError(f"its last frame is {frames - 1}, far beyond its {len(table.frame)} rows")
    fps = _rate(path, table)
    sequences = []
    for person in people:
        rows = table.person == person
        grid = np.full((frames, len(table.names), table.values.shape[1]), np.nan, np.float32)
        grid[table.frame[rows], table.joint[rows]] = table.values[rows]
        grid = grid[:, columns]
        scores, uncertainty = grid[..., 3], grid[..., 4]
        there = np.asarray(np.isfinite(grid[..., :3]).all(axis=-1))
        absent = absent_half(grid[..., :3], np.asarray(there.any(axis=1)), joint_set)
        needed = np.ones(len(joint_set), bool) if absent is None else ~absent
        valid = np.asarray(there[:, needed].all(axis=1))
        contacts = grid[:, joint_set.indices(FEET), 5]
        sequences.append(
            sequence_of(
                grid[..., :3], fps, joint_set, person,
                scores=scores if np.isfinite(scores[valid][:, needed]).all() else None,
                uncertainty=known_uncertainty(uncertainty, valid, absent),
                contacts=contacts == 1 if np.isfinite(contacts[valid]).all() else None,
            )
        )  # fmt: skip
    return SavedPoses(sequences)


def _read_table(file: io.TextIOWrapper) -> _Table:
    rows = csv.reader(file)
    header = [name.strip() for name in next(rows, [])]
    missing = [name for name in ("frame", "joint", "x", "y", "z") if name not in header]
    if missing:
        raise ValueError(f"its first line names no columns {', '.join(missing)}")
    names: dict[str, int] = {}
    blocks = []
    filled = (row for row in rows if row)
    while block := list(islice(filled, _ROWS_AT_ONCE)):
        if {len(row) for row in block} != {len(header)}:
            raise ValueError("its rows differ from its first line in their number of cells")
        cells = dict(zip(header, zip(*block, strict=True), strict=True))
        nothing = ("",) * len(block)
        joint = [names.setdefault(name, len(names)) for name in cells["joint"]]
        values = [_numbers(cells.get(column, nothing)) for column in COLUMNS[4:]]
        blocks.append(
            (
                _whole_numbers(cells["frame"]),
                _numbers(cells.get("time", nothing)),
                _whole_numbers(cells.get("person", ("1",) * len(block))),
                np.array(joint),
                np.stack(values, axis=-1).astype(np.float32),
            )
        )
    if not blocks:
        raise ValueError("it has no rows below its first line")
    joined = [np.concatenate(parts) for parts in zip(*blocks, strict=True)]
    return _Table(joined[0], joined[1], joined[2], joined[3], joined[4], list(names))


def _numbers(cells: Sequence[str]) -> NDArray[np.float64]:
    """Numbers of cells; NaN for empty ones."""
    return np.array([float(cell or "nan") for cell in cells])


def _whole_numbers(cells: Sequence[str]) -> NDArray[np.int64]:
    """Whole numbers of cells that all have one; 7.0 is one."""
    numbers = _numbers(cells)
    if not (np.isfinite(numbers).all() and (numbers == np.round(numbers)).all()):
        raise ValueError("a frame's or person's number is empty or not whole")
    if np.abs(numbers).max() >= 2**53:
        raise ValueError("a frame's or person's number is far too large")
    return numbers.astype(np.int64)


def _rate(path: Path, table: _Table) -> Fraction:
    """Rate from the times of the first and the last frame, which are rounded to microseconds."""
    first, last = int(table.frame.argmin()), int(table.frame.argmax())
    frames, seconds = int(table.frame[last]), float(table.time[last])
    if first != last and table.frame[first] < frames:
        frames -= int(table.frame[first])
        seconds -= float(table.time[first])
    if frames == 0 or not np.isfinite(seconds):
        log.warning("%s: holds no frame rate; %g frames/s is assumed", path, DEFAULT_FPS)
        return DEFAULT_FPS
    if seconds <= 0:
        raise ValueError("its times do not grow with its frames")
    return rate_from(frames / seconds, 1.5e-6 / seconds)
