"""The report as one .html file that needs no other and no network."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from .content import Page
from .panels import caption, draw_panels, keys_of
from .table import Row

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #3c4048; background: #fff; margin: 2rem auto;
  max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.1rem; font-weight: 500; color: #5a606b; }
h2 { font-size: 1.5rem; margin: 2rem 0 0.2rem; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 0.92rem; }
th, td { text-align: right; padding: 0.15rem 0.9rem 0.15rem 0; border-bottom: 1px solid #eceef2; }
th:first-child, td:first-child, td:nth-child(2) { text-align: left; }
td:nth-child(2), thead th { color: #7a808b; font-weight: 400; }
svg { width: 100%; height: auto; }
li { margin: 0.2rem 0; }
section { break-after: page; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } }
"""


def write_html(path: Path, heading: str, pages: Sequence[Page]) -> None:
    """Write a section for each person."""
    sections = "\n".join(_section(page) for page in pages)
    path.write_text(
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(heading)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(heading)}</h1>\n{sections}\n</body>\n</html>\n",
        encoding="utf-8",
        newline="\n",
    )


def _section(page: Page) -> str:
    notes = "".join(f"<li>{escape(note)}</li>" for note in page.notes)
    unknown = f"<h3>What this clip cannot tell</h3><ul>{notes}</ul>" if notes else ""
    return (
        f"<section>\n<h2>{escape(page.title)}</h2>\n<p>{escape('; '.join(page.facts))}</p>\n"
        f"{_table(page.rows)}\n<p>{escape(caption(page))}</p>\n{_figure(page)}\n{unknown}\n"
        "</section>"
    )


def _table(rows: Sequence[Row]) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("", "", "left", "right", "both", "left - right"))
    lines = [
        "<tr>"
        + "".join(
            f"<td>{escape(cell)}</td>"
            for cell in (row.name, row.unit, row.left, row.right, row.both, row.difference)
        )
        + "</tr>"
        for row in rows
    ]
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _figure(page: Page) -> str:
    """Return the panels as inline SVG, its names apart from those of other persons."""
    if not page.panels:
        return ""
    rows = -(-len(page.panels) // 3)
    figure = Figure(figsize=(9.5, 2.35 * rows + 0.4), layout="constrained", facecolor="white")
    FigureCanvasSVG(figure)
    draw_panels(list(figure.subplots(rows, 3, squeeze=False).ravel()), page)
    if keys := keys_of(page):
        figure.legend(handles=keys, loc="outside upper right", ncols=6, frameon=False, fontsize=8)
    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": page.title}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    text = drawn.getvalue()
    text = text[text.index("<svg") :]
    mark = re.sub(r"\W+", "", page.title)
    return re.sub(r'(id="|"#|url\(#|href="#)', rf"\g<1>{mark}", text)
