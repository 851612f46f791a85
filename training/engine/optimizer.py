"""Builds optimizer, precision and learning rate of a recipe for MMEngine's Runner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import Tensor, nn

from glagcn_cli.errors import DeviceError, UsageError

from ..recipes.recipe import OptimizerSettings


class Bfloat16OptimWrapper(OptimWrapper):
    """Forward pass in bfloat16, on CPUs too; its exponent range needs no loss scaling."""

    def __init__(self, *, device_type: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.device_type = device_type

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass under autocast."""
        with super().optim_context(model), torch.autocast(self.device_type, torch.bfloat16):
            yield


def build_optimizer(settings: OptimizerSettings, network: nn.Module) -> torch.optim.Optimizer:
    """Build the optimizer over a network's parameters; raise ``UsageError`` without Ranger."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    if settings.name == "adamw":
        return torch.optim.AdamW(parameters, settings.rate, weight_decay=settings.weight_decay)
    try:
        from pytorch_optimizer import Ranger
    except ImportError as error:
        raise UsageError(
            "the optimizer 'ranger' comes with the package pytorch-optimizer: "
            "pip install 'glagcn[train]', or choose --set optimizer.name=adamw"
        ) from error
    ranger: torch.optim.Optimizer = Ranger(
        parameters, settings.rate, weight_decay=settings.weight_decay
    )
    return ranger


def build_wrapper(
    settings: OptimizerSettings, network: nn.Module, device: torch.device
) -> OptimWrapper:
    """Build the optimizer with its precision, gradient clipping and accumulation."""
    options: dict[str, Any] = {
        "optimizer": build_optimizer(settings, network),
        "accumulative_counts": settings.accumulate,
    }
    if settings.largest_gradient > 0:
        options["clip_grad"] = {"max_norm": settings.largest_gradient}
    wrapper = _wrapper(settings.precision, device, options)
    if settings.largest_gradient > 0:
        wrapper.clip_func = partial(_clip, wrapper)
    return wrapper


def _clip(wrapper: OptimWrapper, parameters: list[Tensor], max_norm: float) -> None:
    """Clip gradients; leave their norm on the device, where reading it would wait."""
    wrapper.gradient_norm = nn.utils.clip_grad_norm_(parameters, max_norm)


def _wrapper(precision: str, device: torch.device, options: dict[str, Any]) -> OptimWrapper:
    """Build the optimizer in a precision."""
    if precision == "bfloat16":
        return Bfloat16OptimWrapper(device_type=device.type, **options)
    if precision == "float16":
        if device.type != "cuda":
            raise DeviceError("optimizer.precision=float16 needs CUDA; bfloat16 runs on a CPU too")
        return AmpOptimWrapper(dtype="float16", **options)
    return OptimWrapper(**options)


def schedule(settings: OptimizerSettings, passes: int) -> list[dict[str, Any]]:
    """Build a linear warm-up and then a cosine, over this many forward passes."""
    warm_up = settings.warm_up * settings.accumulate
    if warm_up == 1:  # MMEngine would stay at half of the rate
        warm_up = 0
    parts: list[dict[str, Any]] = []
    if warm_up:
        parts.append(
            {"type": "LinearLR", "start_factor": 1 / (warm_up + 1), "by_epoch": False,
             "begin": 0, "end": warm_up}
        )  # fmt: skip
    if passes > warm_up:  # a trial run may end earlier
        parts.append(
            {"type": "CosineAnnealingLR", "eta_min": settings.last_rate, "by_epoch": False,
             "begin": warm_up, "end": passes, "T_max": passes - warm_up}
        )  # fmt: skip
    return parts
