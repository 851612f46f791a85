"""How far a lifter's answers for one motion differ between cameras that see it at the same time.

    python -m benchmarks.accuracy.camera_spread --data-dir PACKS --lifter runs/a/lifter.pth

Takes of validation subjects are seen by four virtual cameras with exact 2D: as people hold cameras,
and oddly held ones (near, low or high, rolled). Every two answers are compared after Procrustes
alignment, frame by frame, and every answer with the truth likewise. Where people lean is compared
by the angle between the trunk and the true vertical, as seen by each camera.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.packs import read_packs
from glagcn_training.data.takes import TakeSet
from glagcn_training.evaluation.evaluate import Observation, lifter_predictor, observe_takes
from glagcn_training.metrics.errors import p_mpjpe
from glagcn_training.metrics.markdown_table import markdown_table
from glagcn_training.samples.cameras import EVALUATION_CAMERAS

VIEWS = 4
CAMERAS = {"as held": EVALUATION_CAMERAS, "odd": replace(EVALUATION_CAMERAS, odd=1.0)}


def lean(joints: NDArray[np.floating], seen: Observation) -> NDArray[np.float64]:
    """Compute the degrees between the trunk and the vertical in each frame: (frames,)."""
    trunk = joints[:, H36M17.index("thorax")] - joints[:, 0]
    assert seen.up is not None
    return np.degrees(np.arccos((trunk @ seen.up) / np.linalg.norm(trunk, axis=1)))


def spread(lifter: Lifter, seen: list[Observation]) -> tuple[float, float, float]:
    """Compare the answers for the views of one take.

    Returns
    -------
    tuple
        Millimetres between two answers, millimetres between an answer and the truth, and degrees
        between the leans of two answers: means over pairs of views, views and frames.
    """
    predict = lifter_predictor(lifter, flip=True)
    answers = [predict(one).joints for one in seen]
    leans = [lean(joints, one) for joints, one in zip(answers, seen, strict=True)]
    apart = [1000 * p_mpjpe(a, b) for a, b in combinations(answers, 2)]
    wrong = [1000 * p_mpjpe(joints, one.joints) for joints, one in zip(answers, seen, strict=True)]
    tilted = [np.abs(a - b).mean() for a, b in combinations(leans, 2)]
    return float(np.mean(apart)), float(np.mean(wrong)), float(np.mean(tilted))


def row(lifter: Lifter, motion: TakeSet, takes: int, cameras: str) -> list[str]:
    """Measure one kind of cameras."""
    seen = observe_takes(
        motion, conversion=lifter.card.conversion, at_most=takes, cameras=CAMERAS[cameras],
        views=VIEWS,
    )  # fmt: skip
    starts = range(0, len(seen), VIEWS)
    figures = np.mean([spread(lifter, seen[start : start + VIEWS]) for start in starts], axis=0)
    return [cameras, *(f"{figure:.1f}" for figure in figures)]


@click.command()
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--lifter", "name", default=DEFAULT_LIFTER, show_default=True)
@click.option("--takes", default=24, show_default=True, help="Evenly chosen; 0 for all.")
@click.option("--threads", default=1, show_default=True)
def main(data_dir: Path, name: str, takes: int, threads: int) -> None:
    """Measure one lifter and print the table."""
    torch.set_num_threads(threads)
    lifter, motion = Lifter.load(name), read_packs(data_dir, "val")
    header = ["cameras", "two answers apart, mm", "answer and truth, mm", "leans apart, degrees"]
    click.echo(markdown_table([header, *(row(lifter, motion, takes, kind) for kind in CAMERAS)]))


if __name__ == "__main__":
    main()
