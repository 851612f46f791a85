"""`--plot FILE`: joint angles over time as a figure, and beside it the numbers as `.csv`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ..biomechanics.joint_angles import SIDES
from ..errors import UsageError
from ..files.atomic import atomic_output, check_output
from ..poses import PoseSequence
from ..rendering.drawing import LEFT, RIGHT
from ..video.source import Source
from ..wording import counted
from .angle_axes import GRID, INK, Colour, finish, of_one
from .angles_csv import write_angles
from .formats import PLOT_SUFFIXES, ExportContext
from .measured import Measured, measure
from .people import path_for_each, people_with_poses

PANELS = (
    ("hip_flexion", "Hip flexion", "backwards", "forwards"),
    ("shoulder_flexion", "Shoulder flexion", "backwards", "forwards"),
    ("knee_flexion", "Knee flexion", "straight", "bent"),
    ("elbow_flexion", "Elbow flexion", "straight", "bent"),
    ("hip_abduction", "Hip abduction", "inwards", "outwards"),
    ("shoulder_elevation", "Shoulder elevation", "hanging", "raised"),
)
"""Angle, title, and what a small and a large angle mean; legs in the left column."""

_COLOURS: dict[str, Colour] = {"left": of_one(LEFT), "right": of_one(RIGHT)}
_SUMMARY = {
    "cadence": "{cadence:.0f} steps/min",
    "speed": "{speed:.2f} m/s",
    "step_length": "step {step_length:.2f} m (left {left_step_length:.2f}, "
    "right {right_step_length:.2f})",
    "stance_share": "stance {stance_share:.0%}",
}
_BAND = "#f1f3f6"
_WHITE, _GREY = (1.0, 1.0, 1.0), (0.6, 0.6, 0.6)
_MARK = 7.0  # points
_SIZE = (10.0, 8.2)  # inches: on A4 across the letters come out at 8 points
_DPI = 160
_LEAST_SPAN = 30.0  # degrees: the jitter of somebody who stands still shall not fill a panel


def write_plot(
    path: Path, sequences: Sequence[PoseSequence], context: ExportContext
) -> Iterator[Path]:
    """Write a figure for each person, and the table of all of them under the first one's name.

    Parameters
    ----------
    path
        `.png`, `.pdf` or `.svg`; the table gets the same name with `.csv`.
    sequences
        Poses in the scene frame.
    context
        What is known of the run.

    Yields
    ------
    Path
        Each file when it is whole: the figures, then the table.

    Raises
    ------
    UsageError
        The suffix is none of these, or the joint set lacks joints.
    NobodyFoundError
        Nobody has a pose in any frame.
    OutputError
        A file exists already or cannot be written.
    """
    if path.suffix.lower() not in PLOT_SUFFIXES:
        raise UsageError(f"{path}: a plot is written as one of {', '.join(PLOT_SUFFIXES)}")
    people = people_with_poses(path, sequences)
    targets = path_for_each(path, people, context.overwrite)
    table = path.with_suffix(".csv")
    check_output(table, context.overwrite)
    measured = [measure(each) for each in people]
    for (target, _), person in zip(targets, measured, strict=True):
        figure = draw_angles(person, context.video)
        with atomic_output(target, context.overwrite) as temporary:
            figure.savefig(temporary, format=target.suffix.lower().removeprefix("."))
        yield target
    write_angles(table, measured, context.overwrite)
    yield table


def draw_angles(person: Measured, source: Source | None = None) -> Figure:
    """Six panels over seconds: hip, knee, shoulder, elbow; left and right in their colours."""
    layout = ConstrainedLayoutEngine(hspace=0.04, wspace=0.03)
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.subplots(3, 2, sharex=True)
    for axes, (angle, title, low, high) in zip(grid.ravel(), PANELS, strict=True):
        _draw_panel(axes, person, angle)
        _dress(axes, title, low, high)
    seconds = len(person.sequence) / float(person.sequence.fps)
    grid[0, 0].set_xlim(0, max(seconds, 1e-3))
    for axes in grid[-1]:
        axes.set_xlabel("seconds", color=INK)
    name = f"{source.short_name}, person" if source else "Person"
    figure.suptitle(
        f"{name} {person.sequence.person}", x=0.01, ha="left", color=INK, fontweight="bold",
        parse_math=False,
    )  # fmt: skip
    figure.text(0.99, 0.992, _summary_line(person), ha="right", va="top", color=INK, fontsize=9)
    figure.legend(
        handles=_keys(person), loc="outside lower center", ncols=5, frameon=False, fontsize=9
    )
    return figure


def _draw_panel(axes: Axes, person: Measured, angle: str) -> None:
    seconds = np.arange(len(person.sequence)) / float(person.sequence.fps)
    of_legs = angle.startswith(("hip", "knee"))
    for first, last in person.repetitions.segments[::2]:
        axes.axvspan(seconds[first], seconds[last], color=_BAND, linewidth=0, zorder=0)
    for number, side in enumerate(SIDES):
        degrees, colour = person.angles[f"{side}_{angle}"], _COLOURS[side]
        bars = person.angles.deviation(f"{side}_{angle}")
        axes.fill_between(
            seconds, degrees - bars, degrees + bars, color=colour, alpha=0.25, linewidth=0, zorder=2
        )
        axes.plot(seconds, degrees, color=colour, linewidth=1.8, zorder=3)
        alone = _without_neighbours(np.isfinite(degrees))
        axes.plot(seconds[alone], degrees[alone], ".", color=colour, markersize=4, zorder=3)
        strikes, offs = person.gait.strikes[number], person.gait.toe_offs[number]
        if of_legs:
            for frames, mark, fill in ((strikes, "v", colour), (offs, "^", _WHITE)):
                axes.plot(
                    seconds[frames], degrees[frames], mark, markersize=_MARK,
                    markerfacecolor=fill, markeredgecolor=INK, zorder=4,
                )  # fmt: skip
        for strike in strikes:
            axes.axvline(seconds[strike], color=colour, linewidth=0.8, alpha=0.7, zorder=1)


def _without_neighbours(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Frames between two gaps: they make no line."""
    beside = np.pad(known, 1)
    return known & ~beside[:-2] & ~beside[2:]


