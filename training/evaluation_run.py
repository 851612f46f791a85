"""What ``glagcn-eval`` does: a lifter, a split, its figures and the setting they belong to."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glagcn_cli.checkpoints import DEFAULT_LIFTER, LifterCard, lifter_path, load_lifter
from glagcn_cli.errors import CheckpointError
from glagcn_cli.lifting import CENTRE, SEQUENCE, Lifter
from glagcn_cli.model.gla_gcn import GLAGCN
from glagcn_cli.skeleton import AS_GIVEN

from .data.registry import DEFAULT_HOLDOUT, default_mean, find_reader, read_splits
from .evaluate import constant_predictor, lifter_predictor, observe_takes, score_all
from .recipe import NOBODY
from .scores import by_action, summarise, table

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationSettings:
    """What is measured on what; the options of ``glagcn-eval``.

    `keypoints` of None and `holdout` of "default" are those the lifter was trained with, where it
    was trained on this data set; else the data set's own.
    """

    dataset: str
    data_dir: Path
    keypoints: str | None = None
    split: str = "val"
    holdout: str = DEFAULT_HOLDOUT
    weights: str | None = None
    noise: str = "exact"
    branch: str | None = None
    flip: bool = False
    constant: bool = False
    device: str = "cpu"


def run_evaluation(settings: EvaluationSettings) -> tuple[dict[str, Any], str]:
    """Measure a lifter.

    Returns
    -------
    result, table
        Figures (millimetres; percent for PCK and AUC) with the mean of the data set's protocol
        first, per action, and the setting they were measured in; the same as a readable table.

    Raises
    ------
    CheckpointError
        The lifter has other joints than the data set.
    """
    weights = settings.weights or DEFAULT_LIFTER
    path = lifter_path(weights)
    network, card = load_lifter(path)
    settings = _as_trained(settings, card)
    _warn_of_known_subjects(settings, card, weights)
    splits = [settings.split, *(["train"] if settings.constant else [])]
    sets = read_splits(
        settings.dataset, settings.data_dir, list(dict.fromkeys(splits)),
        keypoints=settings.keypoints, holdout=_held_out(settings.holdout),
    )  # fmt: skip
    takes = sets[settings.split]
    own, found = card.architecture.joint_set, takes.joint_set.name
    if own != found:
        raise CheckpointError(
            f"{path} was trained on joints of {own}; {settings.dataset} has {found}, so the two "
            "do not fit each other"
        )
    lifter = Lifter(network, card, settings.device)
    branch = settings.branch or (CENTRE if takes.filmed else SEQUENCE)
    if not isinstance(network, GLAGCN):
        branch = CENTRE
    seen = observe_takes(takes, settings.noise, card.conversion)
    rows = score_all(lifter_predictor(lifter, settings.flip, branch), seen)
    over = default_mean(settings.dataset)
    setting = {
        "dataset": settings.dataset, "split": settings.split, "holdout": settings.holdout,
        "keypoints": settings.keypoints if takes.filmed else "virtual cameras",
        "noise": settings.noise, "weights": weights, "branch": branch, "flip": settings.flip,
        "mean_over": over, "frames": sum(row.frames for row in rows), "takes": len(rows),
    }  # fmt: skip
    result: dict[str, Any] = {**_measured(summarise(rows, over=over)), "setting": setting}
    result["per_action"] = by_action(rows, over=over)
    text = table(rows, over)
    if takes.filmed and card.conversion != AS_GIVEN:
        text += "\n\nThe lifter was trained on a detector's joints, this data set marks others."
    if settings.constant:
        train = observe_takes(sets["train"], "exact")
        constant = summarise(score_all(constant_predictor(train, found), seen), over=over)
        result["constant_pose"] = _measured(constant)
        text += f"\n\nBest constant pose: P-MPJPE {constant['p_mpjpe']:.1f} mm"
    return result, text


def _measured(figures: dict[str, float]) -> dict[str, float | None]:
    """Figures as JSON can hold them: null for what no take allows to be measured."""
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}


def _held_out(holdout: str) -> str | None:
    return None if holdout == NOBODY else holdout


def _trained_with(card: LifterCard, dataset: str) -> Mapping[str, Any]:
    """Data settings of the lifter's training; empty where it was trained on another data set."""
    data = card.recipe.get("data")
    return data if isinstance(data, Mapping) and data.get("dataset") == dataset else {}


def _trained_holdout(data: Mapping[str, Any]) -> str:
    """Subject that a training with these settings held out."""
    return NOBODY if data.get("select_on_test") else str(data.get("holdout", DEFAULT_HOLDOUT))


def _as_trained(settings: EvaluationSettings, card: LifterCard) -> EvaluationSettings:
    """Settle what was not asked for: as the lifter was trained, else by the data set."""
    data, holdout = _trained_with(card, settings.dataset), settings.holdout
    if holdout == DEFAULT_HOLDOUT:
        holdout = _trained_holdout(data)
        if holdout == NOBODY and settings.split == "val":
            holdout = DEFAULT_HOLDOUT  # else there is no such split
    asked = settings.keypoints or data.get("keypoints")
    keypoints = find_reader(settings.dataset).source_of_2d(asked)
    return replace(settings, keypoints=keypoints, holdout=holdout)


def _warn_of_known_subjects(settings: EvaluationSettings, card: LifterCard, weights: str) -> None:
    """Say so where the lifter has seen the very takes that it is measured on."""
    data, reader = _trained_with(card, settings.dataset), find_reader(settings.dataset)
    # No published test set shares a take with the training set, though HumanEva's has its people.
    if not data or settings.split == "test":
        return
    known = reader.subjects("train", _held_out(_trained_holdout(data)))
    measured = reader.subjects(settings.split, _held_out(settings.holdout))
    if both := [subject for subject in measured if subject in known]:
        logger.warning(
            "%s was trained on %s, so its figures on split %r do not say how it does on people it "
            "has not seen", weights, ", ".join(both), settings.split,
        )  # fmt: skip
