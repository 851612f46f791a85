"""Reads `.trc`, `.c3d` and `.csv` of other programs, whose points have names."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from .. import c3d, trc
from ..positions import rate_from
from .axes import UP_AXES
from .recording import Recording


def read_trc(path: Path) -> Recording:
    """Read the markers of one person."""
    found = trc.read_markers(path)
    return Recording(
        [found.points], names=tuple(found.names), fps=rate_from(found.rate, 1e-6), unit=found.unit
    )


def read_c3d(path: Path) -> Recording:
    """Read the subjects of a file whose markers make joints."""
    found = c3d.read_points(path)
    subjects = {name: points for name, points in found.subjects.items() if len(points) > 8}
    if not subjects:
        raise ValueError("its points are no person's markers")
    shared = set.intersection(*(set(points) for points in subjects.values()))
    names = tuple(next(iter(subjects.values())))
    if len(subjects) > 1:
        names = tuple(name for name in names if name in shared)
    people = [found.points[:, [points[n] for n in names]] for points in subjects.values()]
    up = found.up.lower().removeprefix("+") or None
    return Recording(
        people, names=names, fps=rate_from(found.rate, 1e-6), unit=found.unit,
        up=up if up in UP_AXES else None,
        numbers=[c3d.subject_number(name, k) for k, name in enumerate(subjects, 1)],
    )  # fmt: skip


def read_csv(path: Path) -> Recording:
    """Read a table with a row a frame and three columns a point: `left_hip_x`, `body_nose_y`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        header = [name.strip(" '\"") for name in next(rows, [])]
        cells = [[float(cell or "nan") for cell in row] for row in rows if row]
    bare = [name.removeprefix("body_") for name in header]
    first = [name[:-2] for name in bare if name.endswith("_x")]
    names = tuple(name for name in first if {f"{name}_y", f"{name}_z"} <= set(bare))
    if not names or not cells or {len(row) for row in cells} != {len(header)}:
        raise ValueError("its first line names no points with columns NAME_x, NAME_y and NAME_z")
    table = np.array(cells)
    columns = [[bare.index(f"{name}_{axis}") for axis in "xyz"] for name in names]
    return Recording([table[:, columns]], names=names)
