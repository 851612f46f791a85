"""From BlazePose's numbers and heat maps to points, as MediaPipe's graph decodes them.

All functions take batches and run on any device.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from .network import LANDMARKS, MAP_STRIDE, VALUES

_REACH = 3  # cells around a landmark in which its heat map is read
_SURE = 0.5  # the least heat that tells a place


class Landmarks(NamedTuple):
    """Points of one person per image.

    ``points`` (images, 39, 2) are pixels of the input, ``visible`` (images, 39) and ``presence``
    (images,) are in 0..1.
    """

    points: Tensor
    visible: Tensor
    presence: Tensor


def decode(maps: Mapping[str, Tensor]) -> Landmarks:
    """Decode what `network.BlazePose` computed."""
    values = maps["values"]
    found = values[:, :-1].unflatten(1, (LANDMARKS, VALUES))
    points = refined(found[..., :2], maps["heat"].sigmoid())
    return Landmarks(points, found[..., 3].sigmoid(), values[:, -1].sigmoid())


def refined(points: Tensor, heat: Tensor) -> Tensor:
    """Move points to the middle of the heat around them.

    Parameters
    ----------
    points
        (images, landmarks, 2) pixels of the input.
    heat
        (images, landmarks, height, width) in 0..1.

    Returns
    -------
    Tensor
        (images, landmarks, 2); a point outside of the map, or without much heat around, stays.
    """
    height, width = heat.shape[-2:]
    cells = torch.floor(points / MAP_STRIDE).long()
    around = torch.arange(-_REACH, _REACH + 1, device=heat.device)
    columns, rows = (cells[..., axis, None] + around for axis in (0, 1))
    size = torch.tensor((width, height), device=heat.device)
    inside = ((cells >= 0) & (cells < size)).all(dim=-1)
    padded = functional.pad(heat, (_REACH,) * 4)
    x = (columns + _REACH).clamp(0, width + 2 * _REACH - 1)
    y = (rows + _REACH).clamp(0, height + 2 * _REACH - 1)
    lines = padded.gather(2, y[..., None].expand(*y.shape, padded.shape[-1]))
    window = lines.gather(3, x[..., None, :].expand(*y.shape, x.shape[-1]))
    total = window.sum(dim=(2, 3)).clamp(min=1e-6)
    across = (window.sum(dim=2) * columns).sum(dim=-1) / total
    down = (window.sum(dim=3) * rows).sum(dim=-1) / total
    moved = torch.stack((across, down), dim=-1) * MAP_STRIDE
    told = inside & (window.amax(dim=(2, 3)) >= _SURE)
    return torch.where(told[..., None], moved, points)
