"""Draws the panels of a page: angles over a cycle or over time, left and right in their colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ...rendering.drawing import LEFT, RIGHT
from ..angle_axes import GRID, INK, Colour, finish, of_one
from .content import GAIT, NEITHER, Page, Panel

GREY = "#8a8f99"
LEAST_SPAN = 20.0  # degrees, lest jitter fill a panel

COLOURS: dict[str, Colour] = {"left": of_one(LEFT, 0.85), "right": of_one(RIGHT, 0.95)}
COLOURS[""] = (0.24, 0.25, 0.28)


def draw_panels(grid: Sequence[Axes], page: Page) -> None:
    """Draw the panels of a page into as many axes; those left over are hidden."""
    for axes in grid[len(page.panels) :]:
        axes.set_visible(False)
    for axes, panel in zip(grid, page.panels, strict=False):
        _draw(axes, panel, page)


def _draw(axes: Axes, panel: Panel, page: Page) -> None:
    for curve in panel.curves:
        colour, degrees = COLOURS[curve.side], curve.degrees
        if np.isfinite(curve.spread).any():
            low, high = degrees - curve.spread, degrees + curve.spread
            axes.fill_between(page.places, low, high, color=colour, alpha=0.28, linewidth=0)
        for sign in (-1, 1):
            bar = degrees + sign * curve.deviation
            axes.plot(page.places, bar, color=colour, linewidth=0.7, linestyle=(0, (2, 2)))
        axes.plot(page.places, degrees, color=colour, linewidth=1.8, zorder=3)
    if page.kind == GAIT:
        for side, place in zip(("left", "right"), page.toe_offs, strict=True):
            if np.isfinite(place):
                axes.axvline(place, color=COLOURS[side], linewidth=0.9)
    _dress(axes, panel, page)


def _dress(axes: Axes, panel: Panel, page: Page) -> None:
    axes.set_title(panel.title, loc="left", color=INK, fontsize=8.5, fontweight="bold", pad=3)
    for words, height, align in (
        (f"↑ {panel.high}", 0.98, "top"),
        (f"↓ {panel.low}", 0.02, "bottom"),
    ):
        axes.text(0.985, height, words, transform=axes.transAxes, color=GREY, fontsize=6,
                  ha="right", va=align, zorder=4)  # fmt: skip
    axes.grid(True, color=GRID, linewidth=0.5)
    axes.axhline(0, color=INK, linewidth=0.6, alpha=0.6)
    axes.set_xlim(page.places[0], max(page.places[-1], page.places[0] + 1e-3))
    axes.tick_params(colors=INK, labelsize=6.5, length=2)
    finish(axes, LEAST_SPAN)


def keys_of(page: Page) -> list[Artist]:
    """Return the key of the panels' lines, bands and marks."""
    sides = [side for panel in page.panels for curve in panel.curves if (side := curve.side)]
    keys: list[Artist] = [
        Line2D([], [], color=COLOURS[side], linewidth=2, label=side) for side in sorted(set(sides))
    ]
    curves = [curve for panel in page.panels for curve in panel.curves]
    if any(np.isfinite(curve.spread).any() for curve in curves):
        keys.append(Patch(color=GREY, alpha=0.4, linewidth=0, label="cycles ± 1 SD"))
    if any(np.isfinite(curve.deviation).any() for curve in curves):
        keys.append(
            Line2D([], [], color=GREY, linewidth=0.9, linestyle=(0, (2, 2)),
                   label="measurement ± 1 SD")
        )  # fmt: skip
    if page.kind == GAIT and np.isfinite(page.toe_offs).any():
        keys.append(Line2D([], [], color=GREY, linewidth=0.9, label="toe-off"))
    return keys


def caption(page: Page) -> str:
    """Return what the panels show, in a sentence."""
    if page.kind == NEITHER:
        return "Angles in degrees over the seconds of the clip."
    return f"Mean angles in degrees over {page.along}."
