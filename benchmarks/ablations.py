"""One change at a time: train small lifters on motion packs, all else equal, and compare them.

    python benchmarks/ablations.py --data-dir PACKS -o runs/ablations
    python benchmarks/ablations.py --data-dir PACKS -o runs/ablations --only base --only shared

Every run has the same recipe (`COMMON`), seed, order of windows and cameras but for what its name
says. A run that is there already is not repeated. The table is printed in markdown.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

COMMON = (
    "network.channels=32", "network.global_blocks=2", "schedule.steps=1000",
    "schedule.validations=0", "schedule.save_every=500", "schedule.log_every=100",
)  # fmt: skip
HALF = 20  # channels: what width_at gives for half the multiplications of 32
MORE = 500  # steps of fine-tuning
TAKES = 64  # of the validation subjects, evenly chosen, each seen by two cameras


@dataclass(frozen=True)
class Variant:
    """What differs from the base run; `start` is the run whose lifter is pruned to begin with."""

    overrides: tuple[str, ...] = ()
    start: str = ""


VARIANTS: dict[str, Variant] = {
    "base": Variant(),
    "base, seed 2": Variant(("seed=2",)),
    "base, seed 3": Variant(("seed=3",)),
    "shared head": Variant(("network.shared_head=true",)),
    "shared head, seed 2": Variant(("network.shared_head=true", "seed=2")),
    "without L_global": Variant(("loss.sequence=0",)),
    "without L_global, seed 2": Variant(
        ("loss.sequence=0", "seed=2")
    ),
    "released variant": Variant(("network.variant=released",)),
    "released variant, seed 2": Variant(("network.variant=released", "seed=2")),
    "T = 81": Variant(("network.window=81", "optimizer.batch=21")),
    "velocity loss, weight 2": Variant(("loss.velocity=2",)),
    "bone length loss, weight 1": Variant(("loss.bone_length=1",)),
    "bone direction loss, weight 0.1": Variant(("loss.bone_direction=0.1",)),
    "no input noise": Variant(("augmentation.noise=0",)),
    "occlusion, half of the samples": Variant(("augmentation.occlusion=0.5",)),
    "half, pruned and trained on": Variant(
        (f"network.channels={HALF}", f"schedule.steps={MORE}", "optimizer.rate=0.001"), "base"
    ),
    "half from the start": Variant((f"network.channels={HALF}",)),
    "half from the start, as long as pruned": Variant(
        (f"network.channels={HALF}", f"schedule.steps={1000 + MORE}")
    ),
    "base, as long as pruned": Variant((f"schedule.steps={1000 + MORE}",)),
    "temporal convolution": Variant(("baseline=temporal-convolution",)),
    "Ranger, rate 0.01": Variant(
        ("optimizer.name=ranger", "optimizer.rate=0.01", "optimizer.last_rate=0.00001",
         "optimizer.weight_decay=0", "optimizer.largest_gradient=0", "optimizer.warm_up=0")
    ),
}  # fmt: skip


def train(name: str, variant: Variant, data_dir: Path, folder: Path, threads: int) -> None:
    """Train one variant with the project's own command."""
    run = folder / name.replace(" ", "-").replace(",", "")
    command = [sys.executable, "-m", "glagcn_training", "--dataset", "mocap", "--config",
               "mocap_27", "--data-dir", str(data_dir), "-o", str(run), "--threads",
               str(threads)]  # fmt: skip
    for override in (*COMMON, *variant.overrides):
        command += ["--set", override]
    if variant.start:
        pruned = folder / f"{run.name}.pth"
        if not pruned.exists():
            from glagcn_training.pruning_run import prune_checkpoint

            prune_checkpoint(folder / variant.start / "lifter.pth", pruned, data_dir)
        command += ["--init", str(pruned)]
    started = time.perf_counter()
    subprocess.run(command, check=True)
    row = measure(run, data_dir)
    row["minutes"] = round((time.perf_counter() - started) / 60, 1)
    (run / "figures.json").write_text(json.dumps(row, indent=2) + "\n")


def measure(run: Path, data_dir: Path) -> dict[str, float]:
    """Errors on the validation takes, exact and noisy 2D, by every branch that is there."""
    import torch

    from glagcn_cli.lifting import CENTRE, SEQUENCE, Lifter
    from glagcn_cli.model.gla_gcn import GLAGCN
    from glagcn_training.data.packs import read_packs
    from glagcn_training.engine.runner import TrainingRun
    from glagcn_training.evaluate import lifter_predictor, observe_takes, score_all
    from glagcn_training.recipe import Recipe
    from glagcn_training.recipe_files import from_mapping
    from glagcn_training.scores import summarise

    torch.set_num_threads(1)
    lifter = run / "lifter.pth"
    if lifter.exists():
        loaded = Lifter.load(str(lifter))
    else:  # a baseline: its weights are in the run's last state
        import yaml

        recipe = from_mapping(Recipe, yaml.safe_load((run / "recipe.yaml").read_text()), "")
        resumed = TrainingRun(recipe, data_dir, run)
        resumed.train()
        loaded = resumed.model.lifter()
    branches = [CENTRE]
    if isinstance(loaded.network, GLAGCN) and loaded.card.recipe["loss"]["sequence"] > 0:
        branches.append(SEQUENCE)
    takes = read_packs(data_dir, "val")
    row: dict[str, float] = {}
    for noise in ("exact", "detector"):
        seen = observe_takes(takes, noise, at_most=TAKES)
        for branch in branches:
            figures = summarise(score_all(lifter_predictor(loaded, branch=branch), seen))
            row |= {
                f"{noise} {branch} {key}": figures[key] for key in ("mpjpe", "p_mpjpe", "mpjve")
            }
    return row


def table(folder: Path) -> str:
    """All runs that are there, as markdown."""
    columns = [
        f"{noise} {branch}" for noise in ("exact", "detector") for branch in ("centre", "sequence")
    ]
    lines = [["run", *columns, "MPJVE, noise"], ["---"] * (len(columns) + 2)]
    for name in VARIANTS:
        path = folder / name.replace(" ", "-").replace(",", "") / "figures.json"
        if not path.exists():
            continue
        row = json.loads(path.read_text())
        cells = [
            f"{row[f'{c} mpjpe']:.1f} / {row[f'{c} p_mpjpe']:.1f}" if f"{c} mpjpe" in row else "-"
            for c in columns
        ]
        best = row.get("detector sequence mpjve", row["detector centre mpjve"])
        lines.append([name, *cells, f"{best:.1f}"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@click.command()
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path))
@click.option("--only", multiple=True, type=click.Choice(list(VARIANTS)))
@click.option("--threads", default=1, show_default=True)
def main(data_dir: Path, out: Path, only: tuple[str, ...], threads: int) -> None:
    """Train what is missing and print the table: MPJPE / P-MPJPE, millimetres."""
    for name in only or VARIANTS:
        run = out / name.replace(" ", "-").replace(",", "")
        if not (run / "figures.json").exists():
            click.echo(name, err=True)
            train(name, VARIANTS[name], data_dir, out, threads)
    click.echo(table(out))


if __name__ == "__main__":
    main()
