"""Hooks between steps: seeds, batch-norm momentum, the lifter's file, history."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook, RuntimeInfoHook
from mmengine.logging import HistoryBuffer
from mmengine.runner import Runner
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from glagcn_cli.errors import TrainingError
from glagcn_cli.lifting.checkpoints import save_lifter

from ..metrics.scores import METRICS
from ..recipes.recipe import Recipe
from .model import bare

LIFTER = "lifter.pth"
CHOSEN_BY = "mpjpe"
HISTORY = 1000  # steps of scalars in memory


class StepSeed(Hook):
    """Dropout that depends on seed, step and process alone, so that a resumed run repeats it."""

    priority = "VERY_HIGH"

    def __init__(self, seed: int, rank: int = 0) -> None:
        self.seed, self.rank = seed, rank

    def before_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Seed torch for the step."""
        seed = ((self.seed * 1_000_003 + runner.iter) * 4_099 + self.rank) % 2**63
        # torch.manual_seed visits every kind of device there is and takes half a millisecond.
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed(seed)


class BatchNormMomentum(Hook):
    """Momentum that falls exponentially from its first to its last value over the run."""

    def __init__(self, first: float, last: float) -> None:
        self.first, self.last = first, last
        self._norms: list[_BatchNorm] = []

    def before_train(self, runner: Runner) -> None:
        """Find the batch norms once: walking through all modules takes time in every step."""
        self._norms = [m for m in runner.model.modules() if isinstance(m, _BatchNorm)]

    def before_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Set the step's momentum."""
        momentum = self.first * (self.last / self.first) ** (runner.iter / runner.max_iters)
        for norm in self._norms:
            norm.momentum = momentum


class StepScalars(RuntimeInfoHook):
    """MMEngine's losses and gradient norm, read from the device only when they are due.

    MMEngine itself reads each of them in every step. Each read waits until the GPU is idle. A loss
    that is not finite ends the run with a ``TrainingError``, since later steps would be lost too.

    Parameters
    ----------
    every
        Passes between reads.
    """

    def __init__(self, every: int) -> None:
        super().__init__()
        self.every = every
        self._unread: list[dict[str, Tensor]] = []

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Tensor] | None = None,
    ) -> None:
        """Hold a pass's scalars on the device; read all of them when due."""
        scalars = dict(outputs or {})
        norm = getattr(runner.optim_wrapper, "gradient_norm", None)
        if norm is not None:
            scalars["grad_norm"] = norm
        self._unread.append({name: value.detach().float() for name, value in scalars.items()})
        done = runner.iter + 1
        if done % self.every == 0 or done == runner.max_iters:
            values = torch.stack([v for row in self._unread for v in row.values()]).tolist()
            names = [name for row in self._unread for name in row]
            for name, value in zip(names, values, strict=True):
                runner.message_hub.update_scalar(f"train/{name}", value)
            self._unread.clear()
            losses = (v for n, v in zip(names, values, strict=True) if n == "loss")
            if not all(map(math.isfinite, losses)):
                raise TrainingError(
                    f"the loss is no longer a number, {done} passes into the run: restart "
                    "in another folder with a lower --set optimizer.rate, or with --set "
                    "optimizer.precision=float32"
                )


class ShortHistory(Hook):
    """Limits MMEngine's history of scalars, which is copied in every step."""

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        """Cut every history that has grown to twice `HISTORY`."""
        scalars = runner.message_hub.log_scalars
        for name, buffer in list(scalars.items()):
            values, counts = buffer.data
            if len(values) >= 2 * HISTORY:
                scalars[name] = HistoryBuffer(values[-HISTORY:], counts[-HISTORY:])


class LifterFile(Hook):
    """Writes the lifter with the best validation; without validation, the last one.

    Parameters
    ----------
    folder
        Run folder.
    recipe
        Stored in the lifter's card with the step reached.
    every
        Passes between validations; 0 for none.
    """

    priority = "VERY_LOW"

    def __init__(self, folder: Path, recipe: Recipe, every: int) -> None:
        self.folder, self.recipe, self.every = folder, recipe, every
        self.split = "test" if recipe.data.select_on_test else "val"

    def before_train(self, runner: Runner) -> None:
        """Validate now if the run was interrupted between saving a state and validating."""
        validated = runner.message_hub.runtime_info.get("validated_at", 0)
        ended = runner.iter == runner.max_iters
        due = self.every and runner.iter and (runner.iter % self.every == 0 or ended)
        if due and validated != runner.iter:
            runner.val_loop.run()

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Save the lifter if this validation is the best so far."""
        hub = runner.message_hub
        error = (metrics or {})[f"val/{CHOSEN_BY}"]
        best = hub.runtime_info.get("best_error")
        hub.update_info("validated_at", runner.iter)
        if best is None or math.isnan(best) or error < best:
            hub.update_info("best_error", float(error))
            measured = {k.removeprefix("val/"): float(v) for k, v in (metrics or {}).items()}
            self._save(runner, measured)

    def after_train(self, runner: Runner) -> None:
        """Save the last lifter of a run that never validated."""
        if not self.every:
            self._save(runner, {})

    def _save(self, runner: Runner, metrics: dict[str, float]) -> None:
        model = bare(runner)
        if not is_main_process() or not model.savable:
            return
        recipe = dict(model.card.recipe) | {
            "steps_done": runner.iter // self.recipe.optimizer.accumulate
        }
        figures = {
            f"{self.split}_{name}_mm": round(value, 2)
            for name, value in metrics.items()
            if METRICS[name].unit.startswith("mm") and math.isfinite(value)
        }
        card = replace(model.card, recipe=recipe, metrics=figures)
        network: Any = model.network
        save_lifter(self.folder / LIFTER, network, card)
