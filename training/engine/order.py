"""The windows of each step: the same for any number of processes, from any step on."""

from __future__ import annotations

from typing import ClassVar, TypedDict

import torch
from torch import Tensor
from torch.utils.data import Dataset


class StepOrder(TypedDict):
    """Work of a process in a step: the step's number, and window numbers (N,)."""

    step: int
    windows: Tensor


class TrainingOrder(Dataset[StepOrder]):
    """The steps of a run: epochs over all windows, each in its own order.

    The order of an epoch depends on seed and epoch alone. Row i of a batch goes to process i modulo
    the number of processes, so that any number of processes sees the same batches. Windows that do
    not fill a batch at the end of an epoch are left out; fewer windows than a batch are repeated.

    Parameters
    ----------
    windows
        Number of windows.
    batch
        Windows of a step over all processes.
    seed
        Seed of the order.
    steps
        Steps of the run.
    rank, processes
        Number of this process, and how many train together.
    shares
        (windows,) relative frequency of each window; None for once an epoch. Shares do not change
        the length of an epoch.
    """

    metainfo: ClassVar[dict[str, str]] = {}  # MMEngine asks for it

    def __init__(
        self, windows: int, batch: int, seed: int, steps: int, rank: int = 0, processes: int = 1,
        shares: Tensor | None = None,
    ) -> None:  # fmt: skip
        if batch % processes:
            raise ValueError(f"a batch of {batch} does not divide among {processes} processes")
        self.windows, self.batch, self.seed, self.steps = windows, batch, seed, steps
        self.rank, self.processes, self.shares = rank, processes, shares
        self.steps_per_epoch = max(1, windows // batch)
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.long)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> StepOrder:
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffled(epoch)
        batch = self._order[place * self.batch : (place + 1) * self.batch]
        return {"step": step, "windows": batch[self.rank :: self.processes]}

    def _shuffled(self, epoch: int) -> Tensor:
        """Return all windows in the order of an epoch."""
        random = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(self.windows, generator=random)
        if self.shares is not None:
            ends = self.shares.double().cumsum(0)
            # Evenly spaced, so that no window's count is off its share by more than one.
            marks = torch.arange(self.windows) + torch.rand(1, generator=random, dtype=ends.dtype)
            chosen = torch.searchsorted(ends, marks * (ends[-1] / self.windows))
            order = chosen.clip(max=self.windows - 1)[order]
        return order.repeat(-(-self.batch // self.windows))
