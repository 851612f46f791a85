"""Everything that the parts of a training run are built from."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import torch

from glagcn_cli.errors import UsageError
from glagcn_cli.skeleton import AS_GIVEN

from ..data.balance import trimmed
from ..data.registry import read_splits
from ..data.takes import TakeSet
from ..recipes.recipe import NOBODY, Recipe
from .windows import WindowStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunPlan:
    """Settings, data and place of a training run.

    Parameters
    ----------
    recipe, folder
        What to train, and the run folder.
    train_set, validation_set
        Takes to train on, and takes to validate on; None for a run without validation.
    store
        The windows of `train_set`, on the training device.
    rank, processes
        Number of this process, and how many train together.
    """

    recipe: Recipe
    folder: Path
    train_set: TakeSet
    validation_set: TakeSet | None
    store: WindowStore
    rank: int = 0
    processes: int = 1

    @property
    def device(self) -> torch.device:
        """Training device."""
        return self.store.device

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole run."""
        settings = self.recipe.schedule
        epoch = max(1, len(self.store) // self.recipe.optimizer.batch)
        return settings.steps or max(1, round(settings.epochs * epoch))

    @property
    def passes(self) -> int:
        """Forward passes of the whole run, which MMEngine calls iterations."""
        return self.steps * self.recipe.optimizer.accumulate

    @property
    def validate_every(self) -> int:
        """Passes between validations; 0 for none."""
        if self.validation_set is None:
            return 0
        steps = max(1, self.steps // max(1, self.recipe.schedule.validations))
        return steps * self.recipe.optimizer.accumulate


def read_takes(recipe: Recipe, data_dir: Path) -> tuple[TakeSet, TakeSet | None]:
    """Read the takes to train on, and those to validate on unless the recipe has no validation."""
    data = recipe.data
    nobody = data.holdout == NOBODY or data.select_on_test
    splits = ["train"]
    if data.select_on_test:
        splits.append("test")
    elif not nobody:
        splits.append("val")
    if recipe.schedule.validations <= 0:
        del splits[1:]
    if data.select_on_test:
        log.warning("the checkpoint is chosen on the test set: its error there is not an estimate")
    takes = read_splits(
        data.dataset, data_dir, splits, keypoints=data.keypoints,
        holdout=None if nobody else data.holdout, joint_set=recipe.network.joint_set,
    )  # fmt: skip
    if takes["train"].filmed and data.conversion != AS_GIVEN:
        raise UsageError(
            f"{data.dataset} has its own 2D joints, but data.conversion is {data.conversion!r}; "
            f"add --set data.conversion={AS_GIVEN}"
        )
    takes["train"] = trimmed(takes["train"], data.trimmed)
    return takes["train"], takes[splits[-1]] if len(splits) > 1 else None
