"""How far the direction against gravity that people give is off, by roll and tilt of the camera.

    python -m benchmarks.accuracy.gravity --data-dir PACKS --takes 20

Validation takes through virtual cameras as people hold them, and odd ones; roll and tilt are found
as for videos (`scene.gravity.scene_up`). The share is the slope of what is found over what is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.accuracy.scene import lift
from glagcn_cli.defaults import CUTOFF
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.scene.gravity import scene_up
from glagcn_cli.scene.placing import as_one_body
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluation.evaluate import Observation, observe_takes
from glagcn_training.evaluation.evaluation_noise import EXACT, NOISE
from glagcn_training.metrics.markdown_table import markdown_table
from glagcn_training.samples.cameras import EVALUATION_CAMERAS

CAMERAS = {
    "as held": EVALUATION_CAMERAS,
    "rolled by 10 degrees": replace(EVALUATION_CAMERAS, roll=10.0),
}
HEAD = (
    "cameras", "roll: true spread, degrees", "error", "share found", "tilt: true spread", "error",
    "share found", "both: median error",
)  # fmt: skip
_Array = NDArray[np.float64]


def roll_and_tilt(up: _Array) -> _Array:
    """Return degrees (..., 2) by which cameras are rolled and look up, of directions (..., 3)."""
    x, y, z = np.moveaxis(up, -1, 0)
    return np.degrees(np.stack([np.arctan2(x, -y), np.arctan2(z, np.hypot(x, y))], axis=-1))


def found_up(lifter: Lifter, seen: Observation) -> _Array:
    """Return the direction against gravity that a take gives, (3,) camera frame."""
    return scene_up([as_one_body(lift(lifter, seen, flip=False), CUTOFF)])


def row(name: str, found: _Array, true: _Array) -> list[str]:
    """Format the errors of directions (n, 3)."""
    told, real = roll_and_tilt(found), roll_and_tilt(true)
    cells = [name]
    for column in range(2):
        one, other = told[:, column], real[:, column]
        share = np.polyfit(other, one, 1)[0]
        error = np.sqrt(np.square(one - other).mean())
        cells += [f"{np.std(other):.1f}", f"{error:.1f}", f"{share:.2f}"]
    apart = np.degrees(np.arccos(np.clip((found * true).sum(axis=1), -1, 1)))
    return [*cells, f"{np.median(apart):.1f}"]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data-dir", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--lifter", "weights", default=DEFAULT_LIFTER, show_default=True)
@click.option("--noise", type=click.Choice(NOISE), default=EXACT, show_default=True)
@click.option("--takes", type=int, default=20, show_default=True, help="Evenly chosen; 0: all.")
@click.option("--threads", default=1, show_default=True)
def main(data_dir: Path, weights: str, noise: str, takes: int, threads: int) -> None:
    """Measure the direction against gravity of people."""
    torch.set_num_threads(threads)
    lifter, motion = Lifter.load(weights), read_packs(data_dir, "val")
    rows: list[Sequence[str]] = [HEAD]
    for name, cameras in CAMERAS.items():
        seen = observe_takes(motion, noise, lifter.card.conversion, takes, cameras)
        found = np.stack([found_up(lifter, one) for one in seen])
        true = np.stack([one.up for one in seen if one.up is not None])
        rows.append(row(f"{name}, {len(seen)} views", found, true))
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
