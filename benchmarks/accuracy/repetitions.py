"""Repetitions counted on UI-PRMD, whose clips are one repetition each.

    python -m benchmarks.accuracy.repetitions --data-dir PACKS/uiprmd_h36m17.npz

The clips of a person and an exercise are put end to end in their order; their number is the label.
Exercises in right and in wrong form are told apart. With `--lifted`, the 3D is what the shipped
lifter makes of 2D with a detector's measured errors, as two virtual cameras see each exercise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from glagcn_cli.biomechanics.repetitions import find_repetitions
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.poses import PoseSequence
from glagcn_training.data.packs import read_packs
from glagcn_training.data.takes import Take, TakeSet
from glagcn_training.evaluation.evaluate import lifter_predictor, observe_takes
from glagcn_training.evaluation.evaluation_noise import MEASURED
from glagcn_training.metrics.markdown_table import markdown_table

EDGE = 4  # rows at both ends of a clip that lie off the markers
LEAST = 3  # repetitions of an exercise, below which it is left out
WRONG_FORM = "(incorrect form)"


class Exercise(NamedTuple):
    """Repetitions of one person, put end to end; ``starts`` are the frames at which they begin."""

    take: Take
    starts: NDArray[np.intp]


class Counted(NamedTuple):
    """What was found in an exercise: ``off`` are the seconds of its starts from the labels'."""

    name: str
    label: int
    found: int
    off: NDArray[np.float64]


def exercises(takes: Iterable[Take], fps: int) -> Iterator[Exercise]:
    """Put the repetitions of each person and exercise end to end."""
    groups: dict[tuple[str, str], list[NDArray]] = defaultdict(list)
    for take in takes:
        groups[take.subject, take.action].append(take.joints[EDGE:-EDGE])
    for (subject, action), parts in groups.items():
        if len(parts) >= LEAST:
            starts = np.cumsum([0, *(len(part) for part in parts)])[:-1]
            yield Exercise(Take(subject, action, "", np.concatenate(parts)), starts)


def true_poses(takes: TakeSet, found: list[Exercise]) -> Iterator[tuple[Exercise, NDArray]]:
    """Yield the recorded joints, y up."""
    for exercise in found:
        yield exercise, exercise.take.joints[..., [0, 2, 1]] * [1.0, 1.0, -1.0]


def lifted_poses(takes: TakeSet, found: list[Exercise]) -> Iterator[tuple[Exercise, NDArray]]:
    """Yield what the shipped lifter makes of each exercise by two virtual cameras, y up."""
    predict = lifter_predictor(Lifter.load(DEFAULT_LIFTER), flip=True)
    joined = TakeSet(takes.dataset, takes.joint_set, takes.fps, tuple(e.take for e in found), "")
    seen = observe_takes(joined, MEASURED)
    for number, one in enumerate(seen):
        exercise = found[number // (len(seen) // len(found))]
        yield exercise, predict(one).joints * [1.0, -1.0, -1.0]


def count(exercise: Exercise, joints: NDArray[np.float64], fps: int) -> Counted:
    """Count the repetitions in joints (frames, 17, 3)."""
    frames, take = len(joints), exercise.take
    poses = PoseSequence(
        joints.astype(np.float32), np.ones((frames, 17), np.float32), np.ones(frames, bool),
        Fraction(fps), np.zeros((frames, 17, 2), np.float32),
    )  # fmt: skip
    segments = find_repetitions(poses).segments
    begins = np.array([first for first, _ in segments])
    off = np.abs(begins[:, None] - exercise.starts[None]).min(axis=1) if segments else np.zeros(0)
    return Counted(f"{take.subject} {take.action}", len(exercise.starts), len(segments), off / fps)


def rows(counted: list[Counted]) -> list[list[str]]:
    """Return a row of exercises in right form, one of those in wrong form, and one of all."""
    wrong = [one for one in counted if one.name.endswith(WRONG_FORM)]
    right = [one for one in counted if not one.name.endswith(WRONG_FORM)]
    table = []
    for name, part in (("right form", right), ("wrong form", wrong), ("all", counted)):
        labels = sum(one.label for one in part)
        missed = sum(abs(one.label - one.found) for one in part)
        off = np.concatenate([one.off for one in part]) if part else np.zeros(0)
        late = f"{np.median(off):.2f}" if len(off) else ""
        share = f"{100 * missed / labels:.1f}" if labels else ""
        table.append([name, str(len(part)), str(labels), str(missed), share, late])
    return table


@click.command()
@click.option("--data-dir", required=True, type=click.Path(path_type=Path), help="UI-PRMD's pack.")
@click.option("--split", default="val", type=click.Choice(["train", "val"]))
@click.option("--lifted", is_flag=True, help="Lift it from virtual cameras first.")
def main(data_dir: Path, split: str, lifted: bool) -> None:
    """Print how many repetitions are counted wrongly."""
    takes = read_packs(data_dir, split)
    found = [*exercises(takes.takes, takes.fps)]
    poses = lifted_poses(takes, found) if lifted else true_poses(takes, found)
    counted = [count(exercise, joints, takes.fps) for exercise, joints in poses]
    head = ["", "exercises", "repetitions", "wrong", "%", "start off (s, median)"]
    click.echo(markdown_table([head, *rows(counted)]))
    for one in counted:
        if one.label != one.found:
            click.echo(f"{one.name}: {one.found} in place of {one.label}")


if __name__ == "__main__":
    main()
