"""How far a run is: a bar on a terminal, lines elsewhere, and every figure in log.jsonl."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce_dict, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from tqdm import tqdm

logger = logging.getLogger(__name__)

LOG = "log.jsonl"


def read_log(folder: Path) -> list[dict[str, float]]:
    """Rows of a run's log in the order of their steps.

    A run that was interrupted has written some steps twice; the later row counts.
    """
    path = folder / LOG
    rows: dict[tuple[float, bool], dict[str, float]] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:  # cut off by a crash
            continue
        rows[row["step"], "loss" in row] = row
    return [rows[key] for key in sorted(rows)]


class Progress(Hook):
    """Shows and logs loss, samples per second and the time left.

    Parameters
    ----------
    folder
        Run folder, for the log.
    every
        Steps between log rows.
    batch
        Samples of a step over all processes.
    """

    priority = "LOW"

    def __init__(self, folder: Path, every: int, batch: int) -> None:
        self.path, self.every, self.batch = folder / LOG, every, batch
        self._bar: tqdm | None = None
        self._clear()

    def _clear(self) -> None:
        self._since, self._steps, self._waited = time.perf_counter(), 0, 0.0
        self._sums: dict[str, float] = defaultdict(float)

    def before_train(self, runner: Runner) -> None:
        """Start the bar where the run stands."""
        if is_main_process() and sys.stderr.isatty():
            self._bar = tqdm(
                total=runner.max_iters * self.batch, initial=runner.iter * self.batch,
                desc="training", unit=" samples", unit_scale=True, file=sys.stderr,
            )  # fmt: skip
        self._clear()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Any] | None = None,
    ) -> None:
        """Count the step; write a row where one is due."""
        for name, value in (outputs or {}).items():
            self._sums[name] += float(value.detach())
        self._waited += runner.message_hub.get_scalar("train/data_time").current()
        self._steps += 1
        if self._bar is not None:
            self._bar.update(self.batch)
            self._bar.set_postfix_str(f"loss {self._sums['loss'] / self._steps:.4f}")
        step = runner.iter + 1
        if step % self.every == 0 or step == runner.max_iters:
            self._write_row(runner, step)

    def _write_row(self, runner: Runner, step: int) -> None:
        seconds = time.perf_counter() - self._since
        speed = self._steps * self.batch / seconds
        means = self._means()
        rate = runner.optim_wrapper.get_lr()["lr"][0]
        row = {"step": step, **means, "learning_rate": rate, "samples/s": speed}
        self._append(row | {"waiting_for_data": self._waited / seconds})
        if self._bar is None and is_main_process():
            left = (runner.max_iters - step) * self.batch / speed / 60
            logger.info(
                "step %d of %d  loss %.4f  %.0f samples/s  %.0f min left",
                step, runner.max_iters, means["loss"], speed, left,
            )  # fmt: skip
        self._clear()

    def _means(self) -> dict[str, float]:
        """Mean of every loss term since the last row, over all processes."""
        means = {name: torch.tensor(total / self._steps) for name, total in self._sums.items()}
        all_reduce_dict(means, op="mean")
        return {name: float(value) for name, value in means.items()}

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write and say what a validation found; its time does not count as training."""
        figures = {name: float(value) for name, value in (metrics or {}).items()}
        self._append({"step": runner.iter, **figures})
        if is_main_process():
            logger.info(
                "validation at step %d: MPJPE %.1f mm, P-MPJPE %.1f mm",
                runner.iter, figures["val/mpjpe"], figures["val/p_mpjpe"],
            )  # fmt: skip
        self._clear()

    def after_train(self, runner: Runner) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()

    def _append(self, row: dict[str, float]) -> None:
        if is_main_process():
            with self.path.open("a") as log:
                log.write(json.dumps(row) + "\n")
