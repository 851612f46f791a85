"""What ``glagcn-eval`` does: a lifter, a split, its figures and the setting they belong to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glagcn_cli.checkpoints import DEFAULT_LIFTER, lifter_path, load_lifter
from glagcn_cli.errors import CheckpointError
from glagcn_cli.lifting import CENTRE, SEQUENCE, Lifter
from glagcn_cli.model.gla_gcn import GLAGCN
from glagcn_cli.skeleton import AS_GIVEN

from .data.registry import default_mean, read_takes
from .data.takes import TakeSet
from .evaluate import constant_predictor, lifter_predictor, observe_takes, score_all
from .recipe import NOBODY
from .scores import by_action, summarise, table


@dataclass(frozen=True)
class EvaluationSettings:
    """What is measured on what; the options of ``glagcn-eval``."""

    dataset: str
    data_dir: Path
    keypoints: str | None = None
    split: str = "val"
    holdout: str = "default"
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
    takes = _read(settings, settings.split)
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
        "keypoints": (settings.keypoints or "gt") if takes.filmed else "virtual cameras",
        "noise": settings.noise, "weights": weights, "branch": branch, "flip": settings.flip,
        "mean_over": over, "frames": sum(row.frames for row in rows), "takes": len(rows),
    }  # fmt: skip
    result: dict[str, Any] = {**_measured(summarise(rows, over=over)), "setting": setting}
    result["per_action"] = by_action(rows)
    text = table(rows, over)
    if takes.filmed and card.conversion != AS_GIVEN:
        text += "\n\nThe lifter was trained on a detector's joints, this data set marks others."
    if settings.constant:
        train = observe_takes(_read(settings, "train"), "exact")
        constant = summarise(score_all(constant_predictor(train, found), seen), over=over)
        result["constant_pose"] = _measured(constant)
        text += f"\n\nBest constant pose: P-MPJPE {constant['p_mpjpe']:.1f} mm"
    return result, text


def _measured(figures: dict[str, float]) -> dict[str, float | None]:
    """Figures as JSON can hold them: null for what no take allows to be measured."""
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}


def _read(settings: EvaluationSettings, split: str) -> TakeSet:
    holdout = None if settings.holdout == NOBODY else settings.holdout
    return read_takes(
        settings.dataset, settings.data_dir, split, keypoints=settings.keypoints, holdout=holdout
    )
