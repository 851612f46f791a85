"""Ablations: train small lifters that differ in one setting, and compare them.

    python -m benchmarks.ablations.ablations --data-dir PACKS -o runs/ablations
    python -m benchmarks.ablations.ablations --data-dir PACKS -o runs/ablations
        --family augmentation
    python -m benchmarks.ablations.ablations --data-dir PACKS -o runs/ablations --family size
    python -m benchmarks.ablations.ablations --data-dir PACKS -o runs/ablations --family claims
    python -m benchmarks.ablations.ablations --data-dir PACKS -o runs/ablations --only base

Family "network" compares networks and losses, "augmentation" the recipe `mocap_27` with itself less
one piece of it, "size" networks of more channels and blocks by that recipe, "claims" the paper's
questions by `mocap_wide_27` (`rows.py`). Every run of a family has the same recipe, seed and order
of windows, except for the change in its name. Finished runs are not repeated. The tables are
printed in markdown.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path

import click

from benchmarks.ablations.conditions import (
    CONDITIONS,
    EXACT_2D,
    FIGURES,
    MEASURED_2D,
    Condition,
    conditions,
    some_takes,
)
from benchmarks.ablations.conditions import measure as measure_condition
from benchmarks.ablations.rows import (
    AUGMENTATION,
    FAMILIES,
    PIECES,
    Family,
    Variant,
    folder_name,
    same_seed,
)
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.windows import CENTRE, SEQUENCE
from glagcn_cli.model.gla_gcn import GLAGCN
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluation.evaluate import lifter_predictor, observe_takes, score_all
from glagcn_training.evaluation.evaluation_noise import DETECTOR, EXACT
from glagcn_training.metrics.markdown_table import markdown_table
from glagcn_training.metrics.scores import summarise

TAKES = 64  # of the validation subjects, evenly chosen, each seen by two cameras
TAKES_OF_CONDITIONS = 24  # likewise, for the family "augmentation"
NETWORK_COLUMNS = [
    f"{noise} {branch}" for noise in (EXACT, DETECTOR) for branch in (CENTRE, SEQUENCE)
]


def train(run: Path, family: Family, variant: Variant, data_dir: Path, threads: int) -> None:
    """Train one variant with the project's own command."""
    command = [sys.executable, "-m", "glagcn_training", "--dataset", "mocap", "--config",
               family.recipe, "--data-dir", str(data_dir), "-o", str(run), "--threads",
               str(threads)]  # fmt: skip
    for override in (*family.common, *variant.overrides):
        command += ["--set", override]
    if variant.start:
        pruned = run.with_suffix(".pth")
        if not pruned.exists():
            from glagcn_training.lifter_files.prune_file import prune_checkpoint

            start = run.parent / folder_name(variant.start)
            prune_checkpoint(start / "lifter.pth", pruned, data_dir)
        command += ["--init", str(pruned)]
    started = time.perf_counter()
    subprocess.run(command, check=True)
    click.echo(f"trained in {(time.perf_counter() - started) / 60:.1f} minutes", err=True)


def trained_lifter(run: Path, data_dir: Path) -> Lifter:
    """Return the lifter of a finished run."""
    path = run / "lifter.pth"
    if path.exists():
        return Lifter.load(str(path), refines=False)
    # A baseline: its weights are in the run's last state.
    import yaml

    from glagcn_training.engine.runner import TrainingRun
    from glagcn_training.recipes.recipe import Recipe
    from glagcn_training.recipes.recipe_files import from_mapping

    recipe = from_mapping(
        Recipe, yaml.safe_load((run / "recipe.yaml").read_text(encoding="utf-8")), ""
    )
    resumed = TrainingRun.open(recipe, data_dir, run)
    resumed.train()
    return resumed.model.lifter()


def measure_branches(lifter: Lifter, data_dir: Path) -> dict[str, float]:
    """Measure errors on the validation takes, exact and noisy 2D, for every branch."""
    branches = [CENTRE]
    if isinstance(lifter.network, GLAGCN) and lifter.card.recipe["loss"]["sequence"] > 0:
        branches.append(SEQUENCE)
    takes = read_packs(data_dir, "val")
    row: dict[str, float] = {}
    for noise in (EXACT, DETECTOR):
        seen = observe_takes(takes, noise, lifter.card.conversion, TAKES)
        for branch in branches:
            figures = summarise(score_all(lifter_predictor(lifter, branch=branch), seen))
            row |= {f"{noise} {branch} {key}": figures[key] for key in FIGURES}
    return row


@lru_cache
def validation_conditions(data_dir: Path, conversion: str) -> dict[str, Condition]:
    """Make all conditions, once for all lifters."""
    return conditions(some_takes(read_packs(data_dir, "val"), TAKES_OF_CONDITIONS), conversion)


