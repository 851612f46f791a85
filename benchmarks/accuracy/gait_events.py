"""Gait events against the speed of the feet, and the motions in which a gait is found.

    python -m benchmarks.accuracy.gait_events --data-dir PACKS

All takes of motion packs, in which nothing was lifted: what is measured is the method. A foot is
taken to stand from the frame in which its ankle, below `LOW`, gets slower than a speed, to that in
which it gets faster; several speeds are tried, since an ankle has none that is zero from the heel
strike to the toe-off. Frames are those of the packs, 50 a second.

`--feet` compares strikes of training subjects with the heels of a pack of 29 joints, from which
`ROLLS` of `gait_events.py` was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from unittest import mock

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.foot_contacts import Foot, FootPack
from glagcn_cli.biomechanics import gait_events
from glagcn_cli.biomechanics.gait import CUTOFF, Gait, find_gait
from glagcn_cli.biomechanics.joint_angles import SIDES
from glagcn_cli.poses import PoseSequence
from glagcn_cli.smoothing import low_pass
from glagcn_training.data.packs import FPS, read_packs
from glagcn_training.data.takes import Take
from glagcn_training.metrics.markdown_table import markdown_table

SPEEDS = (0.3, 0.5, 0.8)  # metres a second
LOW = 0.15  # metres above the lowest ankle of the take
NEAR = 15  # frames: an event farther from any change of the foot is one without a match

OF_EACH = 3  # walks, and runs, of each subject that are compared with heels

_EXERCISES = ("deep squat", "hurdle step", "lunge", "sit to stand", "standing ")
_NO_WALK = ("uneven", "stealth", "run")


def is_walk(action: str) -> bool:
    """Tell whether a take is walking on level floor and nothing else."""
    return "walk" in action and not any(word in action for word in _NO_WALK)


def scene_poses(take: Take) -> PoseSequence:
    """Convert a take of free motion (z up) to poses in the scene (y up)."""
    frames = len(take)
    joints = np.stack([take.joints[..., 0], take.joints[..., 2], -take.joints[..., 1]], axis=-1)
    return PoseSequence(
        joints=joints,
        scores=np.ones(joints.shape[:2], np.float32),
        valid=np.ones(frames, bool),
        fps=Fraction(FPS),
        keypoints=np.zeros((*joints.shape[:2], 2), np.float32),
    )


def changes(person: PoseSequence, side: str, speed: float) -> tuple[NDArray, NDArray]:
    """Return frames from which a foot stands, and from which it moves."""
    joints = low_pass(person.joints, person.valid, person.fps, CUTOFF)
    ankle = joints[:, person.joint_set.index(f"{side}_ankle")]
    moves = np.linalg.norm(np.gradient(ankle, axis=0), axis=-1) * float(person.fps)
    stands = (moves < speed) & (ankle[:, 1] < ankle[:, 1].min() + LOW)
    edges = np.diff(stands.astype(np.int8))
    return np.flatnonzero(edges == 1) + 1, np.flatnonzero(edges == -1) + 1


def offsets(events: NDArray, truth: NDArray) -> list[float]:
    """Return the frames from the nearest change to each event; NaN without one."""
    if not len(truth):
        return [np.nan] * len(events)
    nearest = truth[np.abs(events[:, None] - truth).argmin(axis=1)]
    found = (events - nearest).astype(float)
    return list(np.where(np.abs(found) <= NEAR, found, np.nan))


def agreement(walks: Sequence[tuple[PoseSequence, Gait]]) -> Iterator[list[str]]:
    """Return rows of the table of events against speeds."""
    for speed in SPEEDS:
        late: tuple[list[float], list[float]] = ([], [])
        for person, gait in walks:
            for number, side in enumerate(SIDES):
                down, up = changes(person, side, speed)
                late[0].extend(offsets(gait.strikes[number], down))
                late[1].extend(offsets(gait.toe_offs[number], up))
        for name, values in zip(("heel strike", "toe-off"), late, strict=True):
            known = np.array(values)[np.isfinite(values)]
            low, high = np.percentile(known, [5, 95])
            spread = f"{low:+.0f} to {high:+.0f}"
            mean = f"{known.mean():+.1f}"
            count = f"{len(known)} of {len(values)}"
            yield [name, f"{speed} m/s", count, mean, f"{known.std():.1f}", spread]


def groups(measured: Sequence[tuple[Take, Gait]]) -> Iterator[list[str]]:
    """Return rows of the table of motions with a gait."""

    def kind(take: Take) -> str:
        if is_walk(take.action):
            return "walking on level floor"
        if is_run(take.action):
            return "running"
        if any(word in take.action for word in _EXERCISES):
            return "rehabilitation exercises (squats, lunges, raised legs and arms, sit to stand)"
        return "all else (climbing, dance, sports, chores, and walking among them)"

    kinds = [kind(take) for take, _ in measured]
    for name in sorted(set(kinds)):
        of_kind = [(t, g) for (t, g), k in zip(measured, kinds, strict=True) if k == name]
        found = sum(gait.found for _, gait in of_kind)
        frames = sum(int(gait.walking.sum()) for _, gait in of_kind)
        share = frames / sum(len(take) for take, _ in of_kind)
        yield [name, str(len(of_kind)), str(found), f"{share:.0%}"]


def heels(takes: Sequence[Take], pack: FootPack) -> Iterator[list[str]]:
    """Yield rows: how late strikes of a few walks and runs of each subject are after heels."""
    for name, of_kind in (("walking", is_walk), ("running", is_run)):
        found = [
            (person, scene_poses(take), feet)
            for person in dict.fromkeys(take.subject for take in takes)
            for take, feet in _with_feet(takes, pack, person, of_kind)
        ]
        for label, seconds in (("as dated", gait_events.ROLLS), ("of the ankle", 0.0)):
            late: dict[str, list[float]] = {}
            with mock.patch.object(gait_events, "ROLLS", seconds):
                for person, poses, feet in found:
                    for foot, strikes in zip(feet, find_gait(poses).strikes, strict=True):
                        near = [1000 / FPS * (k - foot.strike_near(k)) for k in strikes.tolist()]
                        late.setdefault(person, []).extend(x for x in near if np.isfinite(x))
            means = [float(np.mean(values)) for values in late.values() if values]
            every = np.concatenate([*late.values()])
            yield [
                name, label, str(len(means)), str(len(every)), f"{every.mean():+.0f}",
                f"{np.median(means):+.0f}", f"{min(means):+.0f} to {max(means):+.0f}",
                f"{every.std():.0f}",
            ]  # fmt: skip


def is_run(action: str) -> bool:
    """Tell whether a take is running."""
    return "run" in action and "walk" not in action


def _with_feet(
    takes: Sequence[Take], pack: FootPack, subject: str, of_kind: Callable[[str], bool]
) -> list[tuple[Take, tuple[Foot, Foot]]]:
    """Return at most `OF_EACH` takes of a kind of a subject that the pack has too."""
    own = [take for take in takes if take.subject == subject and of_kind(take.action)]
    both = ((take, pack.feet(take)) for take in own)
    return [*islice(((take, feet) for take, feet in both if feet is not None), OF_EACH)]


@click.command()
@click.option("--data-dir", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--feet", type=click.Path(exists=True, path_type=Path), help="Pack of 29 joints.")
@click.option("--walks", "alone", is_flag=True, help="Measure walks on level floor alone.")
def main(data_dir: Path, feet: Path | None, alone: bool) -> None:
    """Measure and print tables."""
    if feet is not None:
        head = ["", "strikes", "subjects", "strikes", "mean", "median", "of subjects", "deviation"]
        trained = [t for t in read_packs(data_dir, "train").takes if t.pack.startswith("cmu_h")]
        click.echo(markdown_table([head, *heels(trained, FootPack(feet))], left=2))
        return
    takes = [take for split in ("train", "val") for take in read_packs(data_dir, split).takes]
    takes = [take for take in takes if is_walk(take.action) or not alone]
    measured = [(take, find_gait(scene_poses(take))) for take in takes]
    head = ["motion", "takes", "with a gait", "of the frames"]
    click.echo(markdown_table([head, *groups(measured)]))
    walks = [(scene_poses(t), g) for t, g in measured if is_walk(t.action) and g.found]
    head = ["event", "speed", "matched", "frames after", "deviation", "5 to 95 %"]
    click.echo("\n" + markdown_table([head, *agreement(walks)], left=2))
    summaries = [gait.summary() for _, gait in walks]
    for name in ("cadence", "speed", "step_length", "stance_share"):
        values = np.array([summary[name] for summary in summaries])
        values = values[np.isfinite(values)]
        click.echo(f"{name}: {values.mean():.3g} (deviation {values.std():.2g})")


if __name__ == "__main__":
    main()