def _dress(axes: Axes, title: str, low: str, high: str) -> None:
    axes.set_title(title, loc="left", color=INK, fontsize=11, fontweight="bold")
    axes.set_title(f"{low} ↓   ↑ {high}", loc="right", color=INK, fontsize=8)
    axes.set_ylabel("degrees", color=INK, fontsize=9)
    axes.grid(True, axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.axhline(0, color=INK, linewidth=0.8, alpha=0.6, zorder=2)
    axes.tick_params(colors=INK, labelsize=9)
    finish(axes, _LEAST_SPAN)


def _keys(person: Measured) -> list[Artist]:
    keys: list[Artist] = [
        Line2D([], [], color=_COLOURS[side], linewidth=2.5, label=f"{side} side") for side in SIDES
    ]
    if person.angles.deviations is not None:
        keys.append(Patch(color=_GREY, alpha=0.4, linewidth=0, label="standard deviation"))
    if person.gait.found:
        for name, mark, fill in (("heel strike", "v", _GREY), ("toe-off", "^", _WHITE)):
            keys.append(
                Line2D(
                    [], [], linestyle="none", marker=mark, markersize=_MARK,
                    markerfacecolor=fill, markeredgecolor=INK, label=name,
                )
            )  # fmt: skip
    return keys


def _summary_line(person: Measured) -> str:
    """Format gait and repetitions in a line, without unknown figures."""
    figures, repetitions = person.gait.summary(), person.repetitions
    if len(repetitions):
        return f"{counted(len(repetitions), 'repetition')}, one in {repetitions.seconds:.1f} s"
    parts = [text for name, text in _SUMMARY.items() if np.isfinite(figures.get(name, np.nan))]
    return "   ".join(parts).format(**figures) if parts else "no gait found"
