"""The tables of `downstream.py`: one for each task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.downstream.classifiers import CLASSIFIERS
from benchmarks.downstream.inputs import VIEWS
from benchmarks.downstream.recognition import Answers, Estimate, accuracy, gain
from benchmarks.downstream.tasks import Clips, Task
from glagcn_training.metrics.markdown_table import markdown_table


@dataclass(frozen=True)
class Row:
    """The answers from one input. ``errors`` (views, 2) are its MPJPE and P-MPJPE, millimetres."""

    name: str
    clips: Clips
    task: Task
    classifier: str
    answers: Answers
    errors: NDArray[np.float64]

    def p_mpjpe(self, subjects: Sequence[str]) -> float:
        """Return the mean P-MPJPE of these subjects' clips, by frames; NaN without 3D."""
        chosen = np.repeat(np.isin(self.clips.subjects, subjects), VIEWS)
        frames = np.repeat([len(take) for take in self.clips.takes.takes], VIEWS)
        return float(np.average(self.errors[chosen, 1], weights=frames[chosen]))

    @property
    def tested(self) -> tuple[str, ...]:
        """Return all test subjects."""
        return tuple(subject for fold in self.clips.folds for subject in fold)


def tables(rows: Sequence[Row], reference: str) -> str:
    """Format a table for each task; ``reference`` is the input that the others must beat."""
    tasks = dict.fromkeys(row.task.name for row in rows)
    return "\n\n".join(
        f"{name}\n\n{task_table([r for r in rows if r.task.name == name], reference)}"
        for name in tasks
    )


def task_table(rows: Sequence[Row], reference: str) -> str:
    """Format P-MPJPE, and for each classifier accuracy, folds, unseen subjects and gain."""
    head = ["input", "P-MPJPE, mm", "of the unseen"]
    for classifier in CLASSIFIERS:
        head += [f"{classifier}, %", "folds", "unseen", "against 2D"]
    lines = [head]
    for name in dict.fromkeys(row.name for row in rows):
        own = {row.classifier: row for row in rows if row.name == name}
        first = next(iter(own.values()))
        cells = [name, *map(_millimetres, (first.p_mpjpe(first.tested),
                                           first.p_mpjpe(first.clips.unseen)))]  # fmt: skip
        for classifier, row in own.items():
            other = next(r for r in rows if (r.name, r.classifier) == (reference, classifier))
            cells += accuracy_cells(row, other)
        lines.append(cells)
    return markdown_table(lines)


def accuracy_cells(row: Row, reference: Row) -> list[str]:
    """Format accuracy with its interval, its range over folds, of the unseen, and the gain."""
    found = accuracy(row.answers)
    folds = [row.answers.of(fold).by_seed.mean() for fold in row.clips.folds]
    more = "" if row.name == reference.name else _signed(gain(row.answers, reference.answers))
    unseen = row.answers.of(row.clips.unseen).by_seed.mean()
    interval = f"{found.value:.1f} ± {found.high - found.value:.1f}"
    return [interval, f"{min(folds):.0f} to {max(folds):.0f}", f"{unseen:.1f}", more]


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.1f} ({estimate.low:+.1f} to {estimate.high:+.1f})"


def _millimetres(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1f}"
