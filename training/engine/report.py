"""Writes a finished run's curves, stills of its best and worst takes, and report."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

import numpy as np
import torch

from glagcn_cli.lifting.checkpoints import load_lifter
from glagcn_cli.lifting.lifter import Lifter

from ..evaluation.evaluate import (
    Observation,
    Predictor,
    lifter_predictor,
    of_body,
    score_all,
)
from ..metrics.scores import TakeScores, summarise
from ..recipes.recipe_files import to_mapping
from ..report.curves import draw_curves
from ..report.markdown import write_report
from ..report.stills import Example, draw_stills
from .hooks import CHOSEN_BY, LIFTER
from .progress import read_log
from .runner import TrainingRun

REPORT = "report.md"
EXAMPLES = 2  # best takes, and as many worst


def report_run(run: TrainingRun) -> None:
    """Write ``report.md``, ``curves.png`` and ``stills.png`` into a finished run's folder.

    Figures and stills are those of ``lifter.pth``, the lifter with the best validation, or of the
    last step for a baseline.
    """
    plan = run.plan
    log = read_log(plan.folder)
    curves = plan.folder / "curves.png"
    draw_curves(log, curves)
    rows: Sequence[TakeScores] = []
    stills = None
    facts = _facts(run, log)
    if plan.validation_set is not None:
        predict, step, rows = _validated(run)
        stills = plan.folder / "stills.png"
        draw_stills(_best_and_worst(run, predict, rows), stills)
        facts = {"results are of": f"step {step}"} | facts
    write_report(
        plan.folder / REPORT,
        title=f"{plan.folder.name}: {plan.recipe.data.dataset}, T = {plan.recipe.network.window}",
        recipe=to_mapping(plan.recipe),
        rows=rows,
        over=run.metric.over,
        curves=curves,
        stills=stills,
        facts=facts,
    )


def _validated(run: TrainingRun) -> tuple[Predictor, int, Sequence[TakeScores]]:
    """Return the predictor to report, its step and its validation rows."""
    plan = run.plan
    settings, rows = plan.recipe.validation, run.metric.rows
    lifter = run.model.lifter()
    step = run.runner.iter // plan.recipe.optimizer.accumulate
    best = run.runner.message_hub.get_info("best_error")
    last_is_best = rows and summarise(rows, over=run.metric.over)[CHOSEN_BY] == best
    if run.model.savable and not last_is_best:
        network, card = load_lifter(plan.folder / LIFTER)
        lifter = Lifter(network, card, plan.device, refines=False)
        step, rows = card.recipe["steps_done"], []
    predict = lifter_predictor(lifter, settings.flip, settings.branch)
    return predict, step, rows or score_all(predict, _observations(run))


def _observations(run: TrainingRun) -> Sequence[Observation]:
    """Return all validation observations, in the order of the rows."""
    seen: Sequence[Observation] = run.runner.val_dataloader.dataset.seen
    return seen


def _best_and_worst(
    run: TrainingRun, predict: Predictor, rows: Sequence[TakeScores]
) -> list[Example]:
    """Return examples of the takes with the smallest and the largest error."""
    order = np.argsort([row.figures[CHOSEN_BY] for row in rows])
    chosen = order if len(order) <= 2 * EXAMPLES else [*order[:EXAMPLES], *order[-EXAMPLES:]]
    seen = _observations(run)
    return [_middling_frame(run, seen[n], predict(seen[n]).joints) for n in chosen]


def _middling_frame(run: TrainingRun, seen: Observation, predicted: np.ndarray) -> Example:
    """Return the frame with the median error, which is typical of the take; the body alone."""
    joint_set = run.plan.store.joint_set.body
    seen, predicted = of_body(seen), predicted[:, : len(joint_set)]
    errors = np.linalg.norm(predicted - seen.joints, axis=-1).mean(axis=-1)
    frame = int(np.argsort(errors)[len(errors) // 2])
    return Example(
        title=f"{seen.name}, frame {frame}",
        keypoints=seen.keypoints[frame],
        predicted=predicted[frame],
        true=seen.joints[frame],
        joint_set=joint_set,
        error=1000 * float(errors[frame]),
    )


def _facts(run: TrainingRun, log: Sequence[dict[str, float]]) -> dict[str, str]:
    """Collect the run's data, hardware and speed."""
    plan, takes = run.plan, run.plan.train_set
    speeds = [row["samples/s"] for row in log if "samples/s" in row]
    parts = ("waiting_for_loader", "making_samples")
    waits = [sum(row[part] for part in parts) for row in log if parts[0] in row]
    facts = {
        "trained on": f"{takes.source or takes.dataset}: {len(takes.takes)} takes, "
        f"{takes.frames} frames, {len(plan.store)} windows",
        "steps": str(plan.steps),
        "parameters": str(sum(p.numel() for p in run.model.network.parameters())),
        "device": _device_name(plan.device),
        "processes": str(plan.processes),
        "torch": str(torch.__version__),
    }
    if speeds:
        samples = plan.passes * plan.recipe.optimizer.batch / plan.recipe.optimizer.accumulate
        facts["samples per second"] = f"{np.median(speeds):.0f} (median over the log)"
        facts["time spent training"] = f"{samples * np.mean(1 / np.array(speeds)) / 60:.1f} min"
        facts["loading and making samples"] = f"{100 * np.mean(waits):.2f} % of it"
    return facts


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()}, {torch.get_num_threads()} of {os.cpu_count()} threads)"
