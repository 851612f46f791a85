"""Upper limits of this machine: bytes a second of a large copy, arithmetic of a matrix product."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_COPIED = 256 << 20  # bytes: larger than any cache
_SIDE = {"cpu": 2048, "cuda": 8192}  # of the matrices
_ROUNDS = 5  # the fastest counts


@dataclass(frozen=True)
class Limits:
    """Upper bounds of a device.

    Parameters
    ----------
    bytes_per_second
        Bytes a second read and written by a copy larger than any cache.
    flops
        Floating-point operations a second of a matrix product, by the name of the precision.
    threads
        Threads of torch with which both were measured.
    device
        Name for ``torch.device``.
    """

    bytes_per_second: float
    flops: Mapping[str, float] = field(default_factory=dict)
    threads: int = 1
    device: str = "cpu"


@dataclass(frozen=True)
class Work:
    """Least work of a stage for one frame.

    Parameters
    ----------
    moved
        Bytes to read and to write.
    flops
        Floating-point operations, a multiplication with its addition counted as two.
    precision
        Precision, as in `Limits.flops`.
    """

    moved: float = 0.0
    flops: float = 0.0
    precision: str = "float32"


@dataclass(frozen=True)
class Bound:
    """The limit that bounds a stage: its name, and the frames a second that it allows."""

    by: str
    rate: float

    def ratio(self, rate: float) -> float:
        """Compute the share of the limit that a rate reaches, 0 to 1 for correct work."""
        return rate / self.rate


def bound_of(work: Work, limits: Limits) -> Bound | None:
    """Return whether bytes or arithmetic takes longer at least; None for uncounted work."""
    seconds = {
        "bytes": work.moved / limits.bytes_per_second,
        f"arithmetic ({work.precision})": (
            work.flops / limits.flops[work.precision] if work.flops else 0.0
        ),
    }
    by, longest = max(seconds.items(), key=lambda item: item[1])
    return Bound(by, 1 / longest) if longest > 0 else None


def measure_limits(device: str, precisions: Mapping[str, torch.dtype]) -> Limits:
    """Measure a device with as many threads as torch has."""
    import torch

    source = torch.ones(_COPIED // 4, device=device)
    target = torch.empty_like(source)
    copied = 2 * _COPIED / least_seconds(lambda: target.copy_(source), device)
    side, flops = _SIDE[torch.device(device).type], {}
    for name, precision in precisions.items():
        left = torch.randn(side, side, device=device).to(precision)
        out = torch.empty_like(left)

        def product(left: torch.Tensor = left, out: torch.Tensor = out) -> None:
            torch.mm(left, left, out=out)

        flops[name] = 2 * side**3 / least_seconds(product, device)
    return Limits(copied, flops, torch.get_num_threads(), device)


def best_limits(one: Limits, other: Limits) -> Limits:
    """Return the higher of two measurements of one device, number by number."""
    flops = {name: max(one.flops[name], other.flops[name]) for name in one.flops}
    moved = max(one.bytes_per_second, other.bytes_per_second)
    return Limits(moved, flops, one.threads, one.device)


def least_seconds(work: Callable[[], object], device: str = "cpu", rounds: int = _ROUNDS) -> float:
    """Return the seconds of the fastest of some rounds, after a warm-up."""
    import torch

    least = float("inf")
    for turn in range(rounds + 1):
        started = time.perf_counter()
        work()
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        taken = time.perf_counter() - started
        least = min(least, taken) if turn else least
    return least
