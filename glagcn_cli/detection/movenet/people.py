"""From MoveNet's decoded maps to people in pixels of the frame, wherever the network runs."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..suppression import suppress
from .decoding import MultiPose

# MoveNet measures from about the image's border, MMPose from the first pixel's centre. Measured:
# x in a crop and x in its mirror image add up to the index of the last pixel plus twice this.
FIRST_PIXEL = 0.25


def size_to_fit(size: tuple[int, int], bounds: tuple[int, int]) -> tuple[int, int]:
    """Scale a size (width, height) as large as fits a width and a height, in whole pixels."""
    factor = min(bounds[0] / size[0], bounds[1] / size[1])
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def in_pixels_of(
    shape: tuple[int, int], scale_factor: Sequence[float], people: MultiPose
) -> MultiPose:
    """Bring the people of one image from pixels of the network's input to those of its frame.

    Parameters
    ----------
    shape
        (height, width) of the frame; boxes are clipped to it.
    scale_factor
        (x, y): pixels of the input per pixel of the frame.
    people
        Of one image: boxes (people, 4), scores (people,), keypoints (people, 17, 2) and their
        scores (people, 17).

    Returns
    -------
    people
        Their pixel centres lie at whole numbers.
    """
    factor = people.boxes.new_tensor(scale_factor)
    height, width = shape
    corners = (people.boxes.unflatten(-1, (2, 2)) / factor).clamp(min=0)
    return people._replace(
        boxes=corners.minimum(people.boxes.new_tensor([width, height])).flatten(-2),
        keypoints=people.keypoints / factor - FIRST_PIXEL,
    )


def each_once(people: MultiPose, score: float, iou_threshold: float) -> MultiPose:
    """Keep the people of one image whose score is above a threshold, the surest first, each once.

    Parameters
    ----------
    people
        As for `in_pixels_of`.
    score
        People whose score is not above it are left out.
    iou_threshold
        Of two whose boxes overlap more than this, the one with the lower score is left out.
    """
    sure = torch.nonzero(people.scores > score)[:, 0]
    if len(sure):
        boxes, scores = people.boxes[sure].cpu().numpy(), people.scores[sure].cpu().numpy()
        sure = sure[torch.from_numpy(suppress(boxes, scores, iou_threshold)).to(sure.device)]
    return MultiPose(*(values[sure] for values in people))
