"""Joint angles, events and lengths of gait against motion capture, by view, distance and noise.

    python -m benchmarks.accuracy.angles --data-dir PACKS --cache FOLDER

Validation takes of CMU and UI-PRMD are seen by virtual cameras from the front, at 45 degrees, from
the side and from the back, lifted with the shipped lifter and measured as a video is. The truth is
the same measurement on the motion capture: what is compared is one camera with many, not the 17
joints with markers on bones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.error_fitting import nearest
from benchmarks.accuracy.foot_contacts import Foot, FootPack
from benchmarks.accuracy.lifted_takes import VIEWS, Pair, lift_pairs
from benchmarks.accuracy.spine_axes import through_the_spine
from benchmarks.accuracy.takes_chosen import evenly, others, walks
from benchmarks.measuring.agreement import bland_altman, centred_rms, icc
from glagcn_cli.biomechanics.angle_names import NAMES, SIDES, kind_of
from glagcn_cli.biomechanics.cycles import gait_figures
from glagcn_cli.biomechanics.gait import find_gait
from glagcn_cli.biomechanics.joint_angles import joint_angles
from glagcn_training.evaluation.evaluation_noise import EXACT, MEASURED
from glagcn_training.metrics.markdown_table import markdown_table

DISTANCE = 5.0  # metres
SIDEWAYS = ("45 degrees", "side")
DISTANCES = (3.0, 8.0)  # more of them, for walks at 45 degrees and from the side
LIMBS = ("hip_flexion", "knee_flexion", "shoulder_flexion", "elbow_flexion")
AGREEMENT = [
    "angle",
    "bias of frames (95 %)",
    "bias of range (95 %)",
    "ICC of range",
    "ICC of mean",
]
LEAST_FRAMES = 20  # of an angle in a take that is compared
MILLISECONDS = 1000 / 50  # a frame of the packs

Floats = NDArray[np.float64]
KINDS = tuple(dict.fromkeys(kind_of(name) for name in NAMES))
FIGURES = ("cadence", "speed", "stride_length", "step_length", "stride_seconds", "stance_share")


class Kept(NamedTuple):
    """Which takes are compared."""

    views: tuple[str, ...]
    noise: str
    distance: float = DISTANCE

    def __call__(self, pair: Pair) -> bool:
        """Return true for a take that is compared."""
        return pair.view in self.views and (pair.noise, pair.distance) == (
            self.noise,
            self.distance,
        )


class Compared:
    """Angles of many takes beside the truth: differences, and ranges of movement.

    Parameters
    ----------
    pairs
        Takes as they were lifted and as they were.
    held
        Measure legs whose standing feet are held on the floor.
    """

    def __init__(self, pairs: Sequence[Pair], held: bool = False) -> None:
        self.pairs = pairs
        lifted = [replace(p.lifted, free=None) if held else p.lifted for p in pairs]
        self._both = [
            (joint_angles(one).degrees, joint_angles(pair.truth).degrees)
            for one, pair in zip(lifted, pairs, strict=True)
        ]

    def of(self, kind: str, keep: Kept) -> Iterator[tuple[Floats, Floats]]:
        """Yield the measured and the true degrees (frames,) of an angle in each take and side."""
        columns = [column for column, name in enumerate(NAMES) if kind_of(name) == kind]
        for pair, (lifted, true) in zip(self.pairs, self._both, strict=True):
            if not keep(pair):
                continue
            for column in columns:
                one, other = lifted[:, column], true[:, column]
                known = np.isfinite(one) & np.isfinite(other)
                if known.sum() >= LEAST_FRAMES:
                    yield one[known], other[known]

    def rms(self, kind: str, keep: Kept) -> str:
        """Return the RMS over takes of the centred errors, degrees."""
        found = [centred_rms(one - other) for one, other in self.of(kind, keep)]
        return f"{np.sqrt(np.mean(np.square(found))):.1f}" if found else "."

    def agreement(self, kind: str, keep: Kept) -> list[str]:
        """Return cells: limits of frames and of ranges of movement, ICC of ranges and means."""
        series = [*self.of(kind, keep)]
        if len(series) < 3:
            return [""] * 4
        off = np.concatenate([one - other for one, other in series])
        frames = bland_altman(off, np.zeros_like(off))
        spans = np.array([[np.ptp(one), np.ptp(other)] for one, other in series])
        ranges = bland_altman(spans[:, 0], spans[:, 1])
        means = np.array([[one.mean(), other.mean()] for one, other in series])
        return [
            f"{frames.bias:+.1f} ({frames.low:.0f} to {frames.high:.0f})",
            f"{ranges.bias:+.1f} ({ranges.low:.0f} to {ranges.high:.0f})",
            f"{icc(spans[:, 0], spans[:, 1]):.2f}",
            f"{icc(means[:, 0], means[:, 1]):.2f}",
        ]


def by_view(compared: Compared) -> Iterator[list[str]]:
    """Yield a row of centred errors for each angle: exact / noisy in each view."""
    for kind in KINDS:
        cells = []
        for views in (*((view,) for view in VIEWS), SIDEWAYS):
            both = [compared.rms(kind, Kept(views, noise)) for noise in (EXACT, MEASURED)]
            cells.append(" / ".join(both))
        yield [kind, *cells]


def agreements(compared: Compared) -> Iterator[list[str]]:
    """Yield a row of agreement for each angle, from the side and at 45 degrees, noisy."""
    for kind in KINDS:
        yield [kind, *compared.agreement(kind, Kept(SIDEWAYS, MEASURED))]


def by_distance(compared: Compared) -> Iterator[list[str]]:
    """Yield a row for each distance: centred errors of limbs, noisy."""
    for view in SIDEWAYS:
        for distance in sorted((DISTANCE, *DISTANCES)):
            row = [view, f"{distance:g} m"]
            for kind in LIMBS:
                row.append(compared.rms(kind, Kept((view,), MEASURED, distance)))
            yield row


def events(pairs: Sequence[Pair]) -> Iterator[list[str]]:
    """Yield a row for each view, noise and event: how late events are after those of the truth."""
    for view in VIEWS:
        for noise in (EXACT, MEASURED):
            chosen = [p for p in pairs if (p.view, p.noise) == (view, noise)]
            gaits = [(find_gait(p.lifted), find_gait(p.truth)) for p in chosen]
            for name in ("strikes", "toe_offs"):
                both = [
                    (getattr(lifted, name)[side], getattr(true, name)[side])
                    for lifted, true in gaits
                    for side in range(len(SIDES))
                ]
                late = [frames for one, other in both for frames in nearest(one, other)]
                there = sum(len(other) for _, other in both)
                count, *cells = _late(late)
                yield [view, noise, name.replace("_", "-"), f"{count} of {there}", *cells]


def _late(frames: Sequence[float]) -> list[str]:
    """Format how many are known, and median size, mean and 95 % of the sizes in ms."""
    known = np.array(frames)[np.isfinite(frames)] * MILLISECONDS
    if not len(known):
        return ["0", "", "", ""]
    off = np.abs(known)
    return [
        str(len(known)), f"{np.median(off):.0f}", f"{known.mean():+.0f}",
        f"{np.percentile(off, 95):.0f}",
    ]  # fmt: skip


def contacts(pairs: Sequence[Pair], pack: FootPack) -> Iterator[list[str]]:
    """Yield a row for each view, noise and event: how late events are after those of heel and ball.

    In the row of no noise the events are those of the motion capture's ankles.
    """
    feet = {id(p.take): pack.feet(p.take) for p in pairs}
    conditions = [(view, noise) for view in VIEWS for noise in (EXACT, MEASURED)]
    for view, noise in (("any", ""), *conditions):
        chosen = [
            p for p in pairs
            if (p.view, p.noise) == ((view, noise) if noise else conditions[0]) and feet[id(p.take)]
        ]  # fmt: skip
        for name in ("strikes", "toe_offs"):
            late = [
                one for p in chosen for one in _after_contacts(p, feet[id(p.take)], name, noise)
            ]
            label = noise or "motion capture"
            yield [view, label, name.replace("_", "-"), *_late(late)]


def _after_contacts(
    pair: Pair, feet: tuple[Foot, Foot] | None, name: str, noise: str
) -> Iterator[float]:
    """Yield the frames from a foot's contact to each event."""
    assert feet is not None
    gait = find_gait(pair.lifted if noise else pair.truth)
    for foot, events_of_side in zip(feet, getattr(gait, name), strict=True):
        for event in events_of_side.tolist():
            near = foot.strike_near if name == "strikes" else foot.toe_off_near
            yield event - near(event)


