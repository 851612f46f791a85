"""Chooses the device to compute on, and handles its failures."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata

from ..errors import DeviceError, UsageError
from ..operating_system import has_nvidia_driver, is_mac

_NO_MPS = "Apple's GPUs (MPS) lack the double precision that this program needs"

_NO_MEMORY = ("can't allocate memory", "not enough memory")
"""Parts of torch's messages on lack of memory; Windows has its own."""


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def choose_device(name: str) -> str:
    """Resolve ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` to a torch device that exists.

    Raises
    ------
    UsageError
        The name is unknown.
    DeviceError
        CUDA or the GPU of that number does not exist, or the device is Apple's MPS.
    """
    if name == "cpu":
        return name
    if name == "mps":
        raise DeviceError(f"--device mps: {_NO_MPS}; use --device cpu")
    if name != "auto" and not re.fullmatch(r"cuda(:\d+)?", name):
        raise UsageError(f"--device {name}: must be one of auto, cpu, cuda and cuda:N")
    if name == "auto" and not gpu_may_be_there():
        return "cpu"
    import torch

    if name == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if not torch.cuda.is_available():
        more = "" if is_mac() else ", or install a CUDA build of torch (see the README)"
        raise DeviceError(
            f"--device {name}: CUDA is not available here ({why_no_gpu()}); use --device cpu{more}"
        )
    number = int(name.partition(":")[2] or 0)
    if number >= torch.cuda.device_count():
        raise DeviceError(
            f"--device {name}: this machine has {torch.cuda.device_count()} GPU(s), numbered from 0"
        )
    return f"cuda:{number}"


def gpu_may_be_there() -> bool:
    """Tell whether torch, once it is imported, may find a GPU that it can use."""
    version = metadata.version("torch")
    return "rocm" in version or ("+cpu" not in version and has_nvidia_driver())


def why_no_gpu() -> str:
    """Explain why CUDA is not available."""
    import torch

    if is_mac():
        return _NO_MPS
    return "this torch is a CPU build" if torch.version.cuda is None else "no GPU was found"


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether an error is torch's lack of memory, on a device or this machine."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or any(
        words in str(error) for words in _NO_MEMORY
    )


def release_memory() -> None:
    """Return memory that torch caches to the GPU."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def lost_devices_told(device: str) -> Iterator[None]:
    """Turn errors of a GPU that fails in the middle of a run into one with advice.

    Raises
    ------
    DeviceError
        In place of torch's error.
    """
    try:
        yield
    except RuntimeError as error:
        # Newer versions of torch have a class for these, older ones a RuntimeError.
        if device == "cpu" or "CUDA error" not in str(error):
            raise
        raise DeviceError(
            f"{device} failed in the middle of the run ({str(error).splitlines()[0]}); run the "
            "command again, which resumes unless --no-cache was given, or add --device cpu"
        ) from error
