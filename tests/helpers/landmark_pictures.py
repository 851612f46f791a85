"""A picture by a formula, of which the original landmark networks were asked once."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def waves(side: int) -> Tensor:
    """Return a picture (1, 3, side, side) in 0..1."""
    y, x = np.mgrid[:side, :side] / side
    channels = [0.5 + 0.5 * np.sin(9 * x + 3 * y), x * y, 0.5 + 0.5 * np.cos(7 * y - 2 * x)]
    return torch.from_numpy(np.stack(channels).astype(np.float32))[None]
