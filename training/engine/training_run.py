"""Runs ``glagcn-train`` from its settings to its report."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import torch
from tqdm.contrib.logging import logging_redirect_tqdm

from glagcn_cli.errors import DeviceError

from ..recipes.recipe import Recipe
from .checkpointing import newest_state, passes_of
from .hooks import LIFTER
from .processes import process_group
from .report import REPORT, report_run
from .runner import TrainingRun

log = logging.getLogger(__name__)


def run_training(recipe: Recipe, data_dir: Path, folder: Path, device: str) -> list[Path]:
    """Train a run, or the rest of an interrupted one, to its end, and report.

    Parameters as in `TrainingRun.open`; torchrun's processes train together.

    Returns
    -------
    list
        Written files; none in processes other than the first.

    Raises
    ------
    UsageError, InputError, CheckpointError
        As `TrainingRun.open`.
    DeviceError
        The device is out of memory.
    KeyboardInterrupt
        Ctrl-C; the message states where the same command resumes.
    """
    with process_group(device) as (rank, processes):
        run = TrainingRun.open(recipe, data_dir, folder, device, rank, processes)
        _announce(run)
        try:
            # Keep messages off the bar's line.
            with logging_redirect_tqdm(), warnings.catch_warnings():
                # The learning rate follows passes; accumulated ones come before a step.
                warnings.filterwarnings("ignore", "Detected call of `scheduler.step")
                run.train()
        except KeyboardInterrupt:
            state = newest_state(folder)
            how = f"resumes from {_step(state, recipe)}" if state else "restarts"
            raise KeyboardInterrupt(f"stopped; the same command {how}") from None
        except torch.OutOfMemoryError as error:
            accumulate = 2 * recipe.optimizer.accumulate
            raise DeviceError(
                f"{device} is out of memory; --set optimizer.accumulate={accumulate} "
                "splits every step into more and smaller passes, with the same batch"
            ) from error
        if rank > 0:
            return []
        report_run(run)
        return [folder / LIFTER] * run.model.savable + [folder / REPORT]


def _announce(run: TrainingRun) -> None:
    """Log what is trained, and from which step on."""
    plan, state = run.plan, run.state
    validated = len(plan.validation_set.takes) if plan.validation_set else 0
    validated = min(validated, plan.recipe.validation.takes or validated)
    log.info(
        "training on %d windows of %d takes, validating on %d takes: %s%d steps of batch %d on %s",
        len(plan.store), len(plan.train_set.takes), validated,
        f"from {_step(state, plan.recipe)} on, of " if state else "",
        plan.steps, plan.recipe.optimizer.batch, plan.device,
    )  # fmt: skip


def _step(state: Path, recipe: Recipe) -> str:
    """Return the step that a state was saved after, as text."""
    return f"step {(passes_of(state) or 0) // recipe.optimizer.accumulate}"
