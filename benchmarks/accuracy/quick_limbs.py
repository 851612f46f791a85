"""The part of a punch that a lifter retains, by its speed.

    python -m benchmarks.accuracy.quick_limbs --data-dir PACKS --lifter runs/a/lifter.pth

Validation subjects that stand still and throw one arm, seen by virtual cameras at 30 frames/s with
exact 2D: an arm held straight for some frames, and one that goes to and fro. With ``--keypoints``
also the lifted bend of an arm in frames of a 2D file in which it is straight.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import click
import numpy as np
import torch

from benchmarks.measuring.quick_input import FPS, FREQUENCIES, bends, impulse, swing, thrown
from glagcn_cli.keypoints.files import read_keypoints
from glagcn_cli.keypoints.formats.numbered import NumberedDetections
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.windows import CENTRE, SEQUENCE
from glagcn_cli.poses import Keypoints2D
from glagcn_training.data.packs import read_packs
from glagcn_training.data.takes import TakeSet
from glagcn_training.evaluation.evaluate import lifter_predictor, observe_takes
from glagcn_training.metrics.markdown_table import markdown_table

HELD = (2, 4, 15)  # frames
BRANCHES = (CENTRE, SEQUENCE)
IMAGE_SIZE = (640, 360)  # of the film of a 2D file


def bend_held(lifter: Lifter, takes: TakeSet, at_most: int, held: int, branch: str) -> float:
    """Compute the mean bend of arms in degrees in the frames in which they are straight."""
    way = impulse(held)
    predict = lifter_predictor(lifter, True, branch)
    seen = observe_takes(thrown(takes, way, at_most), conversion=lifter.card.conversion)
    return float(np.mean([bends(predict(one).joints)[way == 1].mean() for one in seen]))


def gain(lifter: Lifter, takes: TakeSet, at_most: int, frequency: int, branch: str) -> float:
    """Compute the mean movement of the elbow as a share of its true movement."""
    way = swing(frequency)
    predict = lifter_predictor(lifter, True, branch)
    seen = observe_takes(thrown(takes, way, at_most), conversion=lifter.card.conversion)
    wave = np.exp(-2j * np.pi * frequency * np.arange(len(way)) / FPS)
    inner = slice(FPS // 2, -FPS // 2)  # whole turns, away from the ends
    moved = [
        [
            abs((bends(joints)[inner] * wave[inner]).mean())
            for joints in (predict(o).joints, o.joints)
        ]
        for o in seen
    ]
    lifted, true = np.sum(moved, axis=0)
    return float(lifted / true)


def bend_in_file(lifter: Lifter, path: Path, frames: tuple[int, ...], branch: str) -> float:
    """Compute the bend of the left arm in degrees in frames of a one-person 2D file."""
    saved = read_keypoints(path)
    assert isinstance(saved, NumberedDetections)
    people = saved.laid_out(saved.length)
    person = Keypoints2D(
        np.concatenate([frame.keypoints for frame in people]),
        np.concatenate([frame.scores for frame in people]),
        np.ones(len(people), dtype=bool), Fraction(FPS), IMAGE_SIZE, saved.joint_set,
    )  # fmt: skip
    return float(bends(lifter.lift(person, flip=True, branch=branch).joints)[list(frames)].mean())


@click.command()
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--lifter", "name", default=DEFAULT_LIFTER, show_default=True)
@click.option("--takes", default=12, show_default=True, help="Evenly chosen; 0 for all.")
@click.option("--keypoints", type=click.Path(exists=True, path_type=Path), help="640 x 360, 30 Hz.")
@click.option("--straight", default="18,19", show_default=True, help="Frames of that file.")
@click.option("--network-alone", is_flag=True, help="Leave limbs as the network lifts them.")
@click.option("--threads", default=1, show_default=True)
def main(
    data_dir: Path,
    name: str,
    takes: int,
    keypoints: Path | None,
    straight: str,
    network_alone: bool,
    threads: int,
) -> None:
    """Measure one lifter and print the table."""
    torch.set_num_threads(threads)
    lifter = Lifter.load(name, refines=not network_alone)
    motion = read_packs(data_dir, "val")
    rows = [["arm", *BRANCHES]]
    for held in HELD:
        bent = [f"{bend_held(lifter, motion, takes, held, branch):.0f}" for branch in BRANCHES]
        rows.append([f"straight for {held} frames, degrees bent", *bent])
    for frequency in FREQUENCIES:
        kept = [f"{100 * gain(lifter, motion, takes, frequency, b):.0f}" for b in BRANCHES]
        rows.append([f"{frequency} Hz, % of the elbow's movement", *kept])
    if keypoints is not None:
        frames = tuple(map(int, straight.split(",")))
        bent = [f"{bend_in_file(lifter, keypoints, frames, branch):.0f}" for branch in BRANCHES]
        rows.append([f"{keypoints.name}, degrees bent", *bent])
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
