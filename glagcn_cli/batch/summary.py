"""What became of many videos: a table for people and ``summary.csv`` for programs."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..files.atomic import atomic_output
from ..wording import counted
from .worker import DONE, FAILED, NOT_REACHED, SKIPPED, Outcome

FILE = "summary.csv"

COLUMNS = ("file", "status", "seconds", "frames", "people", "message", "outputs")

MOST_ROWS = 40
"""Rows that a table for people has; of more videos it shows those that need a look."""

_LONGEST = 100  # characters of a message in the table


def write_summary(folder: Path, outcomes: Sequence[Outcome]) -> Path:
    """Write one row a video, UTF-8, outputs by their paths under the folder with `; ` between them.

    A summary of an earlier call is replaced. Names that are no text keep their bytes.
    """
    path = folder / FILE
    with (
        atomic_output(path, overwrite=True) as temporary,
        temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for one in outcomes:
            rows.writerow([
                one.source, one.status, f"{one.seconds:.2f}", _number(one.frames),
                _number(one.people), one.message, "; ".join(_below(folder, one.outputs)),
            ])  # fmt: skip
    return path


def told_counts(outcomes: Sequence[Outcome]) -> str:
    """How many videos were done, skipped and so on: `3 videos: 2 done, 1 failed`."""
    counts = Counter(outcome.status for outcome in outcomes)
    told = [f"{counts[kind]} {kind}" for kind in (DONE, SKIPPED, FAILED, NOT_REACHED)]
    kinds = ", ".join(part for part in told if not part.startswith("0 "))
    return f"{counted(len(outcomes), 'video')}: {kinds}"


def told_outcome(outcome: Outcome) -> str:
    """One outcome in a line: `walk.mp4: done in 25.1 s, 230 frames, 1 person`."""
    if outcome.status != DONE:
        return f"{outcome.source}: {outcome.status}: {outcome.message}"
    people = counted(outcome.people or 0, "person", "people")
    frames = counted(outcome.frames or 0, "frame")
    return f"{outcome.source}: done in {outcome.seconds:.1f} s, {frames}, {people}"


def table(outcomes: Sequence[Outcome]) -> str:
    """Lines for people: a row a video, or a row a video that failed where there are many."""
    shown = list(outcomes)
    if len(shown) > MOST_ROWS:
        shown = [one for one in shown if one.status not in (DONE, SKIPPED)][:MOST_ROWS]
    rows = [("status", "seconds", "frames", "people", "file")]
    rows += [
        (one.status, f"{one.seconds:.1f}", _number(one.frames), _number(one.people), _named(one))
        for one in shown
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(row[1:4], widths[1:], strict=True))
        + f"  {row[4]}"
        for row in (rows if shown else [])
    ]
    return "\n".join([*lines, told_counts(outcomes)])


def _named(outcome: Outcome) -> str:
    """Return the file, and the first line of its error."""
    name = outcome.source.replace("\n", "?")
    if outcome.status != FAILED:
        return name
    first = (outcome.message.splitlines() or [""])[0]
    return f"{name}: {first[:_LONGEST]}{'...' * (len(first) > _LONGEST)}"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _below(folder: Path, outputs: Sequence[Path]) -> list[str]:
    place = folder.resolve()
    told = []
    for output in outputs:
        full = output.resolve()
        told.append(str(full.relative_to(place)) if full.is_relative_to(place) else str(output))
    return told
