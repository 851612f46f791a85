"""The contestants of ``benchmarks/training/speed.py``: runs of the engine, and a plain loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from glagcn_training.engine.optimizer import build_optimizer
from glagcn_training.engine.order import TrainingOrder
from glagcn_training.engine.runner import TrainingRun
from glagcn_training.recipes.recipe_files import read_recipe

WARM_UP = 5  # steps that are not counted: allocations, choice of kernels, threads


@dataclass(frozen=True)
class Bench:
    """Settings of the runs; every run gets a fresh folder and the same first weights."""

    config: str
    data_dir: Path
    device: str
    folder: Path
    numbers: Iterator[int]

    def run(self, *settings: str) -> TrainingRun:
        """Build a run that has not begun, without validation."""
        recipe = read_recipe(self.config, ["schedule.validations=0", *settings])
        return TrainingRun.open(
            recipe, self.data_dir, self.folder / f"{next(self.numbers)}", self.device
        )

    @property
    def burst(self) -> int:
        """Steps in a row: several on a GPU, where consecutive steps overlap."""
        return 1 if self.device == "cpu" else 25

    def now(self) -> float:
        """Return the clock's seconds, once the device is idle."""
        if self.device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter()

    def seconds_of(self, work: Callable[[], object], times: int = 1) -> float:
        """Time repetitions of some work."""
        before = self.now()
        for _ in range(times):
            work()
        return self.now() - before


class Clock(Hook):
    """Calls a function after certain steps, behind all other hooks."""

    priority = "LOWEST"

    def __init__(self, due: Callable[[int], bool], action: Callable[[], Any]) -> None:
        self.due, self.action, self.found = due, action, list[Any]()

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Store the function's result."""
        if self.due(runner.iter + 1):
            self.found.append(self.action())


class PlainLoop:
    """The minimal loop over a run's network and batches: no hooks, no logs, no schedule."""

    def __init__(self, run: TrainingRun, precision: str | None = None) -> None:
        settings = run.plan.recipe.optimizer
        self.bfloat16 = (precision or settings.precision) == "bfloat16"
        self.model, self.device, self.largest = (
            run.model,
            run.plan.device.type,
            settings.largest_gradient,
        )
        self.model.train()
        self.optimizer = build_optimizer(settings, self.model.network)
        seed = run.plan.recipe.seed
        self.order = TrainingOrder(len(run.plan.store), settings.batch, seed, run.plan.passes)
        self.done = 0

    def step(self) -> None:
        """Run batch, forward, backward, update."""
        batch = self.batch()
        with torch.autocast(self.device, torch.bfloat16, enabled=self.bfloat16):
            losses = self.model(**batch)
        torch.stack(list(losses.values())).sum().backward()
        if self.largest > 0:
            torch.nn.utils.clip_grad_norm_(self.model.network.parameters(), self.largest)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.done += 1

    def batch(self) -> dict[str, torch.Tensor]:
        """Return the next step's batch."""
        made: dict[str, torch.Tensor] = self.model.data_preprocessor(self.order[self.done], True)
        return made


class Alternation(Hook):
    """Alternates other work with a run, and times both.

    Parameters
    ----------
    bench
        Its clock.
    burst
        Steps of the run between turns of the other.
    other
        The other's turn.
    """

    priority = "LOWEST"

    def __init__(self, bench: Bench, burst: int, other: Callable[[], object]) -> None:
        self.bench, self.burst, self.other = bench, burst, other
        self.own_seconds, self.other_seconds = list[float](), list[float]()
        self.waiting = 0.0
        self._since: float | None = None

    def before_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Run the other work, behind MMEngine's own measurement of the wait for data."""
        if runner.iter >= WARM_UP:
            self.waiting += runner.message_hub.get_scalar("train/data_time").current()
        if runner.iter < WARM_UP or (runner.iter - WARM_UP) % self.burst:
            return
        before = self.bench.now()
        if self._since is not None:
            self.own_seconds.append(before - self._since)
        self.other()
        self._since = self.bench.now()
        self.other_seconds.append(self._since - before)
