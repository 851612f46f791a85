"""Scores of an evaluation: one row a take, summarised in tables as the field prints them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import errors
from .markdown_table import markdown_table

FRAMES = "frames"
"""Mean over all counted frames."""

ACTIONS = "actions"
"""Mean over actions of each action's mean over frames, as in Human3.6M's tables: actions count
equally, independent of their length."""

SUBJECTS_AND_ACTIONS = "subjects and actions"
"""Mean over the cells of a table of subjects by actions, each the mean over its frames, as
HumanEva's tables print it: S1 Walking, S2 Walking ... S3 Box."""

AVERAGES = (FRAMES, ACTIONS, SUBJECTS_AND_ACTIONS)

Joints = NDArray[np.floating]


class Metric(NamedTuple):
    """A column of the tables.

    Parameters
    ----------
    function
        Predicted and true joints (frames, joints, 3) in metres, relative to the root, to a number.
    unit
        Unit of the figure in tables.
    decimals
        Decimals in tables.
    title
        Name in papers.
    scale
        Factor from the function's number to the unit.
    span
        Neighbouring frames of one value: 2 for a velocity.
    some_joints
        True if it is measured on the joints that a data set's own script counts (`score_take`).
    """

    function: Callable[[Joints, Joints], float]
    unit: str
    decimals: int
    title: str
    scale: float = 1.0
    span: int = 1
    some_joints: bool = False


METRICS: dict[str, Metric] = {
    "mpjpe": Metric(errors.mpjpe, "mm", 1, "MPJPE", 1000),
    "p_mpjpe": Metric(errors.p_mpjpe, "mm", 1, "P-MPJPE", 1000),
    "n_mpjpe": Metric(errors.n_mpjpe, "mm", 1, "N-MPJPE", 1000),
    "mpjve": Metric(errors.mpjve, "mm/frame", 2, "MPJVE", 1000, 2),
    "acceleration": Metric(errors.acceleration_error, "mm/frame²", 2, "Acceleration", 1000, 3),
    "pck150": Metric(errors.pck, "%", 1, "PCK@150", some_joints=True),
    "auc": Metric(errors.auc, "%", 1, "AUC", some_joints=True),
}
"""Every measured figure, by its name in JSON files and logs."""


@dataclass(frozen=True)
class TakeScores:
    """Figures of one take; plain numbers, so that processes can send them to each other.

    Parameters
    ----------
    subject, action, camera
        Names of the take.
    frames
        Number of counted frames.
    figures
        Means over the counted frames, by the names of `METRICS` and in their units. Figures that
        need more frames (the velocity of a single frame) are missing.
    """

    subject: str
    action: str
    camera: str
    frames: int
    figures: dict[str, float] = field(default_factory=dict)


def score_take(
    predicted: Joints,
    true: Joints,
    *,
    subject: str = "",
    action: str = "",
    camera: str = "",
    valid: NDArray[np.bool_] | None = None,
    counted: Sequence[int] | None = None,
) -> TakeScores:
    """Measure the prediction of one take.

    Parameters
    ----------
    predicted, true
        (frames, joints, 3) metres, relative to the root.
    valid
        (frames,) frames that count; all where None. Velocities and accelerations are never taken
        across a gap.
    counted
        Joints that PCK and AUC are measured on; all where None. The other figures are always of
        all joints.

    Raises
    ------
    ValueError
        The arrays' shapes do not fit each other.
    """
    if predicted.shape != true.shape or true.ndim != 3 or true.shape[-1] != 3:
        raise ValueError(f"predicted {predicted.shape} and true {true.shape}: not (frames, J, 3)")
    if valid is None:
        valid = np.ones(len(true), dtype=bool)
    if valid.shape != true.shape[:1]:
        raise ValueError(f"{valid.shape} validity flags for {len(true)} frames")
    runs = _runs(valid)
    chosen = slice(None) if counted is None else list(counted)
    figures = {}
    for name, metric in METRICS.items():
        weights = [stop - start - metric.span + 1 for start, stop in runs]
        joints = chosen if metric.some_joints else slice(None)
        parts = [
            (weight, metric.function(predicted[start:stop, joints], true[start:stop, joints]))
            for weight, (start, stop) in zip(weights, runs, strict=True)
            if weight > 0
        ]
        if parts:
            figures[name] = metric.scale * _weighted_mean(parts)
    return TakeScores(subject, action, camera, int(valid.sum()), figures)


