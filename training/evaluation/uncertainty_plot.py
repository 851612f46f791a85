"""Draws predicted against observed errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glagcn_cli.files.atomic import atomic_output

from .uncertainty import Bin, expected_calibration_error

_SIZE = (10.5, 5.0)  # inches
_DPI = 110
_INK, _GRID = "#3c4048", "#dfe2e8"
_PREDICTED, _OBSERVED = "#0072B2", "#D55E00"
_ROOM = 1.08  # of the axes over their contents


def draw_reliability(
    bins: Sequence[Bin], per_joint: Mapping[str, Sequence[Bin]], path: Path, title: str = ""
) -> None:
    """Draw the deciles of all joints against the diagonal, and each joint's mean next to them.

    Parameters
    ----------
    bins
        Bins of all joints, `glagcn_training.evaluation.uncertainty.Reliability.bins`.
    per_joint
        Bins of each joint alone.
    path
        PNG to write; one that exists is replaced.
    title
        Names of the lifter, the data and the noise.

    Raises
    ------
    ValueError
        There is nothing to draw.
    OutputError
        The file cannot be written.
    """
    if not bins or not per_joint:
        raise ValueError("no predicted errors to draw")
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1))
    figure.suptitle(title, color=_INK, fontsize=11, x=0.01, ha="left", parse_math=False)
    _draw_deciles(left, bins)
    _draw_joints(right, per_joint)
    with atomic_output(path, overwrite=True) as temporary:
        figure.savefig(temporary, format="png")


def _draw_deciles(axes: Axes, bins: Sequence[Bin]) -> None:
    """Draw a point for each decile with its quartiles; on the diagonal it is right."""
    error = expected_calibration_error(list(bins))
    _prepare(axes, f"all joints: expected calibration error {error:.1f} mm")
    predicted, observed, low, high = np.array([b[:4] for b in bins]).T
    end = _ROOM * float(np.nanmax([predicted.max(), high.max()], initial=1.0))
    axes.plot([0, end], [0, end], color=_INK, linewidth=1.0, linestyle="--", label="as predicted")
    axes.vlines(
        predicted, low, high, color=_OBSERVED, alpha=0.35, linewidth=5,
        label="middle half of a tenth",
    )  # fmt: skip
    axes.plot(predicted, observed, "o-", color=_OBSERVED, label="its mean")
    axes.set_xlim(0, end)
    axes.set_ylim(0, end)
    axes.set_aspect("equal")
    axes.set_xlabel("predicted error (mm)", color=_INK)
    axes.set_ylabel("observed error (mm)", color=_INK)
    _explain(axes)


def _draw_joints(axes: Axes, per_joint: Mapping[str, Sequence[Bin]]) -> None:
    """Draw two bars for each joint: its mean predicted and its mean observed error."""
    _prepare(axes, "each joint")
    rows = np.arange(len(per_joint))
    for offset, what, colour in ((-0.2, "predicted", _PREDICTED), (0.2, "observed", _OBSERVED)):
        means = [sum(b.share * getattr(b, what) for b in bins) for bins in per_joint.values()]
        axes.barh(rows + offset, means, height=0.38, color=colour, label=what)
    axes.set_yticks(rows, [joint.replace("_", " ") for joint in per_joint])
    axes.invert_yaxis()
    axes.set_xlabel("mean error (mm)", color=_INK)
    _explain(axes)


def _explain(axes: Axes) -> None:
    """Draw a legend below the bars."""
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=3, frameon=False, fontsize=9,
        labelcolor=_INK, columnspacing=1.2,
    )  # fmt: skip


def _prepare(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", color=_INK, fontsize=11, fontweight="bold")
    axes.grid(True, color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_GRID)
