"""Recipes small enough to train in a test, and what a run leaves to compare."""

from __future__ import annotations

from pathlib import Path

import torch

from glagcn_cli.lifting.checkpoints import LifterCard, save_lifter
from glagcn_cli.lifting.normalisation import PERSON
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_training.engine.runner import TrainingRun
from glagcn_training.recipes.recipe import Recipe
from glagcn_training.recipes.recipe_files import read_recipe
from tests.helpers.synthetic_motion import write_pack

SMALL = (
    "network.channels=8", "network.global_blocks=1", "optimizer.batch=4", "optimizer.warm_up=0",
    "optimizer.precision=float32", "schedule.steps=6", "schedule.validations=2",
    "schedule.save_every=2", "schedule.log_every=2", "validation.takes=0",
)  # fmt: skip


def small_packs(folder: Path) -> Path:
    """A folder with one pack: two takes to train on and one to validate."""
    folder.mkdir()
    write_pack(folder / "walk.npz", ("train", "train", "val"))
    return folder


def small_recipe(*overrides: str, config: str = "mocap_27") -> Recipe:
    """A named recipe brought down to seconds."""
    return read_recipe(config, [*SMALL, *overrides])


def untrained_lifter(path: Path) -> Path:
    """A lifter that has learned nothing, with every head, of scores and 25 frames a second."""
    torch.manual_seed(0)
    numbers = Architecture(
        window=9, channels=8, global_blocks=1, in_channels=3, uncertainty=True, gravity=True
    )
    save_lifter(path, build_lifter(numbers), LifterCard(numbers, PERSON, 25))
    return path


def trained(recipe: Recipe, data: Path, folder: Path) -> TrainingRun:
    """A run that has come to its end."""
    run = TrainingRun.open(recipe, data, folder)
    run.train()
    return run


def assert_same_weights(one: TrainingRun, other: TrainingRun) -> None:
    """Bit for bit."""
    expected, found = one.model.network.state_dict(), other.model.network.state_dict()
    assert list(expected) == list(found)
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=0)
