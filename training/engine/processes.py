"""Runs several processes as one training run; checks that they run the same code."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import torch
from torch import distributed

from glagcn_cli import __version__
from glagcn_cli.errors import UsageError

T = TypeVar("T")

_PACKAGES = ("glagcn_cli", "glagcn_training")


def launched_by_torchrun() -> bool:
    """Tell whether the environment names a rank, as torchrun sets it."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


@contextmanager
def process_group(device: str) -> Iterator[tuple[int, int]]:
    """Join the processes that torchrun started, for as long as the block lasts.

    Parameters
    ----------
    device
        "cpu" joins through gloo, "cuda:N" through NCCL where torch has it (not on Windows), each
        process on the GPU of its local rank.

    Yields
    ------
    (rank, processes)
        (0, 1) without torchrun.

    Raises
    ------
    UsageError
        The processes run different code.
    """
    if not launched_by_torchrun():
        yield 0, 1
        return
    if device != "cpu":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    with_nccl = device != "cpu" and distributed.is_nccl_available()
    distributed.init_process_group("nccl" if with_nccl else "gloo")
    try:
        check_same("code", code_version())
        yield distributed.get_rank(), distributed.get_world_size()
    finally:
        distributed.destroy_process_group()


def code_version() -> str:
    """Return the version of the program, of torch, and a checksum of all our source."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return f"glagcn {__version__} ({digest.hexdigest()[:12]}), torch {torch.__version__}"


def check_same(what: str, value: str) -> None:
    """Compare a value with all other processes'; raise ``UsageError`` where they differ."""
    if not distributed.is_initialized():
        return
    values: list[str] = [""] * distributed.get_world_size()
    distributed.all_gather_object(values, value)
    if len(set(values)) > 1:
        listed = "; ".join(f"rank {rank}: {found}" for rank, found in enumerate(values))
        raise UsageError(f"the processes have different {what}; start all with the same: {listed}")


def of_rank_zero(value: T) -> T:
    """Return rank 0's value in every process."""
    if not distributed.is_initialized():
        return value
    values = [value]
    distributed.broadcast_object_list(values, src=0)
    return values[0]
