"""The lifter as MMEngine's Runner uses it: batches made on the device, losses, scores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor, BaseModel
from mmengine.runner import Runner
from torch import Tensor, nn

from glagcn_cli.lifting.checkpoints import LifterCard
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.model.gla_gcn import GLAGCN

from ..evaluation.evaluate import Observation, lifter_predictor, score
from ..losses import lifting_losses
from ..metrics.scores import TakeScores
from ..recipes.recipe import Recipe
from ..samples.batches import filmed_batch, virtual_batch
from ..samples.playback import playback_speeds
from ..samples.random_draws import StepDraws
from .order import StepOrder
from .windows import WindowStore


class BatchMaker(BaseDataPreprocessor):
    """Makes network input and target from window numbers, on the training device.

    Everything random in a batch depends on seed and step alone.

    Parameters
    ----------
    recipe
        Augmentation, normalisation, conversion, seed.
    store
        Where windows come from.
    rank, processes
        Number of this process, and how many train together.

    Attributes
    ----------
    seconds
        Time spent so far; on a GPU only the time to launch the work.
    """

    def __init__(
        self, recipe: Recipe, store: WindowStore, rank: int = 0, processes: int = 1
    ) -> None:
        super().__init__()
        self.recipe, self.store, self.rank, self.processes = recipe, store, rank, processes
        self.seconds = 0.0

    def forward(self, data: StepOrder, training: bool = False) -> dict[str, Tensor]:
        """Make inputs (N, T, J, C), targets (N, T, J, 3) and, where known, up (N, T, 3)."""
        started = time.perf_counter()
        recipe, numbers, device = self.recipe, data["windows"], self.store.device
        settings, normalisation = recipe.augmentation, recipe.data.normalisation
        total = len(numbers) * self.processes
        rows = slice(self.rank, total, self.processes)
        draws = StepDraws(recipe.seed, data["step"], total, rows, device)
        windows = self.store.gather(numbers, playback_speeds(draws, settings, len(numbers)))
        how = (recipe.network.in_channels, float(self.store.fps))
        with torch.autocast(device.type, enabled=False):
            if windows.keypoints is None:
                batch = virtual_batch(
                    draws, windows.joints, settings, normalisation, recipe.data.conversion, *how
                )
            else:
                batch = filmed_batch(
                    draws, windows.joints, windows.keypoints, windows.image_size, windows.fov,
                    self.store.joint_set, settings, normalisation, *how,
                )  # fmt: skip
        self.seconds += time.perf_counter() - started
        made = {"inputs": batch.inputs, "targets": batch.targets}
        return made if batch.up is None else made | {"up": batch.up}


class LiftingModel(BaseModel):
    """A lifter network, its loss and its validation.

    Parameters
    ----------
    network
        Windows (N, T, J, C) to a `LifterOutput`.
    recipe
        Loss weights and validation settings.
    card
        Facts for the checkpoint; `Lifter` reads window and normalisation from it.
    batches
        Makes the batches.
    """

    def __init__(
        self, network: nn.Module, recipe: Recipe, card: LifterCard, batches: BatchMaker
    ) -> None:
        super().__init__(data_preprocessor=batches)
        self.network, self.recipe, self.card = network, recipe, card

    def forward(
        self, inputs: Tensor, targets: Tensor, up: Tensor | None = None, mode: str = "loss"
    ) -> dict[str, Tensor]:
        """Compute the weighted loss terms of a batch; mode "loss" is the only one."""
        if mode != "loss":
            raise ValueError(f"mode is {mode!r}, expected 'loss'")
        joint_set = self.data_preprocessor.store.joint_set
        return lifting_losses(self.network(inputs), targets, up, joint_set, self.recipe.loss)

    def train(self, mode: bool = True) -> LiftingModel:
        """Change between training and evaluation; MMEngine calls it in every step."""
        return self if self.training == mode else super().train(mode)

    def lifter(self) -> Lifter:
        """Return a lifter with the current weights, all of whose joints are the network's."""
        network: Any = self.network
        device = next(network.parameters()).device
        return Lifter(network, self.card, device, refines=False)

    def val_step(self, data: Sequence[Observation]) -> list[TakeScores]:
        """Lift observations as videos are lifted, and score them."""
        settings = self.recipe.validation
        predict = lifter_predictor(self.lifter(), settings.flip, settings.branch)
        return [score(predict, seen) for seen in data]

    @property
    def savable(self) -> bool:
        """True for a network that lifts videos, which a baseline does not."""
        from glagcn_cli.model.gla_gcn import ReleasedGLAGCN

        return isinstance(self.network, GLAGCN | ReleasedGLAGCN)


def bare(runner: Runner) -> LiftingModel:
    """Take a Runner's model out of its data-parallel wrapper."""
    found: LiftingModel = getattr(runner.model, "module", runner.model)
    return found
