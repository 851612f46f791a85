"""Draws single poses of a run, prediction over truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from PIL import Image

from glagcn_cli.files.atomic import atomic_output
from glagcn_cli.rendering.drawing import LEFT, NEUTRAL, RIGHT, bone_colours
from glagcn_cli.skeleton import JointSet

_WIDTH, _ROW, _HEAD = 9.0, 3.2, 0.35  # inches
_DPI = 100
_COLOURS = 96  # of the file, which is a third of one in full colour
_GRID_STEP = 0.5  # metres
_ROOM = 1.12  # of a panel over its contents
_FARTHEST = 1.15  # of a truth's reach: how far off a prediction still widens the panels
_SMALLEST = 0.3  # metres: half of a panel

_INK, _GRID = "#3c4048", "#e3e6eb"
_TRUNK = np.array([96.0, 101.0, 112.0])  # NEUTRAL is made for a dark background
_PALE, _DEEP = 0.62, 0.22  # how far colours go towards white for the truth, black for predictions


@dataclass(frozen=True)
class Example:
    """One frame of a clip.

    Parameters
    ----------
    title
        Name of the clip, and why it is shown.
    keypoints
        (joints, 2) pixels: the lifter's input.
    predicted, true
        (joints, 3) metres, camera frame (x right, y down, z forward); drawn relative to the root.
    joint_set
        Joint set of all three.
    error
        Error of the clip, millimetres.
    """

    title: str
    keypoints: NDArray[np.floating]
    predicted: NDArray[np.floating]
    true: NDArray[np.floating]
    joint_set: JointSet
    error: float


def draw_stills(examples: Sequence[Example], path: Path) -> None:
    """Draw a row for each example: its 2D, its 3D from the camera, and from the camera's right.

    All rows have one scale, so that errors can be compared by eye.

    Parameters
    ----------
    examples
        At least one.
    path
        PNG to write; one that exists is replaced.

    Raises
    ------
    ValueError
        There is no example.
    OutputError
        The file cannot be written.
    """
    if not examples:
        raise ValueError("no example to draw")
    height = _HEAD + _ROW * len(examples)
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor="white")
    body, top = 1 - _HEAD / height, 1 - 0.5 * _HEAD / height
    _explain(figure, top)
    reach = max(_reach(example) for example in examples)
    row = body / len(examples)
    for number, example in enumerate(examples):
        bottom = body - (number + 1) * row
        title = f"{example.title}: {example.error:.1f} mm"
        figure.text(
            0.012, bottom + 0.955 * row, title, color=_INK, fontweight="bold", va="center",
            parse_math=False,
        )  # fmt: skip
        panels = [
            figure.add_axes((0.01 + column * 0.33, bottom + 0.02 * row, 0.32, 0.89 * row))
            for column in range(3)
        ]
        _draw_input(panels[0], example)
        _draw_view(panels[1], example, reach, from_the_side=False)
        _draw_view(panels[2], example, reach, from_the_side=True)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    with atomic_output(path, overwrite=True) as temporary:
        picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(temporary, "PNG", optimize=True)


def _explain(figure: Figure, height: float) -> None:
    """Draw the legend of the sides and of true and predicted."""
    left, right, trunk = (np.array(colour) / 255 for colour in (LEFT, RIGHT, _TRUNK))
    handles = [
        Line2D([], [], color=tuple(left), linewidth=4, label="left"),
        Line2D([], [], color=tuple(right), linewidth=4, label="right"),
        Line2D([], [], color=tuple(_tint(trunk * 255, _PALE, 255)), linewidth=7, label="true"),
        Line2D([], [], color=tuple(_tint(trunk * 255, _DEEP, 0)), linewidth=2, label="predicted"),
        Line2D([], [], color=_GRID, linewidth=1.5, label=f"grid of {_GRID_STEP} m"),
    ]
    figure.legend(
        handles=handles, loc="center", bbox_to_anchor=(0.5, height), ncols=5, frameon=False,
        labelcolor=_INK, fontsize=9,
    )  # fmt: skip


def _relative(joints: NDArray[np.floating], joint_set: JointSet) -> NDArray[np.float64]:
    return np.asarray(joints, dtype=np.float64) - joints[joint_set.root]


def _reach(example: Example) -> float:
    """Return half the side of a square panel that shows an example from all sides, metres."""
    true = _relative(example.true, example.joint_set)
    middle = (true.min(axis=0) + true.max(axis=0)) / 2
    reach = float(np.abs(true - middle).max())
    off = np.abs(_relative(example.predicted, example.joint_set) - middle)
    off = off[np.isfinite(off)]
    farthest = float(off.max()) if len(off) else 0.0
    return max(_SMALLEST, _ROOM * max(reach, min(farthest, _FARTHEST * reach)))


def _draw_input(axes: Axes, example: Example) -> None:
    """Draw the lifter's 2D input as large as fits."""
    points = np.asarray(example.keypoints, dtype=np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    half = _ROOM * max(float((high - low).max()) / 2, 1.0)
    _prepare(axes, (low + high) / 2, half, "2D input")
    _draw_skeleton(axes, points, np.zeros(len(points)), example.joint_set, deep=True)
    size = high - low
    _note(axes, 0.98, f"{size[0]:.0f} x {size[1]:.0f} px", "right")


def _draw_view(axes: Axes, example: Example, reach: float, from_the_side: bool) -> None:
    """Draw the prediction over the truth, without perspective."""
    true, predicted = (
        _relative(joints, example.joint_set) for joints in (example.true, example.predicted)
    )
    # Turned by 90 degrees about the vertical, what was away from the camera points to the right
    # and what was to the right is near.
    across, depth = (2, -true[:, 0]) if from_the_side else (0, true[:, 2])
    shown = [across, 1]
    middle = (true.min(axis=0) + true.max(axis=0))[shown] / 2
    _prepare(axes, middle, reach, "from the right" if from_the_side else "from the camera")
    ticks = np.arange(-np.ceil(reach / _GRID_STEP), np.ceil(reach / _GRID_STEP) + 1) * _GRID_STEP
    for line in ticks:
        axes.axvline(line + _GRID_STEP * round(middle[0] / _GRID_STEP), color=_GRID, linewidth=0.7)
        axes.axhline(line + _GRID_STEP * round(middle[1] / _GRID_STEP), color=_GRID, linewidth=0.7)
    _draw_skeleton(axes, true[:, shown], depth, example.joint_set, deep=False)
    _draw_skeleton(axes, predicted[:, shown], depth, example.joint_set, deep=True)
    if from_the_side:
        _note(axes, 0.98, "away from the camera →", "right")


def _draw_skeleton(
    axes: Axes,
    points: NDArray[np.float64],
    depth: NDArray[np.float64],
    joint_set: JointSet,
    deep: bool,
) -> None:
    """Draw bones in the colours of their sides, the farthest first: deep or pale."""
    bones = np.array(joint_set.bone_indices)
    colours = bone_colours(joint_set)
    colours = np.where((colours == NEUTRAL).all(axis=1, keepdims=True), _TRUNK, colours)
    tinted = _tint(colours, _DEEP, 0) if deep else _tint(colours, _PALE, 255)
    order = np.argsort(-depth[bones].mean(axis=1), kind="stable")
    strokes = LineCollection(
        list(points[bones][order]),
        colors=list(tinted[order]),
        linewidths=2.2 if deep else 6.5,
        capstyle="round",
        zorder=3 if deep else 2,
    )
    axes.add_collection(strokes, autolim=False)
    if deep:
        axes.plot(*points.T, "o", markersize=2.6, color=_INK, zorder=4)


def _tint(colours: NDArray[np.float64], share: float, towards: float) -> NDArray[np.float64]:
    """Mix colours 0..255 with white (255) or black (0); return 0..1."""
    return (colours + share * (towards - colours)) / 255


def _prepare(axes: Axes, middle: NDArray[np.float64], half: float, name: str) -> None:
    """Set up a square panel, y down, with its name in a corner."""
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] + half, middle[1] - half)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(_GRID)
    _note(axes, 0.02, name, "left")


def _note(axes: Axes, across: float, text: str, side: str) -> None:
    axes.text(
        across, 0.02, text, transform=axes.transAxes, ha=side, va="bottom", color=_INK, fontsize=8,
        zorder=5, bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.5},
    )  # fmt: skip
