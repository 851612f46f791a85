"""What a run leaves behind for people: curves, stills of its best and worst takes, a report."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

import numpy as np
import torch

from ..evaluate import Observation, lifter_predictor
from ..recipe import to_mapping
from ..report.curves import draw_curves
from ..report.markdown import write_report
from ..report.stills import Example, draw_stills
from ..scores import TakeScores
from .hooks import CHOSEN_BY
from .progress import read_log
from .runner import TrainingRun

EXAMPLES = 2  # best takes, and as many worst


def report_run(run: TrainingRun) -> None:
    """Write ``report.md``, ``curves.png`` and ``stills.png`` into a finished run's folder."""
    log = read_log(run.folder)
    curves = run.folder / "curves.png"
    draw_curves(log, curves)
    rows, stills = run.metric.rows, None
    if rows:
        stills = run.folder / "stills.png"
        draw_stills(_best_and_worst(run, rows), stills)
    write_report(
        run.folder / "report.md",
        title=f"{run.folder.name}: {run.recipe.data.dataset}, T = {run.recipe.network.window}",
        recipe=to_mapping(run.recipe),
        rows=rows,
        over=run.metric.over,
        curves=curves,
        stills=stills,
        facts=_facts(run, log),
    )


def _best_and_worst(run: TrainingRun, rows: Sequence[TakeScores]) -> list[Example]:
    """Examples of the takes with the smallest and the largest error of the last validation."""
    seen: Sequence[Observation] = run.runner.val_dataloader.dataset.seen
    order = np.argsort([row.figures[CHOSEN_BY] for row in rows])
    chosen = order if len(order) <= 2 * EXAMPLES else [*order[:EXAMPLES], *order[-EXAMPLES:]]
    settings = run.recipe.validation
    run.model.eval()
    predict = lifter_predictor(run.model.lifter(), settings.flip, settings.branch)
    return [_middling_frame(run, seen[number], predict(seen[number])) for number in chosen]


def _middling_frame(run: TrainingRun, seen: Observation, predicted: np.ndarray) -> Example:
    """Take the frame with the median error: what the take looks like, not its one bad moment."""
    errors = np.linalg.norm(predicted - seen.joints, axis=-1).mean(axis=-1)
    frame = int(np.argsort(errors)[len(errors) // 2])
    return Example(
        title=f"{seen.name}, frame {frame}",
        keypoints=seen.keypoints[frame],
        predicted=predicted[frame],
        true=seen.joints[frame],
        joint_set=run.store.joint_set,
        error=1000 * float(errors[frame]),
    )


def _facts(run: TrainingRun, log: Sequence[dict[str, float]]) -> dict[str, str]:
    """What the run was made on and how fast it went."""
    speeds = [row["samples/s"] for row in log if "samples/s" in row]
    waits = [row["waiting_for_data"] for row in log if "waiting_for_data" in row]
    takes = run.train_set
    facts = {
        "trained on": f"{takes.source or takes.dataset}: {len(takes.takes)} takes, "
        f"{takes.frames} frames, {len(run.store)} windows",
        "steps": str(run.steps),
        "parameters": str(sum(p.numel() for p in run.model.network.parameters())),
        "device": _device_name(run.device),
        "processes": str(run.processes),
        "torch": str(torch.__version__),
    }
    if speeds:
        seconds = run.passes * run.recipe.optimizer.batch / run.recipe.optimizer.accumulate
        facts["samples per second"] = f"{np.median(speeds):.0f} (median over the log)"
        facts["time spent training"] = f"{seconds / np.mean(speeds) / 60:.1f} min"
        facts["waiting for data"] = f"{100 * np.mean(waits):.2f} % of it"
    return facts


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.machine()}, {torch.get_num_threads()} of {os.cpu_count()} threads)"
