"""Builds the network that a run begins with."""

from __future__ import annotations

import logging
from pathlib import Path

from torch import nn

from glagcn_cli.errors import CheckpointError, UsageError
from glagcn_cli.lifting.checkpoints import lifter_path, load_lifter
from glagcn_cli.model.blocks import ADAPTIVE_INIT
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_cli.skeleton import JOINT_SETS

from ..recipes.recipe import Recipe
from .extending import extended
from .widening import widened, with_score

log = logging.getLogger(__name__)

LEAST_TAKEN_OVER = 0.5
"""Share of a network's weights that an initial lifter must fit; longer windows add levels."""


def build_network(recipe: Recipe) -> nn.Module:
    """Build the network of a recipe, with its first weights."""
    network = _fresh(recipe)
    if recipe.init:
        path, joint_set = lifter_path(recipe.init), recipe.network.joint_set
        take_over(network, path, joint_set, recipe.data.normalisation)
    return network


def _fresh(recipe: Recipe) -> nn.Module:
    if not recipe.baseline:
        return build_lifter(recipe.network)
    from ..networks.baselines import baseline_like

    return baseline_like(recipe.network)


def has_idle_parts(recipe: Recipe, filmed: bool) -> bool:
    """Tell whether a part of the network has no loss, as data parallelism has to know.

    Without L_global that is the sequence head, without L_local the local module and its head. The
    heads of errors and gravity are idle without their losses, and gravity's for film, which has no
    up direction.
    """
    loss, network = recipe.loss, recipe.network
    return (
        0 in (loss.sequence, loss.centre)
        or (network.uncertainty and loss.uncertainty == 0)
        or (network.gravity and (loss.gravity == 0 or filmed))
    )


def take_over(network: nn.Module, path: Path, joint_set: str, normalisation: str) -> None:
    """Copy another checkpoint's weights wherever name and shape agree.

    A lifter of the body begins one with feet and palms (`extending.extended`), and a narrow one a
    wider one (`widening.widened`).
    """
    lifter, card = load_lifter(path)
    joints = JOINT_SETS[joint_set]
    # Most shapes would fit nevertheless, with graph weights of other joints.
    if card.architecture.joint_set not in (joint_set, joints.body.name):
        raise CheckpointError(
            f"{path} was trained on joints of {card.architecture.joint_set}; this run has "
            f"{joint_set}; start from a lifter of the same joints"
        )
    own, given = network.state_dict(), lifter.state_dict()
    given = {n: with_score(n, given[n], own[n]) for n in given if n in own}
    if card.architecture.joint_set == joint_set:
        given = {n: widened(n, given[n], own[n]) for n in given}
    else:
        given = {n: extended(n, given[n], own[n], joints) for n in given}
    fitting = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
    share = sum(t.numel() for t in fitting.values()) / sum(t.numel() for t in own.values())
    if share < LEAST_TAKEN_OVER:
        raise UsageError(
            f"{path} fits only {100 * share:.0f} % of this network's weights: it is the variant "
            f"{card.architecture.variant} with {card.architecture.channels} channels; add "
            f"--set network.channels={card.architecture.channels}"
        )
    if card.normalisation != normalisation:
        log.warning(
            "%s was trained on 2D normalised by %r, this run uses %r",
            path, card.normalisation, normalisation,
        )  # fmt: skip
    network.load_state_dict(own | fitting)
    _quieten(network, lifter)
    log.info("%d of %d tensors copied from %s", len(fitting), len(own), path)


def _quieten(network: nn.Module, lifter: nn.Module) -> None:
    """Let the levels that a longer window adds begin as their skip, to lose nothing learned.

    They see three frames of finished features, and the skip takes the middle one. Their own weight
    begins small, but not at 0, where it would not learn.
    """
    levels, known = (getattr(n, "layers_tcngcn", ()) for n in (network, lifter))
    for shrink in list(levels)[len(known) + 1 :: 2]:
        nn.init.constant_(shrink.tcn1.bn.weight, ADAPTIVE_INIT)
