"""Non-maximum suppression of boxes, in numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def suppress(
    boxes: NDArray[np.floating], scores: NDArray[np.floating], iou_threshold: float, offset: int = 0
) -> NDArray[np.int64]:
    """Keep the best of boxes that overlap: greedy non-maximum suppression.

    Parameters
    ----------
    boxes
        (boxes, 4) left, top, right, bottom.
    scores
        (boxes,).
    iou_threshold
        A box goes when its intersection over union with a better one that stays is above this.
    offset
        1 where right and bottom are the last pixel inside the box, else 0.

    Returns
    -------
    indices
        Of the boxes that stay, by falling score; equal scores stay in their order.
    """
    left, top, right, bottom = boxes.T
    areas = (right - left + offset) * (bottom - top + offset)
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        width = np.minimum(right[best], right[order]) - np.maximum(left[best], left[order]) + offset
        height = np.minimum(bottom[best], bottom[order]) - np.maximum(top[best], top[order])
        overlap = np.maximum(width, 0) * np.maximum(height + offset, 0)
        union = areas[best] + areas[order] - overlap
        with np.errstate(invalid="ignore"):  # two empty boxes: 0 / 0, neither suppresses the other
            order = order[~(overlap / union > iou_threshold)]
    return np.array(kept, dtype=np.int64)
