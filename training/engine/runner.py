"""A recipe, a data set and a folder become a run of MMEngine's Runner."""

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

from glagcn_cli.detection.openmmlab import prepare
from glagcn_cli.errors import UsageError
from glagcn_cli.files.unpickling import harmless_types
from glagcn_cli.lifting.checkpoints import LifterCard
from glagcn_cli.skeleton import AS_GIVEN

from ..data.balance import take_shares, trimmed
from ..data.registry import default_mean, read_splits
from ..data.takes import TakeSet
from ..evaluation.evaluate import observe_takes
from ..recipes.recipe import NOBODY, Recipe, for_joint_set
from ..recipes.recipe_files import to_mapping
from .batch_norm import synchronise_batch_norm
from .checkpointing import BACKEND, STATE, STATES, keep_recipe, newest_state
from .hooks import BatchNormMomentum, LifterFile, ShortHistory, StepScalars, StepSeed
from .model import BatchMaker, LiftingModel
from .network import build_network, has_idle_parts
from .optimizer import build_wrapper, schedule
from .order import TrainingOrder
from .processes import check_same, of_rank_zero
from .progress import Progress
from .validation import PoseErrors, validation_loader
from .windows import WindowStore

logger = logging.getLogger(__name__)


class TrainingRun:
    """A run: what it trains on, its Runner, and the folder it lives in.

    Parameters
    ----------
    recipe
        What to train.
    data_dir
        Where the data set lies.
    folder
        Run folder: made if needed; a run that was interrupted there goes on.
    device
        "cpu" or "cuda:N".
    rank, processes
        Which of how many processes this is (`glagcn_training.engine.processes`).

    Raises
    ------
    UsageError
        The settings contradict each other, or the folder holds another run.
    InputError
        The data is missing or broken.
    """

    def __init__(
        self,
        recipe: Recipe,
        data_dir: Path,
        folder: Path,
        device: str = "cpu",
        rank: int = 0,
        processes: int = 1,
    ) -> None:
        prepare.prepare()  # MMEngine imports torchvision, which may not match torch
        torch.manual_seed(recipe.seed)
        self.folder, self.device = folder, torch.device(device)
        self.rank, self.processes = rank, processes
        self.train_set, self.validation_set = _read(recipe, data_dir)
        self.recipe = recipe = for_joint_set(recipe, self.train_set.joint_set.name)
        folder.mkdir(parents=True, exist_ok=True)
        self.store = WindowStore(
            self.train_set, recipe.network.window, recipe.data.stride, self.device, recipe.data.fps
        )
        data = {"source": self.train_set.source, "frames": self.train_set.frames,
                "windows": len(self.store)}  # fmt: skip
        check_same("settings or data", f"{to_mapping(recipe)} {data}")
        if rank == 0:
            keep_recipe(recipe, folder, data)
        self.state = self._state_to_go_on_from()
        self.metric = PoseErrors(default_mean(recipe.data.dataset))
        self.model = self._build_model()
        self.runner = self._build_runner()

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole run."""
        settings = self.recipe.schedule
        turn = max(1, len(self.store) // self.recipe.optimizer.batch)
        return settings.steps or max(1, round(settings.epochs * turn))

    @property
    def passes(self) -> int:
        """Forward passes of the whole run: what MMEngine calls iterations."""
        return self.steps * self.recipe.optimizer.accumulate

    @property
    def validate_every(self) -> int:
        """Passes between validations; 0 for none."""
        if self.validation_set is None:
            return 0
        steps = max(1, self.steps // max(1, self.recipe.schedule.validations))
        return steps * self.recipe.optimizer.accumulate

    def _state_to_go_on_from(self) -> Path | None:
        """Newest state that rank 0 finds; raises ``UsageError`` where another rank has it not."""
        state = of_rank_zero(newest_state(self.folder) if self.rank == 0 else None)
        if state is not None and not state.exists():
            raise UsageError(
                f"rank {self.rank} has no {state}: the run folder must lie on a disk that all "
                "machines share, under the same name"
            )
        return state

    def _build_model(self) -> LiftingModel:
        recipe = self.recipe
        network = build_network(recipe)
        network.to(self.device)
        if self.processes > 1 and recipe.optimizer.synchronise_batch_norm:
            synchronise_batch_norm(network)
        card = LifterCard(
            recipe.network,
            recipe.data.normalisation,
            fps=recipe.data.fps or self.train_set.fps,
            conversion=recipe.data.conversion,
            data=recipe.trained_on or self.train_set.source or self.train_set.dataset,
            licence=recipe.licence,
            recipe=to_mapping(recipe) | {"torch": str(torch.__version__)},
        )
        batches = BatchMaker(recipe, self.store, self.rank, self.processes)
        return LiftingModel(network, recipe, card, batches)

    def _build_runner(self) -> Runner:
        recipe, passes = self.recipe, self.passes
        settings = recipe.optimizer
        batch = settings.batch // settings.accumulate
        if settings.batch % (settings.accumulate * self.processes):
            raise UsageError(
                f"a batch of {settings.batch} does not divide into {settings.accumulate} passes of "
                f"{self.processes} processes"
            )
        of_takes = take_shares(self.train_set, recipe.data.shares)
        order = TrainingOrder(
            len(self.store), batch, recipe.seed, passes, self.rank, self.processes,
            None if of_takes is None else self.store.shares(of_takes),
        )  # fmt: skip
        save_every = recipe.schedule.save_every * settings.accumulate
        log_every = recipe.schedule.log_every * settings.accumulate
        self.progress = Progress(
            self.folder, recipe.schedule.log_every, settings.batch, settings.accumulate
        )
        hooks: list[Any] = [
            StepSeed(recipe.seed, self.rank),
            BatchNormMomentum(*settings.batch_norm_momentum),
            ShortHistory(),
            self.progress,
            LifterFile(self.folder, recipe, self.validate_every),
        ]
        return _Runner(
            self._wrapped_model(),
            str(self.folder / STATES),
            train_dataloader=DataLoader(
                order, batch_size=None, pin_memory=self.device.type == "cuda"
            ),
            train_cfg={"type": "IterBasedTrainLoop", "max_iters": passes,
                       "val_interval": self.validate_every or passes + 1},
            optim_wrapper=build_wrapper(settings, self.model.network, self.device),
            param_scheduler=schedule(settings, passes),
            default_hooks=self._default_hooks(save_every, log_every),
            custom_hooks=hooks,
            load_from=str(self.state) if self.state else None,
            resume=self.state is not None,
            launcher="pytorch" if self.processes > 1 else "none",
            log_processor={"by_epoch": False, "window_size": log_every},
            log_level="ERROR",
            visualizer={"type": "Visualizer", "vis_backends": self._backends()},
            randomness={"seed": recipe.seed},
            experiment_name=f"{self.folder.name}-{uuid4().hex[:8]}",
            cfg=Config({"recipe": to_mapping(recipe)}),
            **self._validation(),
        )  # fmt: skip

    def _default_hooks(self, save_every: int, log_every: int) -> dict[str, Any]:
        """Give MMEngine's own hooks their settings."""
        checkpoint = {
            "type": "CheckpointHook", "by_epoch": False, "interval": save_every,
            "max_keep_ckpts": 2, "filename_tmpl": STATE, "out_dir": None,
            "backend_args": {"backend": BACKEND},
        }  # fmt: skip
        return {
            # A state is saved only of a run whose losses are numbers.
            "runtime_info": StepScalars(math.gcd(save_every, log_every)),
            "logger": {"type": "LoggerHook", "interval": log_every},
            "checkpoint": checkpoint,
            "sampler_seed": None,  # the order of windows needs none
        }

    def _wrapped_model(self) -> nn.Module:
        """Wrap the model for several processes; MMEngine's own wrapping knows GPUs only."""
        recipe = self.recipe
        if self.processes == 1:
            return self.model
        return MMDistributedDataParallel(
            module=self.model,
            device_ids=None if self.device.type == "cpu" else [self.device.index],
            # Each process would have batch-norm statistics of its own.
            broadcast_buffers=not recipe.optimizer.synchronise_batch_norm,
            find_unused_parameters=has_idle_parts(recipe, self.train_set.filmed),
        )

    def _backends(self) -> list[dict[str, Any]]:
        """TensorBoard where it is installed."""
        try:
            import tensorboard  # noqa: F401
        except ImportError:
            logger.info("no TensorBoard curves: pip install 'glagcn[train]' to have them")
            return []
        folder = str(self.folder / "tensorboard")
        return [{"type": "TensorboardVisBackend", "save_dir": folder}]

    def _validation(self) -> dict[str, Any]:
        """Arguments of the Runner for validation; none without a validation set."""
        if self.validation_set is None:
            return {}
        recipe = self.recipe
        seen = observe_takes(
            self.validation_set, "exact", recipe.data.conversion, recipe.validation.takes
        )
        return {
            "val_dataloader": validation_loader(seen),
            "val_cfg": {"type": "ValLoop"},
            "val_evaluator": [self.metric],
        }

    def train(self) -> None:
        """Train from where the run stands to its end."""
        try:
            with torch.serialization.safe_globals(harmless_types()):
                self.runner.train()
        finally:
            self.progress.close()


