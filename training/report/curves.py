"""Draws the training and validation curves of a run in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter
from numpy.typing import NDArray

from glagcn_cli.files.atomic import atomic_output

from ..metrics.scores import METRICS

_SIZE = (9.0, 7.2)  # inches
_DPI = 110
_VALIDATION = "val/"
_LOG_SCALE_FROM = 5.0  # ratio of the largest to the smallest smoothed loss
_SMOOTHED_OVER = 40  # of this many parts of the run, one is averaged

# Okabe and Ito's colours, distinct for people with colour deficiencies.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_INK, _GRID = "#3c4048", "#dfe2e8"

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Steps and values."""


def draw_curves(log: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw the loss and its terms above the validation errors, over the same steps.

    Parameters
    ----------
    log
        Rows with ``step``. Training rows have ``loss``, its terms as ``loss_*``, and may have
        ``learning_rate``; validation rows have ``val/`` and a name of
        `glagcn_training.metrics.scores`' ``METRICS``. Only those in millimetres are drawn. Where a
        resumed run logged a step twice, the later row counts.
    path
        PNG to write; one that exists is replaced.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    curves = _curves(log)
    losses = {name: curve for name, curve in curves.items() if name.startswith("loss")}
    errors = {
        metric.title: curves[_VALIDATION + name]
        for name, metric in METRICS.items()
        if metric.unit == "mm" and _VALIDATION + name in curves
    }
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained", facecolor="white")
    above, below, rate = figure.subplots(3, 1, sharex=True, height_ratios=(5, 5, 1.6))
    _draw_losses(above, losses)
    _draw_errors(below, errors)
    _draw_rate(rate, curves.get("learning_rate"))
    rate.set_xlabel("optimizer step", color=_INK)
    rate.xaxis.set_major_formatter(EngFormatter(sep=""))
    with atomic_output(path, overwrite=True) as temporary:
        figure.savefig(temporary, format="png")


def _curves(
    log: Sequence[Mapping[str, float]],
) -> dict[str, Curve]:
    """Collect steps and values of every figure, in the order of the steps."""
    values: dict[str, dict[float, float]] = {}
    for row in log:
        for name, value in row.items():
            if name != "step":
                values.setdefault(name, {})[row["step"]] = value
    curves = {}
    for name, by_step in values.items():
        steps, points = np.array(sorted(by_step.items()), dtype=np.float64).T
        curves[name] = (steps, points)
    return curves


def smooth(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Average an odd number of neighbours; fewer at the ends.

    The average is centred, so that the smoothed curve does not trail the raw one. NaN does not
    count.
    """
    width = min(width, 2 * len(values) - 1)
    window = np.ones(width | 1)
    known = np.isfinite(values)
    half = len(window) // 2
    total = np.convolve(np.where(known, values, 0), window)[half : half + len(values)]
    count = np.convolve(known.astype(float), window)[half : half + len(values)]
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def _draw_losses(axes: Axes, losses: Mapping[str, Curve]) -> None:
    """Draw every loss: raw values pale, smoothed ones over them."""
    _prepare(axes, "training loss", "loss (weighted; positions in m)")
    lowest, highest = np.inf, -np.inf
    for number, (name, (steps, values)) in enumerate(losses.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        smoothed = smooth(values, len(values) // _SMOOTHED_OVER)
        label = "sum" if name == "loss" else name.removeprefix("loss_").replace("_", " ")
        label += f", at the end {smoothed[-1]:.4g}"
        axes.plot(steps, values, color=colour, alpha=0.25, linewidth=0.8)
        axes.plot(
            steps, smoothed, marker=_marker(values), markersize=4, color=colour, label=label,
            linewidth=2.0 if name == "loss" else 1.3, zorder=2 + len(losses) - number,
        )  # fmt: skip
        if np.isfinite(smoothed).any():
            lowest = min(lowest, float(np.nanmin(smoothed)))
            highest = max(highest, float(np.nanmax(smoothed)))
    if lowest > 0 and highest > _LOG_SCALE_FROM * lowest:
        axes.set_yscale("log")
    _finish(axes, losses, "no training step was logged")


def _draw_errors(axes: Axes, errors: Mapping[str, Curve]) -> None:
    """Draw validation errors as points; ring and label the lowest."""
    _prepare(axes, "validation error", "millimetres")
    for number, (title, (steps, values)) in enumerate(errors.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        label = title
        if np.isfinite(values).any():
            best = int(np.nanargmin(values))
            label += f", lowest {values[best]:.1f} mm at step {steps[best]:.0f}"
            axes.plot(steps[best], values[best], "o", markersize=10, mfc="none", color=colour)
        axes.plot(steps, values, "o-", color=colour, linewidth=1.5, markersize=3.5, label=label)
    _finish(axes, errors, "no validation in this run")


def _draw_rate(axes: Axes, curve: Curve | None) -> None:
    """Draw the learning rate, small: it explains the bends above."""
    _prepare(axes, "", "learning rate")
    if curve is None:
        _finish(axes, {}, "not logged")
        return
    axes.plot(*curve, marker=_marker(curve[1]), markersize=4, color=_INK, linewidth=1.2)
    axes.set_ylim(bottom=0)
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2))


def _marker(values: NDArray[np.float64]) -> str:
    """Return a dot for a single value, which makes no line."""
    return "o" if len(values) == 1 else ""


def _prepare(axes: Axes, title: str, unit: str) -> None:
    axes.set_title(title, loc="left", color=_INK, fontsize=12, fontweight="bold")
    axes.set_ylabel(unit, color=_INK)
    axes.grid(True, which="both", color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, which="both", labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_GRID)


def _finish(axes: Axes, drawn: Mapping[str, object], otherwise: str) -> None:
    """Draw a legend, or a word where nothing was drawn."""
    if drawn:
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles, labels, frameon=True, framealpha=0.85, edgecolor="none", fontsize=9)
    else:
        axes.text(
            0.5, 0.5, otherwise, transform=axes.transAxes, ha="center", va="center", color=_INK
        )
        axes.set_yticks([])
