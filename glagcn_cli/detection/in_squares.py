"""Networks of a backbone and a head that look at one person or hand in a turned square."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Generic, TypeVar

from torch import nn

from ..machine.batches import Batches
from ..machine.openvino.compiled import run_fast
from ..machine.openvino.kept import Source
from .frames import default_batch
from .interface import Frame
from .openmmlab.building import load
from .turned_crops import Square

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

    def __init__(
        self,
        network: nn.Module,
        single: tuple[str, ...],
        checkpoint: Path,
        device: str,
        exact: bool,
    ) -> None:
        self._network, _ = load(network, checkpoint, device)
        if not exact:
            source = Source(checkpoint, single=single)
            run_fast(self._network, "forward", device, source, network.get_submodule("backbone"))
        self._device = device
        self._batches = Batches(self._find, default_batch(device))

    def __call__(self, places: Sequence[tuple[Frame, Square]]) -> list[F]:
        """Find what is in each square of an RGB frame (height, width, 3)."""
        return self._batches(places)

    def _find(self, places: Sequence[tuple[Frame, Square]]) -> list[F]:
        """Find what is in the squares of one batch."""
        raise NotImplementedError
