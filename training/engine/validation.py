"""Validation over all processes, every take counted once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.dataset import DefaultSampler
from mmengine.evaluator import BaseMetric
from torch.utils.data import DataLoader, Dataset

from ..evaluation.evaluate import Observation
from ..metrics.scores import TakeScores, summarise


class Observations(Dataset[Observation]):
    """Observations by number."""

    def __init__(self, seen: Sequence[Observation]) -> None:
        self.seen = list(seen)

    def __len__(self) -> int:
        return len(self.seen)

    def __getitem__(self, number: int) -> Observation:
        return self.seen[number]


def validation_loader(seen: Sequence[Observation]) -> DataLoader[Observation]:
    """Make one observation a batch, dealt out to the processes in turn."""
    dataset = Observations(seen)
    # Where the takes do not divide among the processes, some are scored twice, so that all
    # processes make the same number of steps. The metric drops the surplus.
    sampler = DefaultSampler(dataset, shuffle=False, round_up=True)
    return DataLoader(dataset, batch_size=1, sampler=sampler, collate_fn=list)


class PoseErrors(BaseMetric):
    """Gathers the rows of all processes and sums them up.

    Parameters
    ----------
    over
        Kind of mean: one of `glagcn_training.metrics.scores.AVERAGES`.
    """

    default_prefix = "val"

    def __init__(self, over: str) -> None:
        # MMEngine's "gpu" sends rows through the process group, its "cpu" through shared files.
        super().__init__(collect_device="gpu")
        self.over = over
        self.rows: list[TakeScores] = []

    def process(self, data_batch: Any, data_samples: Sequence[Any]) -> None:
        """Add the rows of a step."""
        self.results.extend(data_samples)

    def compute_metrics(self, results: list[Any]) -> dict[str, float]:
        """Summarise all rows; leave them in `rows` for reports."""
        self.rows = list(results)
        return summarise(self.rows, over=self.over)
