"""From RTMDet's maps to boxes, as MMDet decodes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .network import STRIDES


def candidates(
    scores: Sequence[Tensor], distances: Sequence[Tensor], lowest: float, most: int
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
    found: list[list[tuple[Tensor, Tensor]]] = [[] for _ in range(images)]
    for logits, edges, stride in zip(scores, distances, STRIDES, strict=True):
        width = logits.shape[-1]
        sure = logits.float().sigmoid().flatten(1)
        for image in range(images):
            cells = torch.nonzero(sure[image] > lowest)[:, 0]
            order = sure[image, cells].argsort(descending=True, stable=True)[:most]
            cells = cells[order]
            left, above, right, below = edges[image].float().flatten(1)[:, cells] * stride
            x, y = cells % width * stride, cells // width * stride
            boxes = torch.stack((x - left, y - above, x + right, y + below), dim=1)
            found[image].append((boxes, sure[image, cells]))
    return [
        (torch.cat([boxes for boxes, _ in levels]).cpu().numpy(),
         torch.cat([seen for _, seen in levels]).cpu().numpy())
        for levels in found
    ]  # fmt: skip
