"""Networks of a backbone and a head that look at one person or hand in a turned square."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import nn

from ..machine.batches import Batches
from ..machine.openvino.compiled import run_fast
from ..machine.openvino.kept import of_pictures
from ..video.picture import AnyFrame
from .frames import default_batch
from .openmmlab.building import load
from .pictures import Normalised, OfPictures
from .turned_crops import Square, cut_out

F = TypeVar("F")


class InSquares(Generic[F]):
    """Loads such a network, makes it fast, and runs it in batches.

    Parameters
    ----------
    network
        With fresh weights and a ``backbone``.
    single
        Modules of it, by name, that compute in single precision.
    checkpoint
        Its weights.
    device
        For ``torch.device``.
    exact
        Single precision everywhere, also where half would be faster.
    """

    side: int
    """Pixels of the pictures that it reads."""

    def __init__(
        self,
        network: nn.Module,
        single: tuple[str, ...],
        checkpoint: Path,
        device: str,
        exact: bool,
    ) -> None:
        loaded, _ = load(network, checkpoint, device)
        self._network = OfPictures(Normalised((0.0,) * 3, (255.0,) * 3), loaded).to(device)
        if not exact:
            source = of_pictures(checkpoint, single)
            run_fast(self._network, "forward", device, source, network.get_submodule("backbone"))
        self._device = device
        self._batches = Batches(self._find, default_batch(device))

    def __call__(self, places: Sequence[tuple[AnyFrame, Square]]) -> list[F]:
        """Find what is in each square of an RGB frame (height, width, 3)."""
        return self._batches(places)

    def _results(self, places: Sequence[tuple[AnyFrame, Square]]) -> Any:
        """Run the network on the squares of one batch."""
        pictures = torch.from_numpy(cut_out(places, self.side)).to(self._device)
        with torch.inference_mode():
            return self._network(pictures)

    def _find(self, places: Sequence[tuple[AnyFrame, Square]]) -> list[F]:
        """Find what is in the squares of one batch."""
        raise NotImplementedError
