"""Runs ``glagcn-eval``: measures a lifter on a split and records the setting."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glagcn_cli.errors import CheckpointError, UsageError
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER, LifterCard, lifter_path
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.opening import open_lifter
from glagcn_cli.model.architecture import CENTRE, SEQUENCE
from glagcn_cli.skeleton import AS_GIVEN

from ..data.registry import DEFAULT_HOLDOUT, find_reader, read_splits
from ..data.takes import TakeSet
from ..metrics.scores import by_action, summarise, table
from ..recipes.recipe import NOBODY
from .depth_reversals import DepthReversals
from .evaluate import (
    Observation,
    Predictor,
    lifter_predictor,
    observe_takes,
    of_body,
    score_all,
)
from .evaluation_noise import EXACT
from .extremity_errors import ExtremityErrors
from .gravity_errors import GravityErrors
from .trained_with import held_out, trained_holdout, trained_with
from .trivial_predictors import constant_predictor, held_depth_predictor
from .uncertainty import Reliability
from .uncertainty_plot import draw_reliability

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationSettings:
    """The options of ``glagcn-eval``.

    `keypoints` of None and `holdout` of "default" are those of the lifter's training if it was
    trained on this data set, else the data set's own. `takes` is a number of evenly chosen takes,
    0 for all. `calibration` is the picture of predicted against observed errors to draw.
    """

    dataset: str
    data_dir: Path
    keypoints: str | None = None
    split: str = "val"
    holdout: str = DEFAULT_HOLDOUT
    weights: str | None = None
    noise: str = EXACT
    takes: int = 0
    branch: str | None = None
    flip: bool = False
    constant: bool = False
    held_depth: bool = False
    network_alone: bool = False
    calibration: Path | None = None
    device: str = "cpu"


def run_evaluation(settings: EvaluationSettings) -> tuple[dict[str, Any], str]:
    """Measure a lifter.

    Returns
    -------
    result, table
        Figures (millimetres; percent for PCK and AUC) with the mean of the data set's protocol
        first, per action, and their setting; also depth reversals, gravity, calibration of the
        uncertainty, trivial predictors. The table holds the same for people.

    Raises
    ------
    CheckpointError
        The lifter has other joints than the data set.
    UsageError
        `calibration` was given for a lifter that estimates no uncertainty.
    """
    weights = settings.weights or DEFAULT_LIFTER
    path = lifter_path(weights)
    network, card = open_lifter(path)
    if settings.calibration and not card.architecture.uncertainty:
        raise UsageError(f"{path} estimates no uncertainty; leave out --calibration")
    settings = _as_trained(settings, card)
    _warn_of_known_subjects(settings, card, weights)
    splits = [settings.split, *(["train"] if settings.constant else [])]
    sets = read_splits(
        settings.dataset, settings.data_dir, list(dict.fromkeys(splits)),
        keypoints=settings.keypoints, holdout=held_out(settings.holdout),
        joint_set=card.architecture.joint_set,
    )  # fmt: skip
    takes = sets[settings.split]
    own, found = card.architecture.joint_set, takes.joint_set.name
    if own != found:
        raise CheckpointError(
            f"{path} was trained on joints of {own}; {settings.dataset} has {found}; choose a "
            "lifter of those joints"
        )
    lifter = Lifter(network, card, settings.device, refines=not settings.network_alone)
    branch = settings.branch or lifter.video_branch
    branch = SEQUENCE if network.lifts_whole(branch == SEQUENCE) else CENTRE
    predict = lifter_predictor(lifter, settings.flip, branch)
    seen = observe_takes(takes, settings.noise, card.conversion, settings.takes)
    result, text = _measure(predict, seen, settings, found)
    result["setting"] = {
        "dataset": settings.dataset, "split": settings.split, "holdout": settings.holdout,
        "keypoints": settings.keypoints if takes.filmed else "virtual cameras",
        "noise": settings.noise, "weights": weights, "branch": branch, "flip": settings.flip,
        "network_alone": settings.network_alone,
        "mean_over": find_reader(settings.dataset).mean_over,
        "frames": sum(int(one.counts.sum()) for one in seen), "takes": len(seen),
    }  # fmt: skip
    if takes.filmed and card.conversion != AS_GIVEN:
        text += "\n\nThe lifter was trained on a detector's joints; this data set has others."
    trivial, lines = _trivial_predictors(settings, sets, seen)
    return result | trivial, "\n\n".join([text, *lines])


def _measure(
    predict: Predictor, seen: Sequence[Observation], settings: EvaluationSettings, joint_set: str
) -> tuple[dict[str, Any], str]:
    """Measure all figures of the lifter itself; return them and their table."""
    over = find_reader(settings.dataset).mean_over
    reversals, gravity = DepthReversals(joint_set), GravityErrors(joint_set)
    reliability, extremities = Reliability(joint_set), ExtremityErrors()
    rows = score_all(predict, seen, (reversals, gravity, reliability, extremities))
    result: dict[str, Any] = dict(_measured(summarise(rows, over=over)))
    result["per_action"] = by_action(rows, over=over)
    found = {
        "depth_reversals": reversals.figures(), "gravity": gravity.figures(),
        "calibration": reliability.figures(), "extremities": extremities.figures(),
    }  # fmt: skip
    result |= {name: figures for name, figures in found.items() if figures is not None}
    if settings.calibration and not reliability.empty:
        lifter = "/".join(Path(settings.weights or DEFAULT_LIFTER).parts[-2:])
        title = f"{lifter}, {settings.dataset} {settings.split}, {settings.noise} 2D"
        draw_reliability(reliability.bins(), reliability.per_joint(), settings.calibration, title)
    watchers = (reversals, gravity, reliability, extremities)
    lines = [watcher.describe() for watcher in watchers]
    return result, table(rows, over) + "".join(f"\n{line}" for line in lines if line)


def _trivial_predictors(
    settings: EvaluationSettings, sets: Mapping[str, TakeSet], seen: Sequence[Observation]
) -> tuple[dict[str, Any], list[str]]:
    """Measure predictors without learning on the same input; return figures and lines."""
    over = find_reader(settings.dataset).mean_over
    joint_set = sets[settings.split].joint_set.body.name
    seen = [of_body(one) for one in seen]
    result: dict[str, Any] = {}
    lines = []
    if settings.constant:
        known = [of_body(one) for one in observe_takes(sets["train"], EXACT)]
        predict = constant_predictor(known, joint_set)
        constant = summarise(score_all(predict, seen), over=over)
        result["constant_pose"] = _measured(constant)
        lines.append(f"Best constant pose: P-MPJPE {constant['p_mpjpe']:.1f} mm")
    if settings.held_depth:
        held = summarise(score_all(held_depth_predictor(joint_set), seen), over=over)
        result["held_depth"] = _measured(held)
        lines.append(
            "Depth copied from the frame before, the first frame's given: MPJPE "
            f"{held['mpjpe']:.1f} mm, P-MPJPE {held['p_mpjpe']:.1f} mm"
        )
    return result, lines


def _measured(figures: dict[str, float]) -> dict[str, float | None]:
    """Return figures as JSON can hold them: null for what no take measures."""
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}


def _as_trained(settings: EvaluationSettings, card: LifterCard) -> EvaluationSettings:
    """Fill unset options as the lifter was trained, else by the data set."""
    data, holdout = trained_with(card, settings.dataset), settings.holdout
    if holdout == DEFAULT_HOLDOUT:
        holdout = trained_holdout(data)
        if holdout == NOBODY and settings.split == "val":
            holdout = DEFAULT_HOLDOUT  # without it there is no such split
    asked = settings.keypoints or data.get("keypoints")
    keypoints = find_reader(settings.dataset).source_of_2d(asked)
    return replace(settings, keypoints=keypoints, holdout=holdout)


def _warn_of_known_subjects(settings: EvaluationSettings, card: LifterCard, weights: str) -> None:
    """Warn where the lifter was trained on the takes that it is measured on."""
    data, reader = trained_with(card, settings.dataset), find_reader(settings.dataset)
    # No published test set shares a take with the training set, though HumanEva's has its people.
    if not data or settings.split == "test":
        return
    known = reader.subjects("train", held_out(trained_holdout(data)))
    measured = reader.subjects(settings.split, held_out(settings.holdout))
    if both := [subject for subject in measured if subject in known]:
        log.warning(
            "%s was trained on %s, so its errors on split %r are no estimate for unseen people",
            weights, ", ".join(both), settings.split,
        )  # fmt: skip
