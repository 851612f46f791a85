"""From RTMDet's maps to boxes, as MMDet decodes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
"""Input pixels per cell of the maps, finest first."""

SIZE_DIVISOR = STRIDES[-1]

Map = NDArray[np.float32]


def candidates(
    scores: Sequence[Map], distances: Sequence[Map], lowest: float, most: int
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Boxes of each image before any is suppressed.

    A cell's box begins at the cell's upper left corner: the distances say how far its edges lie to
    the left, above, to the right and below.

    Parameters
    ----------
    scores, distances
        Maps of each level: logits (images, 1, height, width) and distances (images, 4, height,
        width) in cells.
    lowest
        Scores that are not above it are nobody.
    most
        Boxes of a level that are kept, the surest first.

    Returns
    -------
    list
        Boxes (n, 4) and scores (n,) of each image, in pixels of the network's input.
    """
    images = len(scores[0])
    found: list[list[tuple[Map, Map]]] = [[] for _ in range(images)]
    for logits, edges, stride in zip(scores, distances, STRIDES, strict=True):
        width = logits.shape[-1]
        with np.errstate(over="ignore"):  # of what is surely nobody
            sure = 1 / (1 + np.exp(-logits.reshape(images, -1)))
        for image in range(images):
            cells = np.flatnonzero(sure[image] > lowest)
            order = np.argsort(-sure[image, cells], kind="stable")[:most]
            cells = cells[order]
            left, above, right, below = edges[image].reshape(4, -1)[:, cells] * stride
            x, y = cells % width * stride, cells // width * stride
            boxes = np.stack((x - left, y - above, x + right, y + below), axis=1)
            found[image].append((boxes.astype(np.float32), sure[image, cells]))
    return [
        (np.concatenate([boxes for boxes, _ in levels]),
         np.concatenate([seen for _, seen in levels]))
        for levels in found
    ]  # fmt: skip
