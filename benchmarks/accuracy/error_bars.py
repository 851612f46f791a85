"""Measure how the lifter's errors go together, and whether angles lie within their error bars.

    python -m benchmarks.accuracy.error_bars --data-dir PACKS --cache FOLDER            # tables
    python -m benchmarks.accuracy.error_bars --data-dir PACKS --cache FOLDER --write \
        glagcn_cli/biomechanics/error_model.json

The model is fitted to one half of the validation takes and to walks of training subjects, and
tested on the other half: no take, and of CMU no person, is in both. Events and figures of gait are
fitted to the walks of training subjects alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.error_fitting import (
    angle_errors,
    event_errors,
    fit,
    fit_gait,
    joined,
    within,
)
from benchmarks.accuracy.gait_events import is_walk
from benchmarks.accuracy.lifted_takes import VIEWS, Pair, lift_pairs
from benchmarks.accuracy.takes_chosen import FIT, TEST, half_of, others, train_walks, walks
from glagcn_cli.biomechanics.error_bars import propagated
from glagcn_cli.biomechanics.error_model import ErrorModel, from_json, measured_errors
from glagcn_cli.biomechanics.gait_errors import with_other_errors
from glagcn_cli.biomechanics.joint_angles import joint_angles
from glagcn_training.evaluation.evaluation_noise import EXACT, MEASURED
from glagcn_training.metrics.markdown_table import markdown_table

DISTANCE = 5.0  # metres
SAMPLES = 64

Floats = NDArray[np.float64]


def coverage(pairs: Sequence[Pair], model: ErrorModel) -> Iterator[list[str]]:
    """Yield a row for each kind of angle: bars, errors, and how many lie within."""
    found = joined(angle_errors(pair, propagated(pair.lifted, model)) for pair in pairs)
    for kind, values in found.items():
        one, two = within(values, model.angles[kind])
        scale, power = model.angles[kind]
        bars = scale * np.maximum(values[1], 1e-3) ** power
        yield [
            kind, str(values.shape[1]), f"{np.sqrt((values[0] ** 2).mean()):.1f}",
            f"{np.median(bars):.1f}", f"{100 * one:.0f}", f"{100 * two:.0f}",
        ]  # fmt: skip


def by_sampling(pair: Pair, model: ErrorModel) -> Floats:
    """Return deviations (frames, angles) by drawing errors in place of moving by each mode."""
    true = joint_angles(pair.lifted).degrees
    total = np.zeros_like(true)
    for body in with_other_errors(pair.lifted, model, SAMPLES):
        off = joint_angles(body).degrees - true
        total += np.nan_to_num(off) ** 2
    return np.sqrt(total / SAMPLES)


def sampling(pairs: Sequence[Pair], model: ErrorModel) -> Iterator[list[str]]:
    """Yield a row for each kind: rank correlation of bars with errors, moved and drawn."""
    from scipy.stats import spearmanr

    moved = joined(angle_errors(pair, propagated(pair.lifted, model)) for pair in pairs)
    drawn = joined(angle_errors(pair, by_sampling(pair, model)) for pair in pairs)
    for kind in moved:
        ranks = [float(spearmanr(np.abs(e[0]), e[1])[0]) for e in (moved[kind], drawn[kind])]
        sizes = [float(np.median(e[1])) for e in (moved[kind], drawn[kind])]
        yield [kind, *(f"{size:.1f}" for size in sizes), *(f"{rank:.2f}" for rank in ranks)]


def gait_coverage(pairs: Sequence[Pair], model: ErrorModel) -> Iterator[list[str]]:
    """Yield a row for each event and figure of gait: errors, bars, and how many lie within."""
    for name, (off, bars) in event_errors(pairs, model).items():
        scale, unit, digits = (1000, "ms", 0) if name in model.events else (100, "%", 1)
        shares = [f"{100 * (np.abs(off) < k * bars).mean():.0f}" for k in (1, 2)]
        sizes = [
            f"{scale * x:.{digits}f} {unit}" for x in (np.median(np.abs(off)), np.median(bars))
        ]
        yield [name, str(len(off)), *sizes, *shares]


def as_text(content: dict[str, Any]) -> str:
    """Return the model as JSON, a mode a line."""
    modes = ",\n".join("  " + json.dumps(mode) for mode in content["modes"])
    head = json.dumps({name: value for name, value in content.items() if name != "modes"}, indent=1)
    return f'{head[:-2]},\n "modes": [\n{modes}\n ]\n}}\n'


@click.command()
@click.option("--data-dir", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--cache", type=click.Path(path_type=Path), help="Folder for what was lifted.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the fitted model here.")
@click.option("--draw", is_flag=True, help="Compare with drawing errors at random (slow).")
def main(data_dir: Path, cache: Path | None, write: Path | None, draw: bool) -> None:
    """Fit the model of errors, or measure the one that comes with the program."""
    conditions = [(view, DISTANCE, noise) for view in VIEWS for noise in (MEASURED, EXACT)]
    takes = walks(data_dir) + others(data_dir)
    halves = {
        half: [*lift_pairs([t for t in takes if half_of(t[1]) == half], conditions, cache)]
        for half in ((FIT, TEST) if write else (TEST,))
    }
    if write:
        with_noise = [how for how in conditions if how[2] == MEASURED]
        trained = [*lift_pairs(train_walks(data_dir), with_noise, cache)]
        content = fit([pair for pair in halves[FIT] if pair.noise == MEASURED] + trained)
        fit_gait(content, trained)
        write.write_text(as_text(content), encoding="utf-8")
        model = from_json(json.loads(json.dumps(content)))
    else:
        model = measured_errors()
    head = ["angle", "values", "RMS error", "bar, median", "within 1, %", "within 2, %"]
    for noise in (MEASURED, EXACT):
        pairs = [pair for pair in halves[TEST] if pair.noise == noise]
        click.echo(f"\n{noise} 2D, {len(pairs)} takes\n")
        click.echo(markdown_table([head, *coverage(pairs, model)]))
        walked = [pair for pair in pairs if is_walk(pair.take.action)]
        events = ["gait", "values", "error, median", "bar, median", "within 1, %", "within 2, %"]
        click.echo("\n" + markdown_table([events, *gait_coverage(walked, model)]))
    if draw:
        noisy = [pair for pair in halves[TEST] if pair.noise == MEASURED][::8]
        head = ["angle", "moved", "drawn", "rank, moved", "rank, drawn"]
        click.echo("\n" + markdown_table([head, *sampling(noisy, model)]))


if __name__ == "__main__":
    main()
