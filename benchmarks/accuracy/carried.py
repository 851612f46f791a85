"""How bodies that lie, sit, kneel and crawl meet the floor, against the truth.

    python -m benchmarks.accuracy.carried --data-dir PACK

A pack's validation clips through virtual cameras of a known field of view, lifted and placed as
videos are. The truth are the pack's own heights above the floor: what is within `RESTS` of where
a part rests carries the body.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.accuracy.scene import LEAST_SECONDS, lift
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.placing import to_scene
from glagcn_cli.scene.supports import CLEARANCE
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluation.evaluate import CAMERAS_PER_TAKE, Observation, observe_takes
from glagcn_training.evaluation.evaluation_noise import EXACT, NOISE
from glagcn_training.metrics.markdown_table import markdown_table

RESTS = 0.03  # metres above where a part rests on the floor
HEAD = (
    "motion", "clips", "penetration, mm", "floating, mm", "95 % of frames below",
    "height of what carries, error, mm", "height of all joints, error, mm", "skate, mm a frame",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """Figures of one clip, each (frames,) metres; ``carries`` of what carries the body alone."""

    below: NDArray[np.float64]
    above: NDArray[np.float64]
    carries: NDArray[np.float64]
    heights: NDArray[np.float64]
    skate: NDArray[np.float64]


def measure(lifter: Lifter, seen: Observation, true: NDArray[np.float64], flip: bool) -> Figures:
    """Place one clip in a scene and compare it with the true heights (frames, 17), metres."""
    (scene,) = to_scene([lift(lifter, seen, flip)], seen.image_size, SceneChoices(seen.fov))
    joints = scene.joints.astype(np.float64)
    heights = joints[..., 1]
    resting = true - CLEARANCE < RESTS
    lowest = (heights - CLEARANCE).min(axis=1)
    off = np.abs(heights - true)
    both = resting[1:] & resting[:-1]
    moved = np.linalg.norm(np.diff(joints[..., ::2], axis=0), axis=-1)
    return Figures(
        np.maximum(-lowest, 0.0),
        np.maximum(lowest, 0.0)[resting.any(axis=1)],
        off[resting], off.ravel(), moved[both],
    )  # fmt: skip


def row(name: str, clips: list[Figures]) -> list[str]:
    """Format the means over all clips of one kind of motion."""
    below, above, carries, heights, skate = (
        np.concatenate([getattr(one, part) for one in clips]) * 1000
        for part in ("below", "above", "carries", "heights", "skate")
    )
    return [
        name, str(len(clips)), f"{below.mean():.1f}", f"{above.mean():.1f}",
        f"{np.percentile(above, 95):.0f}", f"{carries.mean():.0f}", f"{heights.mean():.0f}",
        f"{skate.mean():.1f}",
    ]  # fmt: skip


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data-dir", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--lifter", "weights", default=DEFAULT_LIFTER, show_default=True)
@click.option("--noise", type=click.Choice(NOISE), default=EXACT, show_default=True)
@click.option("--takes", type=int, default=0, help="Number of clips, evenly chosen; 0 for all.")
@click.option("--flip/--no-flip", default=True, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
def main(data_dir: Path, weights: str, noise: str, takes: int, flip: bool, threads: int) -> None:
    """Measure validation clips of two seconds and more."""
    torch.set_num_threads(threads)
    lifter, clips = Lifter.load(weights), read_packs(data_dir, "val")
    seen = observe_takes(clips, noise, lifter.card.conversion, takes)
    numbers = np.repeat(clips.evenly_chosen(takes), CAMERAS_PER_TAKE)
    found: dict[str, list[Figures]] = defaultdict(list)
    for number, one in zip(numbers, seen, strict=True):
        if len(one.joints) >= LEAST_SECONDS * one.fps:
            true = clips.takes[number].joints[..., 2].astype(np.float64)
            found[one.action].append(measure(lifter, one, true, flip))
    rows = [row(name, figures) for name, figures in sorted(found.items())]
    everything = [figures for one in found.values() for figures in one]
    click.echo(f"{len(everything)} clips, 2D: {noise}\n")
    click.echo(markdown_table([list(HEAD), *rows, row("all", everything)]))


if __name__ == "__main__":
    main()
