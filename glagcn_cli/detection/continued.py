"""Boxes that are kept because somebody was there just before, though their score is low."""

from __future__ import annotations

import numpy as np

from ..similarity import box_overlap
from .interface import Boxes

LEAST_CONTINUED = 0.4
"""Overlap with a box of the frame before from which on a box may be the same person's."""


def sure_or_continued(before: Boxes | None, now: Boxes, new_score: float) -> Boxes:
    """Keep boxes that are sure, and of the others those of people who were there before.

    Parameters
    ----------
    before
        People of the frame before; None where there is none.
    now
        Boxes of a frame, by falling score.
    new_score
        Score from which on a box is somebody, whether they were there before or not.
    """
    sure = now.scores >= new_score
    if before is None or not len(before) or sure.all():
        return _only(now, sure)
    overlap = np.array([box_overlap(box, now.boxes) for box in before.boxes])
    kept = sure.copy()
    for row in np.argsort(-before.scores, kind="stable"):
        same = overlap[row] >= LEAST_CONTINUED
        if not (same & kept).any() and same.any():
            kept[int(np.where(same, overlap[row], -1.0).argmax())] = True
    return _only(now, kept)


def _only(boxes: Boxes, kept: np.ndarray) -> Boxes:
    return Boxes(boxes.boxes[kept], boxes.scores[kept])
