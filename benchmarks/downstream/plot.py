"""Draws accuracy against P-MPJPE, a panel for each task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.downstream.classifiers import CLASSIFIERS
from benchmarks.downstream.recognition import accuracy
from benchmarks.downstream.tables import Row

_COLOURS, _MARKERS = ("#0072B2", "#D55E00"), ("o", "s")
_INK, _GRID = "#3c4048", "#dfe2e8"
_FONT = 9


def draw(rows: Sequence[Row], path: Path, keypoints: str, constant: str) -> None:
    """Draw all tasks into an SVG or PNG."""
    tasks = list(dict.fromkeys(row.task.name for row in rows))
    figure = Figure(figsize=(4.2 * len(tasks), 4.4), dpi=110, layout="constrained")
    panels = figure.subplots(1, len(tasks), squeeze=False)[0]
    for axes, task in zip(panels, tasks, strict=True):
        draw_task(axes, [r for r in rows if r.task.name == task], keypoints, constant)
    panels[0].set_ylabel("balanced accuracy (%)", color=_INK)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    with rc_context({"svg.hashsalt": "downstream"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def draw_task(axes: Axes, rows: Sequence[Row], keypoints: str, constant: str) -> None:
    """Draw one task: points are 3D inputs, a line is the 2D alone."""
    for colour, marker, classifier in zip(_COLOURS, _MARKERS, CLASSIFIERS, strict=True):
        own = [row for row in rows if row.classifier == classifier]
        for row in own:
            found = accuracy(row.answers)
            error = row.p_mpjpe(row.tested)
            if row.name == keypoints:
                axes.axhline(found.value, color=colour, linestyle="--", linewidth=1.2,
                             label=f"{classifier}, from 2D alone")  # fmt: skip
            elif error == error and row.name != constant:
                half = found.high - found.value
                axes.errorbar(error, found.value, half, fmt=marker, color=colour,
                              markersize=5, capsize=2, linewidth=1)  # fmt: skip
        axes.plot([], [], marker, color=colour, label=f"{classifier}, from 3D")
    axes.set_title(rows[0].task.name, loc="left", color=_INK, fontsize=11, fontweight="bold")
    axes.set_xlabel("P-MPJPE of the 3D (mm)", color=_INK)
    axes.grid(True, color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, labelsize=_FONT)
    axes.spines[["top", "right"]].set_visible(False)
