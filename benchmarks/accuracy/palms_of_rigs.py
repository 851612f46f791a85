"""Palms of rigs, which are steadied, beside those of the lifter, against motion capture.

    python -m benchmarks.accuracy.palms_of_rigs --data-dir PACKS [--takes 20]

Validation subjects of packs with palms, seen by virtual cameras, with exact 2D and a detector's
noise; in some of the frames no palm is seen for half a second, as when a hand is hidden. Degrees
off, median, nine tenths and share above 90 over frames, of palms and of the way from the wrist to
the knuckles. Quick turns: share of frames in which a hand turns faster than 1500 degrees a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.export.rig.extremities import hand_turns
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.lifting.checkpoints import lifter_path
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.opening import open_lifter
from glagcn_cli.skeleton import EXTREMITIES_CONVERSION, H36M25
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluation.evaluate import Observation, lifter_predictor, observe_takes
from glagcn_training.evaluation.evaluation_noise import EXACT, MEASURED
from glagcn_training.metrics.markdown_table import markdown_table

from .feet_and_palms import FEET_LIFTER

Vectors = NDArray[np.float64]

QUICK = 1500.0
HIDDEN, EVERY = 0.5, 2.0  # seconds in which a hand is hidden, and from one time to the next
SIDES = ("left", "right")
_UPRIGHT = np.array([1.0, -1.0, -1.0])  # from the camera's frame; it is level nearly enough


def hidden(seen: Observation) -> Observation:
    """Hide both palms at times: their points wander off and their scores fall to 0."""
    frames, rng = np.arange(len(seen.joints)), np.random.default_rng(len(seen.joints))
    gone = frames / seen.fps % EVERY > EVERY - HIDDEN
    points = H36M25.indices([f"{s}_{n}_knuckle" for s in SIDES for n in ("index", "little")])
    keypoints = seen.keypoints.copy()
    scores = np.ones(keypoints.shape[:2]) if seen.scores is None else seen.scores.copy()
    places = np.ix_(gone, points)
    keypoints[places] += rng.normal(0.0, 8.0, keypoints[places].shape)
    scores[places] = 0.02
    return replace(seen, keypoints=keypoints, scores=scores)


def palms(joints: Vectors) -> dict[str, tuple[Vectors, Vectors]]:
    """Return the directions of palms and hands (frames, 3) of each side by their points."""
    found = {}
    for side in SIDES:
        wrist, index, little = (
            joints[:, H36M25.index(f"{side}_{point}")]
            for point in ("wrist", "index_knuckle", "little_knuckle")
        )
        out = np.cross(little - wrist, index - wrist) * (1 if side == "left" else -1)
        found[side] = _unit(out), _unit((index + little) / 2 - wrist)
    return found


class Errors:
    """Collects errors of one method."""

    def __init__(self) -> None:
        self.palm: list[Vectors] = []
        self.along: list[Vectors] = []
        self.speed: list[Vectors] = []

    def cells(self) -> list[str]:
        """Return the cells of its row."""
        palm, along, speed = (np.concatenate(x) for x in (self.palm, self.along, self.speed))
        return [
            f"{np.median(palm):.1f} ({np.percentile(palm, 90):.0f})",
            f"{100 * (palm > 90).mean():.1f}",
            f"{np.median(along):.1f} ({np.percentile(along, 90):.0f})",
            f"{100 * (speed > QUICK).mean():.2f}",
        ]


def compare(seen: Sequence[Observation], lifter: Lifter) -> tuple[Errors, Errors]:
    """Return the errors of the lifter's palms and of those of rigs."""
    own, rigs = Errors(), Errors()
    predict = lifter_predictor(lifter, True, None)
    for one in seen:
        joints = predict(one).joints.astype(np.float64) * _UPRIGHT
        true = palms(one.joints * _UPRIGHT)
        motion = fit_rig(
            joints, np.ones(len(joints), bool), Fraction(one.fps), scores=one.scores,
        )  # fmt: skip
        turns = motion.turns_by_name()
        for side in SIDES:
            lifted = hand_turns(joints, side)
            local = lifted.inv()
            shown = palms(joints)[side]
            turned = turns[f"{side.capitalize()}Hand"] * local
            known = np.isfinite(true[side][0][:, 0])
            if not known.any():
                continue
            for errors, change in ((own, None), (rigs, turned)):
                pair = shown if change is None else tuple(change.apply(v) for v in shown)
                errors.palm.append(_angles(pair[0], true[side][0])[known])
                errors.along.append(_angles(pair[1], true[side][1])[known])
                now = lifted if change is None else turns[f"{side.capitalize()}Hand"]
                errors.speed.append(np.degrees((now[:-1].inv() * now[1:]).magnitude()) * one.fps)
    return own, rigs


def _angles(one: Vectors, other: Vectors) -> Vectors:
    return np.asarray(np.degrees(np.arccos((one * other).sum(axis=-1).clip(-1, 1))))


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-9))


@click.command()
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--lifter", default=FEET_LIFTER, show_default=True)
@click.option("--takes", default=20, show_default=True, help="Evenly chosen; 0 for all.")
def main(data_dir: Path, lifter: str, takes: int) -> None:
    """Measure and print the table."""
    torch.set_num_threads(1)
    motion = read_packs(data_dir, "val", H36M25)
    opened = Lifter(*open_lifter(lifter_path(lifter)))
    rows = [["2D", "palms", "palms", "above 90, %", "hands", "quick turns, %"]]
    for noise in (EXACT, MEASURED):
        views = observe_takes(motion, noise, EXTREMITIES_CONVERSION, takes)
        for label, seen in ((noise, views), (f"{noise}, hidden", [hidden(v) for v in views])):
            own, rigs = compare(seen, opened)
            rows += [[label, "lifter", *own.cells()], [label, "rig", *rigs.cells()]]
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
