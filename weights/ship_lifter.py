"""Ships a trained lifter: measures it and writes the figures into its file.

    python weights/ship_lifter.py runs/lifter-81/lifter.pth weights/lifter-81.pth --data-dir PACKS
        --trained-on "CMU ..., seen by virtual cameras" --licence "CMU: free for all uses, ..."

What was learned is stored in half precision, and what is measured is the lifter as it is stored.
The size of the errors that it predicts is fitted on every second take; calibration is measured on
the others. The file's metrics tell the figures and, as ``val_takes``, of how many takes they are;
None is all. It is written when everything is measured.
Prints the table for the model card and the sha256 for
`glagcn_cli.lifting.checkpoints.SHIPPED_LIFTERS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import torch

from glagcn_cli.errors import UsageError
from glagcn_cli.files.atomic import check_output
from glagcn_cli.files.checksums import sha256
from glagcn_cli.lifting.checkpoints import LifterCard, load_lifter, save_lifter
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.opening import on_its_body
from glagcn_cli.model.gla_gcn import GLAGCN, ReleasedGLAGCN
from glagcn_cli.skeleton import JOINT_SETS
from glagcn_training.commands.failures import failures_as_messages
from glagcn_training.data.packs import read_packs
from glagcn_training.engine.extending import extended
from glagcn_training.evaluation.depth_reversals import DepthReversals
from glagcn_training.evaluation.evaluate import (
    CAMERAS_PER_TAKE,
    Observation,
    lifter_predictor,
    observe_takes,
    score_all,
)
from glagcn_training.evaluation.evaluation_noise import EXACT, MEASURED, NOISE
from glagcn_training.evaluation.extremity_errors import ExtremityErrors
from glagcn_training.evaluation.gravity_errors import GravityErrors
from glagcn_training.evaluation.uncertainty import Reliability
from glagcn_training.metrics.scores import summarise
from glagcn_weights.error_scale import scale_errors

COLUMNS = {
    "mpjpe_mm": "MPJPE", "p_mpjpe_mm": "P-MPJPE", "n_mpjpe_mm": "N-MPJPE", "mpjve_mm": "MPJVE",
    "reversals_per_1000_frames": "reversals", "gravity_degrees": "gravity",
    "calibration_error_mm": "calibration", "foot_heading_degrees": "feet", "palm_degrees": "palms",
}  # fmt: skip


def split(seen: Sequence[Observation]) -> tuple[list[Observation], list[Observation]]:
    """Return every second take, from all its cameras, and the others."""
    halves: tuple[list[Observation], list[Observation]] = ([], [])
    for number, one in enumerate(seen):
        halves[number // CAMERAS_PER_TAKE % 2].append(one)
    return halves


def measure(lifter: Lifter, seen: Sequence[Observation], flip: bool) -> dict[str, float]:
    """Measure the figures of one setting that the lifter has, by the names of `COLUMNS`."""
    depth, gravity, reliability = DepthReversals(), GravityErrors(), Reliability()
    extremities = ExtremityErrors()
    fitted, others = split(seen)
    predict = lifter_predictor(lifter, flip)
    rows = score_all(predict, fitted, (depth, gravity, extremities))
    rows += score_all(predict, others, (depth, gravity, extremities, reliability))
    errors = summarise(rows)
    up, sure = gravity.figures(), reliability.figures()
    figures = {f"{name}_mm": errors[name] for name in ("mpjpe", "p_mpjpe", "n_mpjpe", "mpjve")}
    figures["reversals_per_1000_frames"] = depth.figures()["per_1000_frames"]
    if up and "clip" in up:
        figures["gravity_degrees"] = up["clip"]
    if sure:
        figures["calibration_error_mm"] = sure["error"]
    for name, spread in (extremities.figures() or {}).items():
        if (key := f"{name}_degrees") in COLUMNS:
            figures[key] = spread.median
    return {name: round(value, 2) for name, value in figures.items()}


def for_strangers(card: LifterCard, trained_on: str, licence: str) -> LifterCard:
    """Return a card with the terms of use and without names of local folders."""
    data, licence = trained_on or card.data, licence or card.licence
    if not licence:
        raise UsageError("the card names no licence of the data; give --licence")
    recipe = dict(card.recipe)
    if recipe.get("init"):
        recipe["init"] = Path(recipe["init"]).name
    return replace(card, data=data, licence=licence, recipe=recipe)


def as_stored(network: GLAGCN | ReleasedGLAGCN, card: LifterCard, shipped: Path) -> Lifter:
    """Return the lifter as reading its file gives it, on the body of another where it has one."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lifter.pth"
        save_lifter(path, network, card)
        stored, card = load_lifter(path)
        return Lifter(on_its_body(stored, shipped.resolve()), card)


