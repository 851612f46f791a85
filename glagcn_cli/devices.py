"""Which device to compute on."""

from __future__ import annotations

import re

from .errors import DeviceError, UsageError


def choose_device(name: str) -> str:
    """Resolve ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` to a torch device that exists.

    Raises
    ------
    UsageError
        The name is none of these.
    DeviceError
        CUDA was asked for and there is none, or no GPU of that number.
    """
    if name == "cpu":
        return name
    if name != "auto" and not re.fullmatch(r"cuda(:\d+)?", name):
        raise UsageError(f"no device {name!r}; there are auto, cpu, cuda and cuda:N")
    import torch

    if name == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if not torch.cuda.is_available():
        build = "this torch is a CPU build" if torch.version.cuda is None else "no GPU was found"
        raise DeviceError(
            f"--device {name}: CUDA is not available here ({build}); use --device cpu, or install "
            "a CUDA build of torch (the README says how)"
        )
    number = int(name.partition(":")[2] or 0)
    if number >= torch.cuda.device_count():
        raise DeviceError(
            f"--device {name}: this machine has {torch.cuda.device_count()} GPU(s), numbered from 0"
        )
    return f"cuda:{number}"
