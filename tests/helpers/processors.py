"""What the processor that runs the tests can compute in."""

from __future__ import annotations

import pytest
import torch

needs_bfloat16 = pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(),
    reason="this processor has no convolutions in bfloat16",
)