class _Runner(Runner):
    """MMEngine's Runner, but for where it puts the model: it is on the run's device already."""

    def wrap_model(self, model_wrapper_cfg: dict[str, Any] | None, model: nn.Module) -> nn.Module:
        """Leave the model where and as it is."""
        return model

    def resume(self, filename: str, *args: Any, **kwargs: Any) -> None:
        """Read the state on the CPU; its parts are copied to where they belong."""
        super().resume(filename, map_location="cpu")


def _read(recipe: Recipe, data_dir: Path) -> tuple[TakeSet, TakeSet | None]:
    """Takes to train on, and takes to validate on unless the recipe wants no validation."""
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
        logger.warning("the checkpoint is chosen on the test set: its figure there is no estimate")
    takes = read_splits(
        data.dataset, data_dir, splits, keypoints=data.keypoints,
        holdout=None if nobody else data.holdout,
    )  # fmt: skip
    if takes["train"].filmed and data.conversion != AS_GIVEN:
        raise UsageError(
            f"{data.dataset} brings its own 2D joints, so data.conversion is {AS_GIVEN!r} and not "
            f"{data.conversion!r} (--set data.conversion={AS_GIVEN})"
        )
    takes["train"] = trimmed(takes["train"], data.trimmed)
    return takes["train"], takes[splits[-1]] if len(splits) > 1 else None