def lengths(pairs: Sequence[Pair]) -> Iterator[list[str]]:
    """Yield a row for each figure of gait and view: bias, limits and ICC over takes, noisy."""
    for name in FIGURES:
        for view in VIEWS:
            chosen = [p for p in pairs if (p.view, p.noise) == (view, MEASURED)]
            both = [
                (gait_figures(find_gait(p.lifted)), gait_figures(find_gait(p.truth)))
                for p in chosen
            ]
            values = np.array([[a.get(name, np.nan), b.get(name, np.nan)] for a, b in both])
            known = values[np.isfinite(values).all(axis=1)]
            if len(known) < 3:
                yield [name, view, f"{len(known)} of {len(chosen)}", "", "", ""]
                continue
            limits = bland_altman(known[:, 0], known[:, 1])
            yield [
                name, view, f"{len(known)} of {len(chosen)}", f"{known[:, 1].mean():.2f}",
                f"{limits.bias:+.2f} ({limits.low:.2f} to {limits.high:.2f})",
                f"{icc(known[:, 0], known[:, 1]):.2f}",
            ]  # fmt: skip


@click.command()
@click.option("--data-dir", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--cache", type=click.Path(path_type=Path), help="Folder for what was lifted.")
@click.option("--feet", type=click.Path(exists=True, path_type=Path), help="Pack of 29 joints.")
@click.option(
    "--takes", default=20, show_default=True, help="Takes of other motion than walking; 0 for all."
)
@click.option("--distances", is_flag=True, help="Walks from 3 and 8 metres too.")
@click.option("--held-feet", is_flag=True, help="Of legs whose feet are held on the floor.")
@click.option("--spine", is_flag=True, help="With axes of pelvis and thorax through the spine.")
def main(
    data_dir: Path,
    cache: Path | None,
    feet: Path | None,
    takes: int,
    distances: bool,
    held_feet: bool,
    spine: bool,
) -> None:
    """Print tables of agreement."""
    if spine:
        through_the_spine()
    noisy = [(view, DISTANCE, MEASURED) for view in VIEWS]
    exact = [(view, DISTANCE, EXACT) for view in VIEWS]
    sideways = [(view, DISTANCE, EXACT) for view in SIDEWAYS]
    walked = [*lift_pairs(walks(data_dir), noisy + exact, cache)]
    exercised = [*lift_pairs(evenly(others(data_dir), takes), noisy + sideways, cache)]
    head = ["angle", *VIEWS, "side and 45 degrees"]
    for title, pairs in (("walking", walked), ("other motion", exercised)):
        compared = Compared(pairs, held_feet)
        click.echo(f"\n{title}: RMS after taking out the mean, degrees, exact / noisy 2D\n")
        click.echo(markdown_table([head, *by_view(compared)]))
        click.echo(f"\n{title}: agreement, side and 45 degrees, noisy 2D\n")
        click.echo(markdown_table([AGREEMENT, *agreements(compared)]))
    if distances:
        more = [(view, distance, MEASURED) for view in SIDEWAYS for distance in DISTANCES]
        farther = [*lift_pairs(walks(data_dir), more, cache)]
        click.echo("\nwalking, by distance, RMS after taking out the mean, noisy 2D\n")
        columns = ["view", "distance", *(name.replace("_", " ") for name in LIMBS)]
        rows = by_distance(Compared([*walked, *farther], held_feet))
        click.echo(markdown_table([columns, *rows], left=2))
    click.echo("\nevents after those of the motion capture, ms\n")
    columns = ["view", "2D", "event", "matched", "median error", "mean", "95 % within"]
    click.echo(markdown_table([columns, *events(walked)], left=3))
    if feet is not None:
        click.echo("\nevents after heels come down and balls leave, ms\n")
        columns = ["view", "2D", "event", "events", "median error", "mean", "95 % within"]
        click.echo(markdown_table([columns, *contacts(walked, FootPack(feet))], left=3))
    click.echo("\nfigures of gait, noisy 2D\n")
    columns = ["figure", "view", "takes", "true mean", "bias (95 %)", "ICC"]
    click.echo(markdown_table([columns, *lengths(walked)], left=2))


if __name__ == "__main__":
    main()
