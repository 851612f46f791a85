"""Several processes as one run: joining, checking that they are the same program, leaving."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import torch
from torch import distributed

from glagcn_cli import __version__
from glagcn_cli.errors import UsageError

_PACKAGES = ("glagcn_cli", "glagcn_training")


def launched_by_torchrun() -> bool:
    """Whether the environment names a rank, as torchrun leaves it."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


@contextmanager
def process_group(device: str) -> Iterator[tuple[int, int]]:
    """Join the processes that torchrun started, for as long as the block lasts.

    Parameters
    ----------
    device
        "cpu" joins through gloo, "cuda:N" through NCCL, each process on the GPU of its local rank.

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
    distributed.init_process_group("gloo" if device == "cpu" else "nccl")
    try:
        check_same_code(code_version())
        yield distributed.get_rank(), distributed.get_world_size()
    finally:
        distributed.destroy_process_group()


def code_version() -> str:
    """Version of the program, of torch, and a checksum of all our source."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return f"glagcn {__version__} ({digest.hexdigest()[:12]}), torch {torch.__version__}"


def check_same_code(version: str) -> None:
    """Compare this process's version with all others'; raises ``UsageError`` where they differ."""
    versions: list[str] = [""] * distributed.get_world_size()
    distributed.all_gather_object(versions, version)
    if len(set(versions)) > 1:
        listed = "; ".join(f"rank {rank}: {found}" for rank, found in enumerate(versions))
        raise UsageError(
            f"the processes run different code, which would train on a mixture: {listed}. Install "
            "the same version on every machine"
        )
