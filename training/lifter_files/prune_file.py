"""Prunes a lifter's file, with training windows that show which channels matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from glagcn_cli.errors import CheckpointError, UsageError
from glagcn_cli.files.atomic import check_output
from glagcn_cli.lifting.checkpoints import LifterCard, load_lifter, save_lifter
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import GLAGCN

from ..data.registry import read_takes
from ..engine.model import BatchMaker
from ..engine.order import TrainingOrder
from ..engine.windows import WindowStore
from ..evaluation.trained_with import held_out, trained_holdout, trained_with
from ..recipes.recipe import DataSettings, Recipe
from ..recipes.recipe_files import from_mapping
from ..samples.augment import Augmentation
from .pruning import prune, width_at

SCORING_BATCHES = 32
SCORING_WINDOWS = 16  # in a batch


def prune_checkpoint(
    lifter: Path,
    out: Path,
    data_dir: Path,
    *,
    dataset: str = "mocap",
    keypoints: str = "",
    share: float = 0.5,
    overwrite: bool = False,
) -> Architecture:
    """Prune a lifter to a share of its multiply-accumulates, with training windows of a data set.

    Parameters
    ----------
    lifter, out
        Checkpoints to read and to write.
    data_dir, dataset, keypoints
        Data as in training. Keypoints and held-out subject are those of the lifter's training, if
        it was on this data set. Input follows its card, and augmentation its recipe.
    share
        Share of the multiply-accumulates that may stay.
    overwrite
        Replace an existing file.

    Returns
    -------
    Architecture
        Architecture of the pruned lifter; train it further with ``init`` set to `out`.

    Raises
    ------
    CheckpointError
        The lifter is the released variant, or has other joints than the data set.
    InputError
        The data is missing or broken.
    OutputError
        `out` cannot be written.
    """
    check_output(out, overwrite)
    network, card = load_lifter(lifter)
    if not isinstance(network, GLAGCN):
        raise CheckpointError(
            f"{lifter} is the released variant; prune a lifter of the variant 'paper'"
        )
    try:
        width = width_at(card.architecture, share)
    except ValueError as error:
        raise UsageError(str(error)) from error
    own = trained_with(card, dataset)
    data = DataSettings(
        dataset, keypoints or own.get("keypoints", ""), card.normalisation, card.conversion,
        fps=card.fps, holdout=trained_holdout(own),
    )  # fmt: skip
    seen = from_mapping(Augmentation, card.recipe.get("augmentation", {}), "augmentation.")
    recipe = Recipe(data=data, network=card.architecture, augmentation=seen)
    pruned = prune(network, width, _batches(recipe, data_dir))
    history = {"file": lifter.name, "channels": card.architecture.channels, "share": share}
    save_lifter(out, pruned, _card_of(pruned, card, history))
    return pruned.architecture


def _card_of(pruned: GLAGCN, card: LifterCard, history: dict[str, object]) -> LifterCard:
    """Return the old card with the new width, without the old network's figures."""
    recipe = {**card.recipe, "pruned_from": history}
    return replace(card, architecture=pruned.architecture, recipe=recipe, metrics={})


def _batches(recipe: Recipe, data_dir: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches as a training run of this recipe makes them."""
    data, own = recipe.data, recipe.network.joint_set
    takes = read_takes(
        data.dataset, data_dir, "train", keypoints=data.keypoints, holdout=held_out(data.holdout)
    )
    if takes.joint_set.name != own:
        raise CheckpointError(
            f"the lifter was trained on joints of {own}, but {data.dataset} has "
            f"{takes.joint_set.name}; choose a data set of its joints"
        )
    store = WindowStore(takes, recipe.network.window, fps=recipe.data.fps)
    order = TrainingOrder(len(store), SCORING_WINDOWS, recipe.seed, SCORING_BATCHES)
    make = BatchMaker(recipe, store)
    for step in range(len(order)):
        batch = make(order[step])
        yield batch["inputs"], batch["targets"]
