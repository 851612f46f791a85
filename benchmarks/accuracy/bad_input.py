"""A lifter on difficult input: odd postures, hidden legs, a missing joint, other rates.

    python -m benchmarks.accuracy.bad_input --data-dir PACKS --lifter runs/a/lifter.pth

The packs' validation subjects through virtual cameras, exact 2D, lifted as videos are lifted.
Tables are in markdown. The exit code is 1 for a lifter with any output that is not finite.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.measuring.hard_input import (
    LEGS,
    LEGS_BELOW_THE_HIPS,
    POSTURES,
    UNSURE,
    UPPER_BODY,
    about_first,
    at_rate,
    hide,
    in_posture,
)
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.packs import read_packs
from glagcn_training.data.takes import TakeSet
from glagcn_training.evaluation.depth_reversals import DepthReversals
from glagcn_training.evaluation.evaluate import (
    Observation,
    lifter_predictor,
    observe_takes,
    score_all,
)
from glagcn_training.evaluation.gravity_errors import GravityErrors
from glagcn_training.metrics.markdown_table import markdown_table
from glagcn_training.metrics.scores import METRICS, TakeScores, score_take, summarise

RATES = (10, 24, 25, Fraction(30000, 1001), 120, 240)
FIGURES = ("mpjpe", "p_mpjpe", "mpjve")
HIDDEN = {"nothing": (), "knees and ankles": LEGS_BELOW_THE_HIPS, "everything from the hips": LEGS}
POSTURE_COLUMNS = (
    "posture", "MPJPE", "P-MPJPE", "MPJVE", "reversals per 1000 frames", "limbs the wrong way, %",
    "body turned round, %", "gravity, degrees", "not a number",
)  # fmt: skip
LOST = ("head", "left_elbow", "left_wrist", "right_knee", "right_ankle")


def postures(lifter: Lifter, takes: TakeSet, at_most: int, flip: bool) -> list[list[str]]:
    """Measure errors and flips of bodies turned over, bent and put down."""
    rows = [list(POSTURE_COLUMNS)]
    for posture in POSTURES:
        moved = in_posture(takes, posture)
        seen = observe_takes(moved, conversion=lifter.card.conversion, at_most=at_most)
        depth, gravity, broken = DepthReversals(), GravityErrors(), Broken()
        figures = summarise(
            score_all(lifter_predictor(lifter, flip), seen, (depth, gravity, broken))
        )
        counts, up = depth.figures(), gravity.figures() or {}
        rows.append([
            posture, *(f"{figures[name]:.1f}" for name in ("mpjpe", "p_mpjpe")),
            f"{figures['mpjve']:.2f}", f"{counts['per_1000_frames']:.1f}",
            *(_number(counts[name]) for name in ("wrong_way", "back_to_front")),
            _number(up.get("clip")), str(broken.frames),
        ])  # fmt: skip
    return rows


class Broken:
    """Counts frames with values that are not finite."""

    def __init__(self) -> None:
        self.frames = 0

    def watch(self, seen: Observation, lifted: tuple[NDArray[np.floating] | None, ...]) -> None:
        """Check the lifted frames of a take."""
        for part in lifted:
            if part is not None:
                self.frames += int((~np.isfinite(part.reshape(len(part), -1)).all(axis=1)).sum())


def hidden_legs(lifter: Lifter, seen: Sequence[Observation], flip: bool) -> list[list[str]]:
    """Measure errors of the upper body, relative to the thorax, with and without the legs."""
    rows = [["hidden", "its score", "upper body: MPJPE", "P-MPJPE", "MPJVE"]]
    for name, joints in HIDDEN.items():
        for score in (UNSURE, 0.0) if joints else (1.0,):
            means = summarise([upper_body_scores(lifter, one, joints, score, flip) for one in seen])
            figures = [f"{means[name]:.{METRICS[name].decimals}f}" for name in FIGURES]
            rows.append([name, f"{score:g}", *figures])
    return rows


def upper_body_scores(
    lifter: Lifter, seen: Observation, joints: Sequence[str], score: float, flip: bool
) -> TakeScores:
    """Measure errors of the visible joints."""
    lifted = lifter.lift(hide(seen, joints, score), fov=seen.fov, flip=flip).joints
    return score_take(about_first(lifted, UPPER_BODY), about_first(seen.joints, UPPER_BODY))


def lost_joints(lifter: Lifter, seen: Sequence[Observation], flip: bool) -> list[list[str]]:
    """Measure errors of the other joints, and of the joint itself, where one is never seen."""
    rows = [["never seen", "its score", "other joints: MPJPE", "the joint itself"]]
    whole = _joint_errors(lifter, seen, (), 1.0, flip)
    rows.append(["nothing", "1", f"{whole.mean():.1f}", "-"])
    for joint in LOST:
        own = H36M17.index(joint)
        for score in (UNSURE, 0.0):
            errors = _joint_errors(lifter, seen, (joint,), score, flip)
            others = np.delete(errors, own).mean()
            change = f"{errors[own]:.1f} ({whole[own]:.1f} when seen)"
            rows.append([joint, f"{score:g}", f"{others:.1f}", change])
    return rows


def _joint_errors(
    lifter: Lifter, seen: Sequence[Observation], joints: Sequence[str], score: float, flip: bool
) -> NDArray[np.float64]:
    """Compute the mean error of each joint over all frames: (17,) millimetres."""
    errors = []
    for one in seen:
        lifted = lifter.lift(hide(one, joints, score), fov=one.fov, flip=flip).joints
        errors.append(np.linalg.norm(lifted - one.joints, axis=-1))
    return 1000 * np.concatenate(errors).mean(axis=0)


def rates(lifter: Lifter, seen: Sequence[Observation], flip: bool) -> list[list[str]]:
    """Measure the distance of a motion from its version at 50 frames a second."""
    rows = [["frames a second", "mean difference, mm", "95 % of joints below"]]
    for rate in RATES:
        off = np.concatenate([rate_difference(lifter, one, rate, flip).ravel() for one in seen])
        rows.append([f"{float(rate):.2f}", f"{off.mean():.2f}", f"{np.percentile(off, 95):.1f}"])
    return rows


def rate_difference(
    lifter: Lifter, seen: Observation, rate: Fraction | int, flip: bool
) -> NDArray[np.float64]:
    """Compute distances (frames, joints) in mm to the take's rate, at the other's frames."""

    def lift(keypoints: NDArray[np.floating], fps: Fraction | int) -> NDArray[np.float64]:
        return lifter.lift_keypoints(
            keypoints, None, seen.image_size, fps, fov=seen.fov, flip=flip
        ).joints

    own = at_rate(lift(seen.keypoints, seen.fps), seen.fps, rate)
    other = lift(at_rate(seen.keypoints, seen.fps, rate), rate)
    return 1000 * np.linalg.norm(other - own, axis=-1)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


@click.command()
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--lifter", "name", default=DEFAULT_LIFTER, show_default=True)
@click.option("--takes", default=32, show_default=True, help="Evenly chosen; 0 for all.")
@click.option("--flip", is_flag=True, help="Average with the lifted mirror image.")
@click.option("--threads", default=1, show_default=True)
def main(data_dir: Path, name: str, takes: int, flip: bool, threads: int) -> None:
    """Measure one lifter and print the tables."""
    torch.set_num_threads(threads)
    lifter, motion = Lifter.load(name), read_packs(data_dir, "val")
    bodies = postures(lifter, motion, takes, flip)
    seen = observe_takes(motion, conversion=lifter.card.conversion, at_most=takes)
    for rows in (
        bodies, hidden_legs(lifter, seen, flip), lost_joints(lifter, seen, flip),
        rates(lifter, [one for one in seen if len(one.joints) > 50], flip),
    ):  # fmt: skip
        click.echo(markdown_table(rows) + "\n")
    if any(row[-1] != "0" for row in bodies[1:]):
        sys.exit("the lifter gave what is no number")


if __name__ == "__main__":
    main()
