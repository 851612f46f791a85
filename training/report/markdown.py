"""Writes the report of a run: its settings, its results and its pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from glagcn_cli.files.atomic import atomic_output

from ..metrics.scores import METRICS, TakeScores, summarise, table

_MARKUP = re.compile(r"[\\`*\[\]<>|#]|(?<![^\W_])_|_(?![^\W_])")  # _ inside a word is no markup


def write_report(
    path: Path,
    *,
    title: str,
    recipe: Mapping[str, Any],
    rows: Sequence[TakeScores],
    over: str,
    curves: Path | None = None,
    stills: Path | None = None,
    facts: Mapping[str, str] | None = None,
) -> None:
    """Write a run's report in markdown.

    Parameters
    ----------
    path
        File to write; one that exists is replaced.
    title
        Its heading.
    recipe
        Settings; mappings in it become sections.
    rows
        Scores of the validation takes; may be empty.
    over
        Kind of mean: one of `glagcn_training.metrics.scores.AVERAGES`.
    curves, stills
        Pictures; linked relative to the report, so that a run folder can be moved.
    facts
        Time, machine, versions and the like, by name.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    parts = [f"# {_plain(title)}", _results(rows, over)]
    if curves is not None:
        parts.append(f"## Curves\n\n{_picture('Loss and validation error by step', curves, path)}")
    if stills is not None:
        parts.append(f"## Best and worst\n\n{_picture('Prediction over truth', stills, path)}")
    parts.append(f"## Settings\n\n{_two_columns('Setting', _flat(recipe))}")
    if facts:
        parts.append(f"## This run\n\n{_two_columns('Fact', facts.items())}")
    with atomic_output(path, overwrite=True) as temporary:
        temporary.write_text("\n\n".join(part.strip() for part in parts) + "\n", encoding="utf-8")


def _results(rows: Sequence[TakeScores], over: str) -> str:
    """Format the figures as a sentence, then the table."""
    if not rows:
        return "## Results\n\nNothing was validated in this run."
    mean = summarise(rows, over=over)
    named = ("mpjpe", "p_mpjpe")
    figures = ", ".join(f"{METRICS[n].title} **{mean[n]:.1f} {METRICS[n].unit}**" for n in named)
    frames = sum(row.frames for row in rows)
    counted = f"Mean over {over}, {frames} frames of {len(rows)} takes."
    subjects = sorted({_plain(row.subject) for row in rows if row.subject})
    whose = f" Subjects: {', '.join(subjects)}." if 0 < len(subjects) <= 12 else ""
    units = (
        "PCK is the share of joints within 150 mm of the truth, AUC its mean over thresholds "
        "of 0 to 150 mm. Higher is better for both."
    )
    return f"## Results\n\n{figures}. {counted}{whose}\n\n{table(rows, over)}\n{units}"


def _picture(text: str, picture: Path, report: Path) -> str:
    """Format a picture as markdown, by its place relative to the report."""
    place = Path(os.path.relpath(picture, report.parent)).as_posix()
    return f"![{text}]({quote(place)})"


def _flat(settings: Mapping[str, Any], section: str = "") -> Iterator[tuple[str, Any]]:
    """Flatten nested mappings to full names, as on a command line."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{section}{name}.")
        else:
            yield f"{section}{name}", value


def _two_columns(head: str, items: Iterable[tuple[str, Any]]) -> str:
    lines = [f"| {head} | Value |", "| --- | --- |"]
    lines += [f"| {_plain(name)} | {_plain(_value(value))} |" for name, value in items]
    return "\n".join(lines)


def _value(value: Any) -> str:
    """Format a setting for people."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, list | tuple):
        return ", ".join(_value(entry) for entry in value)
    return str(value)


def _plain(text: str) -> str:
    """Escape text for one line of markdown, inside a table cell too."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
