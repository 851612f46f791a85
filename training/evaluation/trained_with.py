"""Reads from a lifter's card which data set it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glagcn_cli.lifting.checkpoints import LifterCard

from ..data.registry import DEFAULT_HOLDOUT
from ..recipes.recipe import NOBODY


def trained_with(card: LifterCard, dataset: str) -> Mapping[str, Any]:
    """Return the data settings of the lifter's training; empty for another data set."""
    data = card.recipe.get("data")
    return data if isinstance(data, Mapping) and data.get("dataset") == dataset else {}


def trained_holdout(data: Mapping[str, Any]) -> str:
    """Return the subject that a training with these settings held out."""
    return NOBODY if data.get("select_on_test") else str(data.get("holdout", DEFAULT_HOLDOUT))


def held_out(holdout: str) -> str | None:
    """Return the subject for a data set's reader to hold out, where a recipe names one."""
    return None if holdout == NOBODY else holdout
