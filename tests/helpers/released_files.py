"""Checkpoints as the authors release them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch


def released(levels: int, channels: int, joints: int = 17, seed: int = 0) -> dict:
    """Tensors under the names of a released file, all of them random."""
    rng = np.random.default_rng(seed)
    made: dict[str, np.ndarray] = {}

    def put(name: str, *shape: int, scale: float = 1.0) -> None:
        made[name] = rng.normal(0, scale, shape)

    def norm(name: str, size: int) -> None:
        for part in ("weight", "bias", "running_mean"):
            put(f"{name}.{part}", size, scale=0.5)
        made[f"{name}.running_var"] = rng.uniform(0.5, 2, size)
        made[f"{name}.num_batches_tracked"] = np.array(rng.integers(1, 1000))

    def convolution(name: str, out: int, into: int, *kernel: int) -> None:
        put(f"{name}.weight", out, into, *kernel, scale=(into * kernel[0]) ** -0.5)
        put(f"{name}.bias", out, scale=0.1)

    def block(name: str, into: int) -> None:
        put(f"{name}.gcn1.PA", 3, joints, joints, scale=0.2)
        for k in range(3):
            convolution(f"{name}.gcn1.conv_a.{k}", channels // 4, into, 1, 1)
            convolution(f"{name}.gcn1.conv_b.{k}", channels // 4, into, 1, 1)
            convolution(f"{name}.gcn1.conv_d.{k}", channels, into, 1, 1)
        norm(f"{name}.gcn1.bn", channels)
        convolution(f"{name}.tcn1.conv", channels, channels, 9, 1)
        norm(f"{name}.tcn1.bn", channels)
        if into != channels:
            convolution(f"{name}.gcn1.down.0", channels, into, 1, 1)
            norm(f"{name}.gcn1.down.1", channels)
            convolution(f"{name}.residual.conv", channels, into, 1, 1)
            norm(f"{name}.residual.bn", channels)

    norm("data_bn", 2 * joints)
    block("expand_gcn", 2)
    for i in range(2 * levels):
        block(f"layers_tcngcn.{i}", channels)
    convolution("fc", 3, channels, 1)
    return {
        f"module.{name}": torch.tensor(value).float() if value.ndim else torch.tensor(int(value))
        for name, value in made.items()
    }


def write(path: Path, tensors: dict, **entries) -> Path:
    torch.save({"epoch": 60, "model_pos": tensors} | entries, path)
    return path
