"""A training run: its plan, its model and the MMEngine Runner that trains it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from mmengine.runner import Runner

from glagcn_cli.detection.openmmlab import prepare
from glagcn_cli.errors import UsageError
from glagcn_cli.files.unpickling import harmless_types

from ..data.registry import find_reader
from ..recipes.recipe import Recipe, for_joint_set
from ..recipes.recipe_files import to_mapping
from .building import build_model, build_runner
from .checkpointing import keep_recipe, newest_state
from .model import LiftingModel
from .plan import RunPlan, read_takes
from .processes import check_same, of_rank_zero
from .progress import Progress
from .validation import PoseErrors
from .windows import WindowStore


@dataclass(frozen=True)
class TrainingRun:
    """A run that is ready to train.

    Parameters
    ----------
    plan
        Settings, data and place.
    model, runner
        Model to train, and the Runner that trains it.
    progress, metric
        Hook that logs the run, and scores of its last validation.
    state
        File that the run resumes from; None for a new run.
    """

    plan: RunPlan
    model: LiftingModel
    runner: Runner
    progress: Progress
    metric: PoseErrors
    state: Path | None = None

    @classmethod
    def open(
        cls,
        recipe: Recipe,
        data_dir: Path,
        folder: Path,
        device: str = "cpu",
        rank: int = 0,
        processes: int = 1,
    ) -> TrainingRun:
        """Seed torch, read the data and build a run, or resume the one in its folder.

        Parameters
        ----------
        recipe
            What to train.
        data_dir
            Folder of the data set.
        folder
            Run folder; made if needed. An interrupted run there is resumed.
        device
            "cpu" or "cuda:N".
        rank, processes
            Number of this process, and how many train together.

        Raises
        ------
        UsageError
            The settings contradict each other, or the folder holds another run.
        InputError
            The data is missing or broken.
        """
        prepare.prepare()  # MMEngine imports torchvision, which may not match torch
        torch.manual_seed(recipe.seed)
        train_set, validation_set = read_takes(recipe, data_dir)
        recipe = for_joint_set(recipe, train_set.joint_set.name)
        folder.mkdir(parents=True, exist_ok=True)
        store = WindowStore(
            train_set, recipe.network.window, recipe.data.stride, torch.device(device),
            recipe.data.fps,
        )  # fmt: skip
        plan = RunPlan(recipe, folder, train_set, validation_set, store, rank, processes)
        state = _join(plan)
        metric = PoseErrors(find_reader(recipe.data.dataset).mean_over)
        settings = recipe.optimizer
        progress = Progress(folder, recipe.schedule.log_every, settings.batch, settings.accumulate)
        model = build_model(plan)
        runner = build_runner(plan, model, progress, metric, state)
        return cls(plan, model, runner, progress, metric, state)

    def train(self) -> None:
        """Train from the run's current step to its end."""
        try:
            with torch.serialization.safe_globals(harmless_types()):
                self.runner.train()
        finally:
            self.progress.close()


def _join(plan: RunPlan) -> Path | None:
    """Store the recipe, agree with the other processes, and return the state to resume from.

    Raises
    ------
    UsageError
        The processes differ in settings or data, or do not share the run folder.
    """
    facts = {"source": plan.train_set.source, "frames": plan.train_set.frames,
             "windows": len(plan.store)}  # fmt: skip
    check_same("settings or data", f"{to_mapping(plan.recipe)} {facts}")
    if plan.rank == 0:
        keep_recipe(plan.recipe, plan.folder, facts)
    state = of_rank_zero(newest_state(plan.folder) if plan.rank == 0 else None)
    if state is not None and not state.exists():
        raise UsageError(
            f"rank {plan.rank} has no {state}: put the run folder on a disk that all machines "
            "share, under the same name"
        )
    return state
