"""Networks that read pictures of bytes, so that a runtime normalises them as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Normalised(nn.Module):
    """From bytes to what a network was trained on.

    Parameters
    ----------
    mean, std
        Of each channel.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        for name, values in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Map uint8 (n, height, width, 3) to float32 (n, 3, height, width), channels last."""
        return ((pictures.float() - self.mean) / self.std).permute(0, 3, 1, 2)


class OfPictures(nn.Module):
    """A network after the normalisation of its pictures, which stay in single precision.

    Parameters
    ----------
    normalised
        Its first step.
    network
        Reads float32 (n, 3, height, width).
    decoded
        What is made of its results, in single precision too.
    """

    def __init__(
        self, normalised: Normalised, network: nn.Module, decoded: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.normalised = normalised
        self.network = network
        self.decoded = nn.Identity() if decoded is None else decoded

    def forward(self, pictures: Tensor) -> Any:
        """Run the network on pictures (n, height, width, 3) uint8."""
        return self.decoded(self.network(self.normalised(pictures)))
