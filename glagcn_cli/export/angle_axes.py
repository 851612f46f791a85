"""Looks that every drawing of angles shares: colours, and axes that jitter does not fill."""

from __future__ import annotations

from matplotlib.axes import Axes

INK, GRID = "#3c4048", "#dfe2e8"

Colour = tuple[float, float, float]


def of_one(colour: tuple[int, int, int], dark: float = 1.0) -> Colour:
    """Return a colour of bytes in 0..1, as matplotlib takes it, darker by a factor."""
    red, green, blue = (dark * value / 255 for value in colour)
    return red, green, blue


def finish(axes: Axes, least_span: float) -> None:
    """Draw the left and lower edge alone, and show at least so many degrees from low to high."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GRID)
    bottom, top = axes.get_ylim()
    if top - bottom < least_span:
        middle = (top + bottom) / 2
        axes.set_ylim(middle - least_span / 2, middle + least_span / 2)
