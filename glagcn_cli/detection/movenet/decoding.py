"""From MoveNet's maps to poses, the way the published TensorFlow graphs decode them.

Maps are read in cells of ``MAP_STRIDE`` pixels. All functions take batches and run on any device.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from .network import MAP_STRIDE

MAX_PEOPLE = 6
DISTANCE_OFFSET = 1.8  # cells; softens 1 / distance near zero
PEAK_WINDOW = 5  # cells; a person's centre is the highest in a square of this side
PEAK_TOLERANCE = 1e-6
GAUSSIAN_PER_SIDE = 0.3  # cells² of the keypoint weight's spread per cell of the shorter side
SEEN_KEYPOINT = 0.127  # keypoints above it count in a person's score


class SinglePose(NamedTuple):
    """One person per image.

    ``keypoints`` is (images, 17, 2): x, y in input pixels, 0 at the left and upper border of the
    image (a pixel's centre lies at its index + 0.5). ``keypoint_scores`` is (images, 17) in 0..1.
    """

    keypoints: Tensor
    keypoint_scores: Tensor


class MultiPose(NamedTuple):
    """Up to six people per image, the surest centre first.

    Coordinates are as in ``SinglePose``: ``boxes`` (images, 6, 4) left, top, right, bottom,
    ``scores`` (images, 6), ``keypoints`` (images, 6, 17, 2), ``keypoint_scores`` (images, 6, 17).
    There are always six; those that are nobody have low scores.
    """

    boxes: Tensor
    scores: Tensor
    keypoints: Tensor
    keypoint_scores: Tensor


def _cell_grid(like: Tensor) -> tuple[Tensor, Tensor]:
    """Row (height, 1) and column (1, width) numbers of the cells of a map."""
    height, width = like.shape[-2:]
    rows = torch.arange(height, device=like.device, dtype=like.dtype)[:, None]
    columns = torch.arange(width, device=like.device, dtype=like.dtype)[None, :]
    return rows, columns


def _row_and_column(index: Tensor, width: int) -> Tensor:
    """(..., 2) row and column of flat cell numbers."""
    return torch.stack((index // width, index % width), dim=-1)


def _pairs_at_cells(pairs: Tensor, cells: Tensor) -> Tensor:
    """All (y, x) pairs of a map at some cells.

    ``pairs`` is (images, 2 n, height, width), ``cells`` (images, people) flat; the result is
    (images, people, n, 2).
    """
    images, channels = pairs.shape[:2]
    index = cells[:, None, :].expand(images, channels, -1)
    values = pairs.flatten(2).gather(2, index)
    return values.transpose(1, 2).reshape(images, cells.shape[1], channels // 2, 2)


def _refined_keypoints(offsets: Tensor, cells: Tensor) -> Tensor:
    """Keypoints (images, people, joints, 2) as y, x in cells, from each joint's own cell.

    ``offsets`` is (images, 2 joints, height, width), ``cells`` (images, people, joints) flat.
    """
    images, people, joints = cells.shape
    per_joint = offsets.unflatten(1, (joints, 2)).flatten(3)  # images, joints, 2, cells
    index = cells.permute(0, 2, 1)[:, :, None, :].expand(images, joints, 2, people)
    offset = per_joint.gather(3, index).permute(0, 3, 1, 2)
    return _row_and_column(cells, offsets.shape[-1]).to(offsets.dtype) + offset


def _to_pixels(cells_yx: Tensor) -> Tensor:
    """Swap y, x in cells to x, y in input pixels."""
    return cells_yx.flip(-1) * MAP_STRIDE


def decode_single_pose(maps: Mapping[str, Tensor]) -> SinglePose:
    """Decode Thunder's maps.

    The person is where the centre heat map is highest, near the middle of the image preferred.
    There the regression tells roughly where each joint is; a joint is where its heat map divided
    by the distance to that place is highest, moved by the offset read there.
    """
    heat = maps["keypoint_heatmap"].sigmoid()
    rows, columns = _cell_grid(heat)
    height, width = heat.shape[-2:]
    from_middle = torch.hypot(rows - height // 2, columns - width // 2)
    centre = maps["centre"].sigmoid()[:, 0] / (from_middle + DISTANCE_OFFSET)
    centre_cell = centre.flatten(1).argmax(dim=1, keepdim=True)

    rough = _pairs_at_cells(maps["keypoint_regression"], centre_cell)[:, 0]
    rough = rough + _row_and_column(centre_cell, width).to(rough.dtype)
    distance = torch.hypot(rows - rough[..., 0, None, None], columns - rough[..., 1, None, None])
    cells = (heat / (distance + DISTANCE_OFFSET)).flatten(2).argmax(dim=2)

    keypoints = _refined_keypoints(maps["keypoint_offset"], cells[:, None])[:, 0]
    scores = heat.flatten(2).gather(2, cells[..., None])[..., 0]
    return SinglePose(_to_pixels(keypoints), scores)


def _centre_peaks(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Scores and flat cells (images, 6) of the highest peaks of the centre heat map."""
    heat = logits.sigmoid()
    around = functional.max_pool2d(heat, PEAK_WINDOW, stride=1, padding=PEAK_WINDOW // 2)
    peaks = heat * ((heat - around).abs() < PEAK_TOLERANCE)
    return peaks.flatten(1).topk(MAX_PEOPLE, dim=1)


def _boxes(maps: Mapping[str, Tensor], cells: Tensor) -> Tensor:
    """Boxes (images, people, 4) as top, left, bottom, right in cells, clipped to the image."""
    height, width = maps["box_scale"].shape[-2:]
    size = _pairs_at_cells(maps["box_scale"], cells)[:, :, 0].clamp(min=0)
    middle = _pairs_at_cells(maps["box_offset"], cells)[:, :, 0]
    middle = middle + _row_and_column(cells, width).to(middle.dtype)
    corners = torch.cat((middle - size / 2, middle + size / 2), dim=-1)
    return corners.clamp(min=0).minimum(corners.new_tensor([height, width, height, width]))


def _weights(
    rough: Tensor, boxes: Tensor, rows: Tensor, columns: Tensor, spread: float
) -> tuple[Tensor, Tensor]:
    """Gaussians around joints, cut off at their person's box, along rows and along columns.

    ``rough`` is (images, people, joints, 2), ``boxes`` (images, people, 4); the results, whose
    product is the weight of a cell, are (images, people, joints, height, 1) and (..., 1, width).
    """
    top, left, bottom, right = (edge[..., None, None, None] for edge in boxes.unbind(-1))
    down = torch.exp(-((rows - rough[..., 0, None, None]) ** 2) / spread)
    across = torch.exp(-((columns - rough[..., 1, None, None]) ** 2) / spread)
    down = down * ((rows >= top) & (rows < bottom))
    return down, across * ((columns >= left) & (columns < right))


def _highest_heat(heat: Tensor, down: Tensor, across: Tensor, cells: Tensor) -> Tensor:
    """Heat at cells, weighted for whichever person the weight is highest for.

    ``heat`` is (images, joints, height, width); ``down`` (images, people, joints, height) and
    ``across`` (..., width) are the weights of each person, ``cells`` (images, people, joints) flat,
    like the result.
    """
    width = heat.shape[-1]
    where = cells.transpose(1, 2)  # images, joints, people
    for_all = where[:, None].expand(-1, cells.shape[1], -1, -1)
    weights = down.gather(3, for_all // width) * across.gather(3, for_all % width)
    return (heat.flatten(2).gather(2, where) * weights.amax(dim=1)).transpose(1, 2)


def decode_multi_pose(maps: Mapping[str, Tensor]) -> MultiPose:
    """Decode MultiPose's maps.

    People are the six highest peaks of the centre heat map. In each person's box a joint is where
    its heat map times a Gaussian around the regressed place is highest, moved by the offset read
    there. A joint's score is the weighted heat, of whichever person it is highest for; a person's
    score is the centre's times the mean of the seen keypoints'.
    """
    heat = maps["keypoint_heatmap"].sigmoid()
    rows, columns = _cell_grid(heat)
    height, width = heat.shape[-2:]
    centre_scores, cells = _centre_peaks(maps["centre"])
    boxes = _boxes(maps, cells)

    rough = _pairs_at_cells(maps["keypoint_regression"], cells)
    rough = rough + _row_and_column(cells, width).to(rough.dtype)[:, :, None]
    down, across = _weights(rough, boxes, rows, columns, GAUSSIAN_PER_SIDE * min(height, width))
    # One after the other: what is weighted for all of them would not fit into a CPU's cache.
    joint_cells = torch.stack(
        [
            (heat * (down[:, person] * across[:, person])).flatten(2).argmax(dim=2)
            for person in range(MAX_PEOPLE)
        ],
        dim=1,
    )

    keypoints = _refined_keypoints(maps["keypoint_offset"], joint_cells)
    keypoint_scores = _highest_heat(heat, down[..., 0], across[..., 0, :], joint_cells)
    seen = keypoint_scores > SEEN_KEYPOINT
    mean_seen = (keypoint_scores * seen).sum(dim=2) / seen.sum(dim=2).clamp(min=1)
    corners = boxes.unflatten(-1, (2, 2))
    return MultiPose(
        _to_pixels(corners).flatten(-2),
        centre_scores * mean_seen,
        _to_pixels(keypoints),
        keypoint_scores,
    )
