"""The hand network run by torch and OpenCV alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...video.picture import AnyFrame
from ..in_squares import InSquares
from ..turned_crops import Square, in_frame
from .network import LANDMARKS, SIDE, HandNetwork

IN_SINGLE = ("head",)
"""Stays in single precision, as it tells fractions of a pixel in numbers up to 224."""


class FoundHand(NamedTuple):
    """A hand of somebody.

    ``points`` (21, 2) are pixels of the frame, ``metric`` (21, 3) metres about the hand's middle in
    the frame's axes: x right, y down, z away from the camera. ``presence`` and ``right``, whether
    it looks like a right hand, are in 0..1.
    """

    points: NDArray[np.float64]
    metric: NDArray[np.float64]
    presence: float
    right: float


class HandPoints(InSquares[FoundHand]):
    """The network that finds the 21 points of one hand in a square.

    Parameters
    ----------
    checkpoint
        Its weights.
    device
        For ``torch.device``.
    exact
        Single precision, also where half would be faster.
    """

    side = SIDE

    def __init__(self, checkpoint: Path, device: str = "cpu", exact: bool = False) -> None:
        super().__init__(HandNetwork(), IN_SINGLE, checkpoint, device, exact)

    def _find(self, places: Sequence[tuple[AnyFrame, Square]]) -> list[FoundHand]:
        rows = self._results(places).double().cpu()
        flat, metric = (
            part.unflatten(1, (LANDMARKS, 3)).numpy() for part in rows[:, :-2].chunk(2, dim=1)
        )
        sure = rows[:, -2:].sigmoid().tolist()
        return [
            FoundHand(in_frame(flat[k, :, :2], square, SIDE), turned(metric[k], square), *sure[k])
            for k, (_, square) in enumerate(places)
        ]


def turned(metric: NDArray[np.floating], square: Square) -> NDArray[np.float64]:
    """Bring places (..., 3) from the axes of a square to those of its frame."""
    x, y = square.up
    turn = np.array([[-y, -x, 0.0], [x, -y, 0.0], [0.0, 0.0, 1.0]])
    return metric @ turn.T
