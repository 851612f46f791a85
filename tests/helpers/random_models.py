"""Checkpoints of OpenMMLab models with random weights, for tests."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from glagcn_cli.detection.openmmlab import building

torch.set_num_threads(1)  # threads that wait for a core slow small networks tenfold


def save_random(
    config: Path,
    library: str,
    target: Path,
    size: tuple[int, int],
    meta: dict[str, object] | None = None,
) -> Path:
    """Write a checkpoint for a configuration whose network reads pictures of (height, width).

    The batch norms have seen noise, so that what the network gives depends on the picture.
    """
    torch.manual_seed(0)
    model = building.bare_model(building.read_config(config), library).train()
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.momentum = None  # the mean over all batches: of the one below
    with torch.no_grad():
        model(torch.randn(4, 3, *size), None)
    for name, parameter in model.named_parameters():
        if "rtm_reg" in name and name.endswith("bias"):
            parameter.data.fill_(2)  # RTMDet's boxes have a size at all
    torch.save({"state_dict": model.state_dict(), "meta": meta or {}}, target)
    return target
