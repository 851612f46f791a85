"""From MoveNet's maps to poses, the way the published TensorFlow graph decodes them.

Maps are read in cells of ``MAP_STRIDE`` pixels. All functions take batches and run on any device.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .direct import POSES
from .network import MAP_STRIDE

DISTANCE_OFFSET = 1.8  # cells; softens 1 / distance near zero

# MoveNet measures from about the image's border, MMPose from the first pixel's centre. Measured:
# x in a crop and x in its mirror image add up to the index of the last pixel plus twice this.
FIRST_PIXEL = 0.25


class SinglePose(NamedTuple):
    """One person per image.

    ``keypoints`` is (images, 17, 2): x, y in input pixels, 0 at the left and upper border of the
    image (a pixel's centre lies at its index + 0.5). ``keypoint_scores`` is (images, 17) in 0..1.
    """

    keypoints: Tensor
    keypoint_scores: Tensor


def decode_single_pose(maps: Mapping[str, Tensor]) -> SinglePose:
    """Decode Thunder's maps.

    The person is where the centre heat map is highest, near the middle of the image preferred.
    There the regression tells roughly where each joint is; a joint is where its heat map divided
    by the distance to that place is highest, moved by the offset read there.
    """
    heat = maps["keypoint_heatmap"].sigmoid()
    height, width = heat.shape[-2:]
    rows = torch.arange(height, device=heat.device, dtype=heat.dtype)[:, None]
    columns = torch.arange(width, device=heat.device, dtype=heat.dtype)
    from_middle = _length(rows - height // 2, columns - width // 2)
    centre = maps["centre"].sigmoid()[:, 0] / (from_middle + DISTANCE_OFFSET)
    centre_cell = centre.flatten(1).argmax(dim=1, keepdim=True)

    rough = _moved(centre_cell, maps["keypoint_regression"])
    distance = _length(rows - rough[..., 0, None, None], columns - rough[..., 1, None, None])
    cells = (heat / (distance + DISTANCE_OFFSET)).flatten(2).argmax(dim=2)

    keypoints = _moved(cells, maps["keypoint_offset"]).flip(-1) * MAP_STRIDE
    return SinglePose(keypoints, heat.flatten(2).gather(2, cells[..., None])[..., 0])


def _length(down: Tensor, across: Tensor) -> Tensor:
    """Length of vectors; converters do not know torch's function for it."""
    return (down.square() + across.square()).sqrt()


def _moved(cells: Tensor, pairs: Tensor) -> Tensor:
    """Move each joint's own cell, or one that is all joints', by what a map says there.

    ``cells`` (images, joints or 1) are flat, ``pairs`` (images, 2 joints, height, width) are y, x
    in cells, and so is the result (images, joints, 2).
    """
    width = pairs.shape[-1]
    per_joint = pairs.unflatten(1, (-1, 2)).flatten(3)  # images, joints, 2, cells
    index = cells[..., None, None].expand(*per_joint.shape[:3], 1)
    places = torch.stack((cells // width, cells % width), dim=-1)
    return places.to(pairs.dtype) + per_joint.gather(3, index)[..., 0]


class WithPoses(nn.Module):
    """Adds poses to MoveNet's maps, so that what runs the network decodes them as well."""

    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Add ``poses`` (images, 17, 3): x, y with pixel centres at whole numbers, and a score."""
        poses = decode_single_pose(maps)
        places = poses.keypoints - FIRST_PIXEL
        seen = poses.keypoint_scores.clamp(0, 1)[..., None]
        return {**maps, POSES: torch.cat((places, seen), dim=-1)}