def measure_conditions(lifter: Lifter, data_dir: Path) -> dict[str, float]:
    """Measure errors on the validation takes in every condition, as videos are lifted."""
    return {
        f"{name} {figure}": value
        for name, condition in validation_conditions(data_dir, lifter.card.conversion).items()
        for figure, value in measure_condition(lifter, condition).items()
    }


def measured_rows(family: Family, folder: Path) -> dict[str, dict[str, float]]:
    """Read the figures of all measured rows of a family."""
    paths = {row: folder / folder_name(row) / "figures.json" for row in family.variants}
    return {
        row: json.loads(path.read_text(encoding="utf-8"))
        for row, path in paths.items()
        if path.exists()
    }


def network_table(rows: dict[str, dict[str, float]]) -> str:
    """Format MPJPE / P-MPJPE by branch, and MPJVE."""
    lines = [["run", *NETWORK_COLUMNS, "MPJVE, noise"]]
    for name, row in rows.items():
        cells = [_both(row, c) if f"{c} mpjpe" in row else "-" for c in NETWORK_COLUMNS]
        best = row.get("detector sequence mpjve", row["detector centre mpjve"])
        lines.append([name, *cells, f"{best:.1f}"])
    return markdown_table(lines)


def condition_table(rows: dict[str, dict[str, float]]) -> str:
    """Format MPJPE / P-MPJPE and MPJVE of whole bodies, MPJPE in the other conditions."""
    whole = (EXACT_2D, MEASURED_2D)
    others = [name for name in CONDITIONS if name not in whole]
    lines = [["run", *whole, "MPJVE, measured noise", *others]]
    for name, row in rows.items():
        cells = [f"{row[f'{condition} mpjpe']:.1f}" for condition in others]
        velocity = f"{row[f'{MEASURED_2D} mpjve']:.1f}"
        lines.append([name, *(_both(row, c) for c in whole), velocity, *cells])
    return markdown_table(lines)


def purpose_table(rows: dict[str, dict[str, float]]) -> str:
    """Compare each piece with the whole recipe of the same seeds, in its own condition.

    Numbers in a cell are of one seed each. Runs of one seed begin alike and see the same windows,
    so their difference is more reliable than that of runs of different seeds.
    """
    lines = [["row", "measured in", "whole recipe: MPJPE", "this row", "difference",
              "of P-MPJPE"]]  # fmt: skip
    for piece, variant in PIECES.items():
        runs = [r for r in (piece, f"{piece}, seed 2") if r in rows and same_seed(r) in rows]
        if not runs:
            continue
        values = {
            (figure, whose): [rows[of(run)][f"{variant.purpose} {figure}"] for run in runs]
            for figure in FIGURES[:2]
            for whose, of in (("whole", same_seed), ("own", str))
        }
        cells = [_several(values["mpjpe", whose], ".1f") for whose in ("whole", "own")]
        for figure in FIGURES[:2]:
            pairs = zip(values[figure, "own"], values[figure, "whole"], strict=True)
            cells.append(_several([own - whole for own, whole in pairs], "+.1f"))
        lines.append([piece, variant.purpose, *cells])
    return markdown_table(lines)


def _several(values: list[float], form: str) -> str:
    return ", ".join(format(value, form) for value in values)


def _both(row: dict[str, float], column: str) -> str:
    return f"{row[f'{column} mpjpe']:.1f} / {row[f'{column} p_mpjpe']:.1f}"


def tables(family: Family, folder: Path) -> str:
    """Format the measured rows of a family in markdown; errors in millimetres."""
    rows = measured_rows(family, folder)
    if family is not AUGMENTATION:
        return network_table(rows)
    return f"{condition_table(rows)}\n\n{purpose_table(rows)}"


@click.command()
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path))
@click.option("--family", "name", default="network", show_default=True,
              type=click.Choice(list(FAMILIES)))  # fmt: skip
@click.option("--only", multiple=True, help="Row by its name; else all.")
@click.option("--threads", default=1, show_default=True)
def main(data_dir: Path, out: Path, name: str, only: tuple[str, ...], threads: int) -> None:
    """Train and measure what is missing and print the table: MPJPE / P-MPJPE, millimetres."""
    import torch

    family = FAMILIES[name]
    if unknown := set(only) - set(family.variants):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: no row of {name}",
                                 param_hint="--only")  # fmt: skip
    torch.set_num_threads(threads)
    measure = measure_conditions if family is AUGMENTATION else measure_branches
    for row in only or family.variants:
        run = out / folder_name(row)
        if (run / "figures.json").exists():
            continue
        click.echo(row, err=True)
        if not (run / "lifter.pth").exists():
            train(run, family, family.variants[row], data_dir, threads)
        figures = measure(trained_lifter(run, data_dir), data_dir)
        (run / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    click.echo(tables(family, out))


if __name__ == "__main__":
    main()
