"""The model of a training run, and the MMEngine Runner that trains it."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from mmengine.config import Config
from mmengine.model import MMDistributedDataParallel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from glagcn_cli.errors import UsageError
from glagcn_cli.lifting.checkpoints import LifterCard

from ..data.balance import take_shares
from ..evaluation.evaluate import observe_takes
from ..recipes.recipe_files import to_mapping
from .batch_norm import synchronise_batch_norm
from .checkpointing import BACKEND, STATE, STATES
from .hooks import BatchNormMomentum, LifterFile, ShortHistory, StepScalars, StepSeed
from .model import BatchMaker, LiftingModel
from .network import build_network, has_idle_parts
from .optimizer import build_wrapper, schedule
from .order import TrainingOrder
from .plan import RunPlan
from .progress import Progress
from .validation import PoseErrors, validation_loader

log = logging.getLogger(__name__)


def build_model(plan: RunPlan) -> LiftingModel:
    """Build the model of a run on its device, with its first weights."""
    recipe = plan.recipe
    network = build_network(recipe)
    network.to(plan.device)
    if plan.processes > 1 and recipe.optimizer.synchronise_batch_norm:
        synchronise_batch_norm(network)
    card = LifterCard(
        recipe.network, recipe.data.normalisation,
        fps=recipe.data.fps or plan.train_set.fps, conversion=recipe.data.conversion,
        data=recipe.trained_on or plan.train_set.source or plan.train_set.dataset,
        licence=recipe.licence,
        recipe=to_mapping(recipe) | {"torch": str(torch.__version__)},
    )  # fmt: skip
    batches = BatchMaker(recipe, plan.store, plan.rank, plan.processes)
    return LiftingModel(network, recipe, card, batches)


def build_runner(
    plan: RunPlan, model: LiftingModel, progress: Progress, metric: PoseErrors, state: Path | None
) -> Runner:
    """Build the Runner of a run from parts of a `TrainingRun`.

    Raises
    ------
    UsageError
        The batch does not divide into passes and processes.
    """
    recipe, passes = plan.recipe, plan.passes
    settings = recipe.optimizer
    order = _order(plan)
    save_every = recipe.schedule.save_every * settings.accumulate
    log_every = recipe.schedule.log_every * settings.accumulate
    hooks: list[Any] = [
        StepSeed(recipe.seed, plan.rank),
        BatchNormMomentum(*settings.batch_norm_momentum),
        ShortHistory(),
        progress,
        LifterFile(plan.folder, recipe, plan.validate_every),
    ]
    return _Runner(
        _wrapped(model, plan),
        str(plan.folder / STATES),
        train_dataloader=DataLoader(
            order, batch_size=None, pin_memory=plan.device.type == "cuda"
        ),
        train_cfg={"type": "IterBasedTrainLoop", "max_iters": passes,
                   "val_interval": plan.validate_every or passes + 1},
        optim_wrapper=build_wrapper(settings, model.network, plan.device),
        param_scheduler=schedule(settings, passes),
        default_hooks=_default_hooks(save_every, log_every),
        custom_hooks=hooks,
        load_from=str(state) if state else None,
        resume=state is not None,
        launcher="pytorch" if plan.processes > 1 else "none",
        log_processor={"by_epoch": False, "window_size": log_every},
        log_level="ERROR",
        visualizer={"type": "Visualizer", "vis_backends": _backends(plan.folder)},
        randomness={"seed": recipe.seed},
        experiment_name=f"{plan.folder.name}-{uuid4().hex[:8]}",
        cfg=Config({"recipe": to_mapping(recipe)}),
        **_validation(plan, metric),
    )  # fmt: skip


def _order(plan: RunPlan) -> TrainingOrder:
    recipe, settings = plan.recipe, plan.recipe.optimizer
    if settings.batch % (settings.accumulate * plan.processes):
        raise UsageError(
            f"a batch of {settings.batch} does not divide into {settings.accumulate} passes of "
            f"{plan.processes} processes"
        )
    of_takes = take_shares(plan.train_set, recipe.data.shares)
    return TrainingOrder(
        len(plan.store), settings.batch // settings.accumulate, recipe.seed, plan.passes,
        plan.rank, plan.processes, None if of_takes is None else plan.store.shares(of_takes),
    )  # fmt: skip


def _default_hooks(save_every: int, log_every: int) -> dict[str, Any]:
    """Give MMEngine's own hooks their settings."""
    checkpoint = {
        "type": "CheckpointHook", "by_epoch": False, "interval": save_every,
        "max_keep_ckpts": 2, "filename_tmpl": STATE, "out_dir": None,
        "backend_args": {"backend": BACKEND},
    }  # fmt: skip
    return {
        # Scalars are checked before each save, so that no state has a loss of NaN.
        "runtime_info": StepScalars(math.gcd(save_every, log_every)),
        "logger": {"type": "LoggerHook", "interval": log_every},
        "checkpoint": checkpoint,
        "sampler_seed": None,  # the order of windows has its own seed
    }


def _wrapped(model: LiftingModel, plan: RunPlan) -> nn.Module:
    """Wrap the model for several processes; MMEngine's own wrapping knows GPUs only."""
    if plan.processes == 1:
        return model
    return MMDistributedDataParallel(
        module=model,
        device_ids=None if plan.device.type == "cpu" else [plan.device.index],
        # Broadcasting would overwrite the statistics of each process.
        broadcast_buffers=not plan.recipe.optimizer.synchronise_batch_norm,
        find_unused_parameters=has_idle_parts(plan.recipe, plan.train_set.filmed),
    )


def _backends(folder: Path) -> list[dict[str, Any]]:
    """List TensorBoard where it is installed."""
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        log.info("no TensorBoard curves, since TensorBoard is missing: pip install 'glagcn[train]'")
        return []
    return [{"type": "TensorboardVisBackend", "save_dir": str(folder / "tensorboard")}]


def _validation(plan: RunPlan, metric: PoseErrors) -> dict[str, Any]:
    """Return the Runner's arguments for validation; none without a validation set."""
    if plan.validation_set is None:
        return {}
    recipe = plan.recipe
    seen = observe_takes(
        plan.validation_set, "exact", recipe.data.conversion, recipe.validation.takes
    )
    return {
        "val_dataloader": validation_loader(seen),
        "val_cfg": {"type": "ValLoop"},
        "val_evaluator": [metric],
    }


class _Runner(Runner):
    """MMEngine's Runner for a model that is on its device already."""

    def wrap_model(self, model_wrapper_cfg: dict[str, Any] | None, model: nn.Module) -> nn.Module:
        """Leave the model where and as it is."""
        return model

    def resume(self, filename: str, *args: Any, **kwargs: Any) -> None:
        """Read the state on the CPU; its parts are copied to where they belong."""
        super().resume(filename, map_location="cpu")
