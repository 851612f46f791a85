"""Measure how the lifter's errors go together, and whether angles lie within their error bars.

    python -m benchmarks.accuracy.error_bars --data-dir PACKS --cache FOLDER            # tables
    python -m benchmarks.accuracy.error_bars --data-dir PACKS --cache FOLDER --write \
        glagcn_cli/biomechanics/error_model.json

What is written is fitted to validation takes, whose people the lifter never saw. It is checked
across them: a fifth of the takes at a time lies against bars that are fitted to the others, then
the takes of each person against bars that are fitted to other people. Events and figures of gait
are fitted to walks of training subjects, and checked on those of validation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.error_fitting import (
    angle_errors,
    described,
    event_errors,
    fit,
    fit_gait,
    joined,
    person_of,
)
from benchmarks.accuracy.gait_events import is_walk
from benchmarks.accuracy.lifted_takes import VIEWS, Pair, lift_pairs
from benchmarks.accuracy.takes_chosen import evenly, folds, others, train_walks, walks
from glagcn_cli.biomechanics.error_bars import propagated
from glagcn_cli.biomechanics.error_model import ErrorModel, from_json, measured_errors
from glagcn_cli.biomechanics.gait_errors import with_other_errors
from glagcn_cli.biomechanics.joint_angles import joint_angles
from glagcn_training.evaluation.evaluation_noise import MEASURED
from glagcn_training.metrics.markdown_table import markdown_table

DISTANCE = 5.0  # metres
SAMPLES = 64

Floats = NDArray[np.float64]


HEAD = ("angle", "values", "RMS error", "bar, median", "within 1, %", "within 2, %")


def against_bars(pairs: Sequence[Pair], model: ErrorModel) -> dict[str, Floats]:
    """Return by kind of angle sizes of errors and bars (2, n), degrees."""
    found = joined(angle_errors(pair, propagated(pair.lifted, model)) for pair in pairs)
    for kind, values in found.items():
        scale, power = model.angles[kind]
        found[kind] = np.stack([np.abs(values[0]), scale * np.maximum(values[1], 1e-3) ** power])
    return found


def across(
    pairs: Sequence[Pair], group: Callable[[Pair], object]
) -> dict[object, dict[str, Floats]]:
    """Return by group `against_bars` of its takes, with bars fitted to all other groups."""
    found = {}
    for name in dict.fromkeys(group(pair) for pair in pairs):
        model = from_json(fit([pair for pair in pairs if group(pair) != name]))
        found[name] = against_bars([pair for pair in pairs if group(pair) == name], model)
    return found


def coverage(found: dict[str, Floats]) -> Iterator[list[str]]:
    """Yield a row for each kind of angle: bars, errors, and how many lie within."""
    for kind, (off, bars) in found.items():
        yield [
            kind, str(len(off)), f"{np.sqrt((off**2).mean()):.1f}", f"{np.median(bars):.1f}",
            *shares(off, bars, digits=1),
        ]  # fmt: skip


def shares(off: Floats, bars: Floats, digits: int = 0) -> list[str]:
    """Return cells: percent of errors within one and within two bars."""
    return [f"{100 * (off < k * bars).mean():.{digits}f}" if len(off) else "." for k in (1, 2)]


def by_person(found: dict[object, dict[str, Floats]]) -> list[list[str]]:
    """Return a table of how many errors of each person lie within one / within two bars."""
    kinds = next(iter(found.values()))
    rows = [
        [kind, *(" / ".join(shares(*of[kind])) for of in found.values())] for kind in kinds
    ]  # fmt: skip
    return [["angle", *map(str, found)], *rows]


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
        sizes = [
            f"{scale * x:.{digits}f} {unit}" for x in (np.median(np.abs(off)), np.median(bars))
        ]
        yield [name, str(len(off)), *sizes, *shares(np.abs(off), bars)]


def as_text(content: dict[str, Any]) -> str:
    """Return the model as JSON, a mode a line."""
    modes = ",\n".join("  " + json.dumps(mode) for mode in content["modes"])
    head = json.dumps({name: value for name, value in content.items() if name != "modes"}, indent=1)
    return f'{head[:-2]},\n "modes": [\n{modes}\n ]\n}}\n'


@click.command()
@click.option("--data-dir", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--cache", type=click.Path(path_type=Path), help="Folder for what was lifted.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the fitted model here.")
@click.option("--takes", default=0, help="Takes of other motion than walking; 0 for all.")
@click.option("--draw", is_flag=True, help="Compare with drawing errors at random (slow).")
def main(data_dir: Path, cache: Path | None, write: Path | None, takes: int, draw: bool) -> None:
    """Check how many errors lie within bars, and write the model that is fitted to all takes."""
    conditions = [(view, DISTANCE, MEASURED) for view in VIEWS]
    chosen = walks(data_dir) + evenly(others(data_dir), takes)
    pairs = [*lift_pairs(chosen, conditions, cache)]
    click.echo(f"{len(pairs)} takes and views; {described(pairs)}\n")
    fold = folds(chosen)
    parts = across(pairs, lambda pair: fold[pair.number]).values()
    click.echo(markdown_table([HEAD, *coverage(joined(parts))]))
    click.echo("\nwithin one / two bars that are fitted to other people, %\n")
    click.echo(markdown_table(by_person(across(pairs, person_of))))
    if write:
        content = fit(pairs)
        fit_gait(content, [*lift_pairs(train_walks(data_dir), conditions, cache)])
        write.write_text(as_text(content), encoding="utf-8")
        model = from_json(json.loads(json.dumps(content)))
    else:
        model = measured_errors()
    walked = [pair for pair in pairs if is_walk(pair.take.action)]
    events = ["gait", "values", "error, median", "bar, median", "within 1, %", "within 2, %"]
    click.echo("\n" + markdown_table([events, *gait_coverage(walked, model)]))
    if draw:
        head = ["angle", "moved", "drawn", "rank, moved", "rank, drawn"]
        click.echo("\n" + markdown_table([head, *sampling(pairs[::8], model)]))


if __name__ == "__main__":
    main()
