"""Shows the progress of a run: a bar on a terminal, lines elsewhere, all figures in log.jsonl."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce_dict, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from tqdm import tqdm

from glagcn_cli.progress.stages import bar_size

from .model import bare

log = logging.getLogger(__name__)

LOG = "log.jsonl"


def read_log(folder: Path) -> list[dict[str, float]]:
    """Read the rows of a run's log in the order of their steps.

    An interrupted run may have logged steps twice; the later row counts.
    """
    path = folder / LOG
    rows: dict[tuple[float, bool], dict[str, float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:  # a line cut off by a crash
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
    accumulate
        Forward passes of a step; MMEngine counts passes.
    """

    priority = "LOW"

    def __init__(self, folder: Path, every: int, batch: int, accumulate: int = 1) -> None:
        self.path, self.every, self.accumulate = folder / LOG, every, accumulate
        self.samples = batch // accumulate  # of a pass
        self._bar: tqdm | None = None
        self._making = 0.0
        self._clear()

    def _clear(self) -> None:
        self._since, self._passes, self._waited = time.perf_counter(), 0, 0.0
        self._made = self._making

    def before_train(self, runner: Runner) -> None:
        """Start the bar at the run's step; set a new run's old log aside."""
        if runner.iter == 0 and is_main_process() and self.path.exists():
            self.path.replace(self.path.with_suffix(".old.jsonl"))
        if is_main_process() and sys.stderr.isatty():
            self._bar = tqdm(
                total=runner.max_iters * self.samples, initial=runner.iter * self.samples,
                desc="training", unit=" samples", unit_scale=True, file=sys.stderr,
                **bar_size(),
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
        self._waited += runner.message_hub.get_scalar("train/data_time").current()
        self._passes += 1
        if self._bar is not None:
            self._bar.update(self.samples)
        done = runner.iter + 1
        if done % (self.every * self.accumulate) == 0 or done == runner.max_iters:
            self._write_row(runner, done)

    def _write_row(self, runner: Runner, done: int) -> None:
        seconds = time.perf_counter() - self._since
        speed = self._passes * self.samples / seconds
        step, steps = done // self.accumulate, runner.max_iters // self.accumulate
        means = self._means(runner)
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {means['loss']:.4f}")
        rate = runner.optim_wrapper.get_lr()["lr"][0]
        row = {"step": step, **means, "learning_rate": rate, "samples/s": speed}
        self._making = bare(runner).data_preprocessor.seconds
        shares = {
            "waiting_for_loader": self._waited / seconds,
            "making_samples": (self._making - self._made) / seconds,
        }
        self._append(row | shares)
        if self._bar is None and is_main_process():
            left = (runner.max_iters - done) * self.samples / speed / 60
            log.info(
                "step %d of %d  loss %.4f  %.0f samples/s  %.0f min left",
                step, steps, means["loss"], speed, left,
            )  # fmt: skip
        self._clear()

    def _means(self, runner: Runner) -> dict[str, float]:
        """Compute the mean of every loss term since the last row, over all processes."""
        means = {
            name.removeprefix("train/"): torch.tensor(float(history.mean(self._passes)))
            for name, history in runner.message_hub.log_scalars.items()
            if name.startswith("train/loss")
        }
        all_reduce_dict(means, op="mean")
        return {name: float(value) for name, value in means.items()}

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Write and log a validation's figures; its time does not count as training."""
        figures = {name: float(value) for name, value in (metrics or {}).items()}
        step = runner.iter // self.accumulate
        self._append({"step": step, **figures})
        if is_main_process():
            log.info(
                "validation at step %d: MPJPE %.1f mm, P-MPJPE %.1f mm",
                step, figures["val/mpjpe"], figures["val/p_mpjpe"],
            )  # fmt: skip
        self._clear()

    def after_train(self, runner: Runner) -> None:
        """Close the bar."""
        self.close()

    def close(self) -> None:
        """End the bar's line; calling it again does nothing."""
        if self._bar is not None:
            self._bar.close()

    def _append(self, row: dict[str, float]) -> None:
        if is_main_process():
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