def _runs(valid: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first frame, and the frame after the last, of each run of counted frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], valid, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _weighted_mean(parts: Iterable[tuple[float, float]]) -> float:
    """Return the mean of (weight, value), weights above 0, to the same last bit in any order."""
    weights, products = zip(*((weight, weight * value) for weight, value in parts), strict=True)
    return math.fsum(products) / math.fsum(weights)


def summarise(rows: Sequence[TakeScores], *, over: str = FRAMES) -> dict[str, float]:
    """Summarise the rows of many takes as one figure a metric.

    Parameters
    ----------
    rows
        In any order.
    over
        One of `AVERAGES`.

    Returns
    -------
    dict
        Every figure by the names of `METRICS`; NaN where no take has it.

    Raises
    ------
    ValueError
        There is no row, or the mean is unknown.
    """
    if over not in AVERAGES:
        raise ValueError(f"mean over {over!r}, expected one of {', '.join(AVERAGES)}")
    if not rows:
        raise ValueError("no take was scored")
    if over == FRAMES:
        means = _means((row.frames, row.figures) for row in rows)
    else:
        means = _means((1, figures) for figures in by_action(rows, over=over).values())
    return dict.fromkeys(METRICS, math.nan) | means


def by_action(rows: Sequence[TakeScores], *, over: str = ACTIONS) -> dict[str, dict[str, float]]:
    """Return means over the frames of each action, by alphabet, without figures that no take has.

    With `SUBJECTS_AND_ACTIONS`, of each action of each subject: "S1 Walking".
    """
    return {
        line: _means((row.frames, row.figures) for row in those)
        for line, those in _lines(rows, over).items()
    }


def _lines(rows: Sequence[TakeScores], over: str) -> dict[str, list[TakeScores]]:
    """Group the rows of the takes by line of the table, by alphabet."""
    lines: dict[str, list[TakeScores]] = {}
    for row in rows:
        both = f"{row.subject} {row.action}".strip()
        lines.setdefault(both if over == SUBJECTS_AND_ACTIONS else row.action, []).append(row)
    return dict(sorted(lines.items(), key=lambda item: (item[0].casefold(), item[0])))


def _means(rows: Iterable[tuple[float, dict[str, float]]]) -> dict[str, float]:
    """Compute the weighted means of the figures in any of some (weight, figures)."""
    rows = list(rows)
    return {
        name: _weighted_mean((weight, figures[name]) for weight, figures in rows if name in figures)
        for name in METRICS
        if any(name in figures for _, figures in rows)
    }


def table(rows: Sequence[TakeScores], over: str = FRAMES) -> str:
    """Format a markdown table with a line for every action and the mean last; "-" is not measured.

    With `SUBJECTS_AND_ACTIONS`, a line for every action of every subject.
    """
    mean = summarise(rows, over=over)
    measured = {name: mean[name] for name in METRICS if any(name in r.figures for r in rows)}
    frames = {line: sum(row.frames for row in those) for line, those in _lines(rows, over).items()}
    titles = [f"{metric.title} ({metric.unit})" for metric in METRICS.values()]
    lines = [["Action", "Frames", *titles]]
    lines += [
        [_cell(action) or "(unnamed)", str(frames[action]), *_figures(figures)]
        for action, figures in by_action(rows, over=over).items()
    ]
    last = [f"Mean over {over}", str(sum(frames.values())), *_figures(measured)]
    lines.append([f"**{text}**" for text in last])
    return markdown_table(lines) + "\n"


def _figures(figures: dict[str, float]) -> list[str]:
    """Format figures in the order of the columns."""
    return [
        f"{figures[name]:.{metric.decimals}f}" if name in figures else "-"
        for name, metric in METRICS.items()
    ]


def _cell(text: str) -> str:
    """Escape text for one cell of a markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
