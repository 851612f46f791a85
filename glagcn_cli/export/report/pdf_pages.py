"""The report as a .pdf: a page of A4 for each person."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from ..angle_axes import INK
from .content import PANELS, Page
from .panels import GREY, caption, draw_panels, keys_of

_SIZE = (8.27, 11.69)  # inches: A4
_MARGIN = 0.07
_COLUMNS = (0.0, 0.36, 0.52, 0.66, 0.80, 0.95)
_HEAD = ("", "", "left", "right", "both", "left - right")
_LINE = 0.0142  # of the page's height
_WIDTH = 118  # letters of a note's line


def write_pdf(path: Path, heading: str, pages: Sequence[Page]) -> None:
    """Write a page for each person."""
    with PdfPages(path, metadata={"Title": heading, "CreationDate": None}) as pdf:
        for page in pages:
            pdf.savefig(draw_page(heading, page))


def draw_page(heading: str, page: Page) -> Figure:
    """Draw a page."""
    figure = Figure(figsize=_SIZE, dpi=120, facecolor="white")
    FigureCanvasAgg(figure)
    sheet = figure.add_axes((0, 0, 1, 1))
    sheet.set_axis_off()
    sheet.set_xlim(0, 1)
    sheet.set_ylim(0, 1)
    place = 0.955
    sheet.text(_MARGIN, place, page.title, fontsize=15, color=INK, fontweight="bold", va="top")
    sheet.text(1 - _MARGIN, place, heading, fontsize=9, color=INK, va="top", ha="right",
               parse_math=False)  # fmt: skip
    place -= 0.028
    sheet.text(_MARGIN, place, "; ".join(page.facts), fontsize=8, color=INK, va="top")
    place = _draw_table(sheet, page, place - 0.026)
    notes = [line for note in page.notes for line in _wrapped(note)]
    bottom = 0.05 + _LINE * (len(notes) + 2)
    end = _draw_figures(figure, page, bottom + 0.02, place - 0.055)
    sheet.text(_MARGIN, place - 0.008, caption(page), fontsize=8, color=INK, va="top")
    _draw_notes(sheet, notes, end)
    return figure


def _draw_table(sheet: Axes, page: Page, place: float) -> float:
    """Draw the table down from a height; return where it ends."""
    width = 1 - 2 * _MARGIN
    for column, words in zip(_COLUMNS, _HEAD, strict=True):
        _write(sheet, column * width, place, words, column, GREY)
    for row in page.rows:
        place -= _LINE
        cells = (row.name, row.unit, row.left, row.right, row.both, row.difference)
        for column, words in zip(_COLUMNS, cells, strict=True):
            _write(sheet, column * width, place, words, column, GREY if column == 0.36 else INK)
    return place - _LINE


def _write(sheet: Axes, x: float, y: float, words: str, column: float, colour: str) -> None:
    align = "left" if column <= 0.36 else "right"
    sheet.text(_MARGIN + x + (0 if align == "left" else 0.05), y, words, fontsize=8, color=colour,
               va="top", ha=align)  # fmt: skip


def _draw_figures(figure: Figure, page: Page, bottom: float, top: float) -> float:
    """Draw the panels between two heights; return where they end, for fewer rows sooner."""
    rows = PANELS // 3
    grid = figure.add_gridspec(
        rows, 3, left=_MARGIN + 0.02, right=1 - _MARGIN, bottom=bottom + 0.03, top=top,
        hspace=0.38, wspace=0.24,
    )  # fmt: skip
    axes = [figure.add_subplot(grid[k // 3, k % 3]) for k in range(3 * rows)]
    draw_panels(axes, page)
    if keys := keys_of(page):
        figure.legend(
            handles=keys, loc="upper right", bbox_to_anchor=(1 - _MARGIN, top + 0.052), ncols=6,
            frameon=False, fontsize=7, handlelength=1.6, columnspacing=1.2,
        )  # fmt: skip
    return top - (top - bottom) * -(-len(page.panels) // 3) / rows - 0.02


def _wrapped(note: str) -> list[str]:
    return textwrap.wrap(note, _WIDTH, initial_indent="•  ", subsequent_indent="    ")


def _draw_notes(sheet: Axes, notes: Sequence[str], top: float) -> None:
    if not notes:
        return
    sheet.text(_MARGIN, top, "What this clip cannot tell", fontsize=8.5, color=INK,
               fontweight="bold", va="top")  # fmt: skip
    for number, line in enumerate(notes, 1):
        sheet.text(_MARGIN, top - number * _LINE, line, fontsize=7.5, color=INK, va="top")
