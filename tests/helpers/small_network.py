"""A network that is converted and compiled in no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from glagcn_cli.machine.openvino.compiled import run_compiled
from glagcn_cli.machine.openvino.kept import Source


class SmallNetwork(nn.Module):
    """Two convolutions with nested results; counts how often torch runs it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.head = nn.Conv2d(8, 4, 1)
        self.by_torch = 0

    def forward(self, images: Tensor) -> dict[str, Any]:
        """Compute features, and maps of half the size."""
        self.by_torch += 1
        features = self.stem(images).relu()
        maps = self.head(features)[:, :, ::2, ::2]
        return {"features": features, "maps": [maps, (maps.sigmoid(),)]}


def flat(results: dict[str, Any]) -> list[Tensor]:
    """Tensors of the results in a fixed order."""
    return [results["features"], results["maps"][0], results["maps"][1][0]]


def compiled_network(folder: Path, single: tuple[str, ...] = ()) -> tuple[SmallNetwork, list[str]]:
    """Make a network that OpenVINO runs, and a list that tells when torch runs it instead."""
    network, told = SmallNetwork().eval().requires_grad_(False), []
    folder.mkdir(exist_ok=True)
    weights = folder / "weights.pth"
    if not weights.is_file():
        weights.write_bytes(b"these")
    source = Source(weights, "small", single)
    run_compiled(network, "forward", "cpu", source, lambda: told.append("torch"))
    return network, told
