"""Make a trained lifter one that is shipped: measure it, write the figures into its file.

    python weights/ship_lifter.py runs/lifter-27/lifter.pth weights/lifter-27.pth --data-dir PACKS

Prints the sha256 for `glagcn_cli.checkpoints.SHIPPED_LIFTERS` and the table for the model card.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import click

from glagcn_cli.checkpoints import load_lifter, save_lifter, sha256
from glagcn_cli.lifting import Lifter
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluate import NOISE, lifter_predictor, observe_takes, score_all
from glagcn_training.scores import summarise


@click.command()
@click.argument("trained", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("shipped", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
def main(trained: Path, shipped: Path, data_dir: Path) -> None:
    """Measure TRAINED on the packs' validation subjects and write it as SHIPPED."""
    network, card = load_lifter(trained)
    lifter = Lifter(network, card)
    takes = read_packs(data_dir, "val")
    metrics: dict[str, float] = {}
    click.echo(
        "| 2D | mirror averaged | MPJPE | P-MPJPE | N-MPJPE | MPJVE |\n" + "| --- " * 6 + "|"
    )
    seen = {noise: observe_takes(takes, noise, card.conversion) for noise in NOISE}
    for noise, flip in product(NOISE, (False, True)):
        figures = summarise(score_all(lifter_predictor(lifter, flip), seen[noise]))
        names = ("mpjpe", "p_mpjpe", "n_mpjpe", "mpjve")
        row = [noise, "yes" if flip else "no", *(f"{figures[name]:.1f}" for name in names)]
        click.echo(f"| {' | '.join(row)} |")
        setting = f"val_{noise}_{'flip' if flip else 'plain'}"
        metrics |= {f"{setting}_{name}_mm": round(figures[name], 2) for name in names}
    save_lifter(shipped, network, replace(card, metrics=metrics))
    click.echo(f"{shipped.name} {shipped.stat().st_size} bytes, sha256 {sha256(shipped)}")


if __name__ == "__main__":
    main()
