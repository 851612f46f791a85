"""Draws several frames on one sheet, to show a clip in a document."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .lettering import draw_text, text_mask

ASPECT = 4 / 3
"""Width to height of a sheet that fits pages and screens."""

_PAPER = (255, 255, 255)
_INK = (60, 64, 72)


def contact_sheet(
    frames: Sequence[NDArray[np.uint8]],
    columns: int,
    titles: Sequence[str] = (),
    width: int = 1600,
) -> NDArray[np.uint8]:
    """Lay out frames in rows, each with its title above it.

    Parameters
    ----------
    frames
        (H, W, 3) uint8 RGB, all of one size.
    columns
        Frames in a row; the last row may be shorter.
    titles
        One a frame, or none.
    width
        Width of the sheet in pixels; frames are scaled to it.

    Returns
    -------
    NDArray[np.uint8]
        (height, width, 3) RGB.

    Raises
    ------
    ValueError
        Without frames, when their sizes differ, or when titles and frames differ in number.
    """
    if not frames or columns < 1:
        raise ValueError("a contact sheet needs at least one frame and one column")
    if len({frame.shape for frame in frames}) > 1:
        raise ValueError(f"frames differ in size: {sorted({f.shape for f in frames})}")
    if titles and len(titles) != len(frames):
        raise ValueError(f"{len(titles)} titles for {len(frames)} frames")
    columns = min(columns, len(frames))
    gap, cell = _gap(width), cell_width(width, columns)
    letters = max(10, width // 90)
    tall = max(1, round(cell * frames[0].shape[0] / frames[0].shape[1]))
    head = text_mask("", letters).shape[0] + gap // 2 if titles else 0
    rows = -(-len(frames) // columns)
    sheet = np.full((gap + rows * (head + tall + gap), width, 3), _PAPER, np.uint8)
    for i, frame in enumerate(frames):
        left = gap + (i % columns) * (cell + gap)
        top = gap + (i // columns) * (head + tall + gap)
        if titles:
            draw_text(sheet, titles[i], (left, top), letters, _INK)
        shrinks = frame.shape[1] > cell
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        small = cv2.resize(frame, (cell, tall), interpolation=method)
        sheet[top + head : top + head + tall, left : left + cell] = small
    return sheet


def evenly_spaced(shown: NDArray[np.bool_], count: int) -> list[int]:
    """Return at most ``count`` frame numbers, spread evenly over the allowed ones.

    The first and the last of them are among the numbers; one alone is the one in the middle.
    """
    frames = np.flatnonzero(shown)
    if count == 1:
        return [int(frame) for frame in frames[len(frames) // 2 :][:1]]
    places = np.linspace(0, len(frames) - 1, min(count, len(frames)))
    return [int(frame) for frame in frames[np.rint(places).astype(np.intp)]]


def best_columns(count: int, aspect: float) -> int:
    """Return the frames in a row that bring a sheet's proportions nearest to `ASPECT`."""

    def off(columns: int) -> float:
        rows = -(-count // columns)
        return abs(float(np.log(columns * aspect / rows / ASPECT)))

    return min(range(1, count + 1), key=off)


def cell_width(width: int, columns: int) -> int:
    """Return the pixels of a frame in a sheet of this width."""
    return (width - _gap(width) * (columns + 1)) // columns


def width_for(cell: int, columns: int) -> int:
    """Return the width of a sheet on which frames of this width stay unscaled."""
    width = cell * columns
    while cell_width(width, columns) < cell:
        width += 1
    return width


def _gap(width: int) -> int:
    return max(4, width // 130)