def fit_errors(lifter: Lifter, seen: Sequence[Observation]) -> None:
    """Scale the errors that a lifter predicts, and describe the scale."""
    for branch, scale in scale_errors(lifter, seen).items():
        click.echo(f"errors of the {branch}: {scale.factors.mean():.2f} s^{scale.exponent:.2f}")
        if scale.warning:
            click.echo(f"warning: errors of the {branch}: {scale.warning}", err=True)


def averaged(network: GLAGCN | ReleasedGLAGCN, before: Path, share: float) -> None:
    """Move a network's weights towards those that its training began with, in place.

    Parameters
    ----------
    network
        As it was trained.
    before
        A lifter of the same architecture, or of the body where the network has feet and palms.
    share
        How much of the result is the trained network, 0 to 1.
    """
    old = load_lifter(before)[0].state_dict()
    new = network.state_dict()
    old = {name: extended(name, old[name], value, network.joint_set) for name, value in new.items()}
    mixed = {
        name: torch.lerp(old[name].float(), value.float(), share).to(value.dtype)
        if value.is_floating_point()
        else value
        for name, value in new.items()
    }
    network.load_state_dict(mixed)


@click.command()
@click.argument("trained", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("shipped", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--takes", default=0, type=click.IntRange(min=0),
    help="Number of takes, evenly chosen; 0 for all. It is stored in the file.",
)  # fmt: skip
@click.option(
    "--trained-on", default="", help="What it was trained on, where its card does not say."
)
@click.option("--licence", default="", help="Under which terms, where its card does not say.")
@click.option(
    "--before", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Average the weights with those of this lifter, with which the training began.",
)  # fmt: skip
@click.option(
    "--share", default=0.75, show_default=True, type=click.FloatRange(0, 1),
    help="Of TRAINED in that average.",
)  # fmt: skip
@click.option("--threads", default=1, show_default=True)
@failures_as_messages()
def main(
    trained: Path,
    shipped: Path,
    data_dir: Path,
    takes: int,
    trained_on: str,
    licence: str,
    before: Path | None,
    share: float,
    threads: int,
) -> None:
    """Measure TRAINED on the packs' validation subjects and write it as SHIPPED."""
    check_output(shipped, overwrite=True)
    torch.set_num_threads(threads)
    network, card = load_lifter(trained)
    if before is not None:
        averaged(network, before, share)
    card = for_strangers(card, trained_on, licence)
    motion = read_packs(data_dir, "val", JOINT_SETS[card.architecture.joint_set])
    seen = {noise: observe_takes(motion, noise, card.conversion, takes) for noise in NOISE}
    fit_errors(Lifter(network, card), [*split(seen[EXACT])[0], *split(seen[MEASURED])[0]])
    lifter = as_stored(network, card, shipped)
    chosen = len(motion.evenly_chosen(takes))
    metrics: dict[str, Any] = {"val_takes": None if chosen == len(motion.takes) else chosen}
    click.echo(f"| 2D | flip | {' | '.join(COLUMNS.values())} |")
    click.echo("| --- | --- " + "| ---: " * len(COLUMNS) + "|")
    for noise, flip in product(NOISE, (False, True)):
        figures = measure(lifter, seen[noise], flip)
        cells = [f"{figures[name]:.1f}" if name in figures else "-" for name in COLUMNS]
        click.echo(f"| {noise} | {'yes' if flip else 'no'} | {' | '.join(cells)} |")
        setting = f"val_{noise}_{'flip' if flip else 'plain'}"
        metrics |= {f"{setting}_{name}": value for name, value in figures.items()}
    save_lifter(shipped, network, replace(card, metrics=metrics))
    click.echo(f"{shipped.name} {shipped.stat().st_size} bytes, sha256 {sha256(shipped)}")


if __name__ == "__main__":
    main()
