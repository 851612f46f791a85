"""Command lines of ``glagcn-train`` and ``glagcn-eval``."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import click

from glagcn_cli.errors import GlagcnError

DATASETS = ("mocap",)


def _dataset_options(command: Callable[..., None]) -> Callable[..., None]:
    """Options that both commands have."""
    for option in (
        click.option(
            "--data-dir", required=True, type=click.Path(path_type=Path),
            help="mocap: a motion pack (.npz) or a folder of packs.",
        ),
        click.option(
            "--dataset", type=click.Choice(DATASETS), required=True,
            help="mocap: motion packs seen by virtual cameras.",
        ),
        click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda[:N]"),
        click.option("--threads", type=click.IntRange(min=1), help="CPU threads of torch."),
    ):  # fmt: skip
        command = option(command)
    return command


def _prepare(device: str, threads: int | None) -> str:
    """Set up logging and threads; returns the device to compute on."""
    import torch

    from glagcn_cli.devices import choose_device

    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", stream=sys.stderr)
    if threads:
        torch.set_num_threads(threads)
    return choose_device(device)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@_dataset_options
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Run folder.")
@click.option("--window", default=27, show_default=True, help="T, frames: 27, 81 or 243.")
@click.option("--channels", default=96, show_default=True, help="Width of the network.")
@click.option("--global-blocks", default=3, show_default=True, help="Blocks of the global module.")
@click.option("--variant", type=click.Choice(["paper", "released"]), default="paper")
@click.option("--dropout", default=0.1, show_default=True)
@click.option("--steps", default=4000, show_default=True, help="Optimizer steps.")
@click.option("--batch", default=64, show_default=True, help="Windows a step.")
@click.option("--rate", default=2e-3, show_default=True, help="First learning rate (AdamW).")
@click.option("--noise", default=0.03, show_default=True, help="Largest 2D noise, share of size.")
@click.option("--seed", default=1, show_default=True)
@click.option("--init", metavar="FILE", help="Take over the fitting weights of a checkpoint.")
@click.option("--data", default="", help="What the data is, for the checkpoint.")
@click.option("--licence", default="", help="Under which terms the weights may be used, likewise.")
@click.option("--bfloat16", is_flag=True, help="Compute in bfloat16.")
def train(
    dataset: str, data_dir: Path, out: Path, device: str, threads: int | None, **options: object
) -> None:
    """Train a lifter; run again with the same folder to resume.

    OUT/lifter.pth is the checkpoint to use with `glagcn-video --lifter` and `glagcn-eval`.
    """
    import torch

    from glagcn_cli.model.architecture import Architecture

    from .samples import Augmentation
    from .train import TrainingRun, TrainingSettings

    network = ("window", "channels", "global_blocks", "variant", "dropout")
    recipe = ("steps", "batch", "rate", "seed", "init", "data", "licence", "bfloat16")
    try:
        settings = TrainingSettings(
            Architecture(**{name: options[name] for name in network}),  # type: ignore[arg-type]
            Augmentation(noise=options["noise"]),  # type: ignore[arg-type]
            **{name: options[name] for name in recipe},  # type: ignore[arg-type]
        )
        run = TrainingRun(settings, data_dir, out, torch.device(_prepare(device, threads)))
        run.resume()
        run.run()
    except (GlagcnError, ValueError) as error:
        raise click.ClickException(str(error)) from error


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@_dataset_options
@click.option("--split", type=click.Choice(["train", "val", "test"]), default="val")
@click.option("--weights", metavar="NAME|FILE", help="Lifter; the shipped default if not given.")
@click.option("--noise", type=click.Choice(["exact", "detector"]), default="exact")
@click.option("--flip", is_flag=True, help="Average with the mirror image.")
@click.option("--json", "report", type=click.Path(path_type=Path), help="Write the figures here.")
def evaluate(
    dataset: str,
    data_dir: Path,
    device: str,
    threads: int | None,
    split: str,
    weights: str | None,
    noise: str,
    flip: bool,
    report: Path | None,
) -> None:
    """Measure a lifter in millimetres on clips seen by virtual cameras of a fixed seed."""
    from glagcn_cli.checkpoints import DEFAULT_LIFTER
    from glagcn_cli.lifting import Lifter

    from . import evaluate as evaluation
    from .data.packs import read_packs

    try:
        weights = weights or DEFAULT_LIFTER
        lifter = Lifter.load(weights, _prepare(device, threads))
        clips = read_packs(data_dir, split)
        seen = evaluation.observe_clips(clips, noise)
        figures = evaluation.evaluate(evaluation.lifter_predictor(lifter, flip), seen)
        constant = evaluation.constant_predictor(
            evaluation.observe_clips(read_packs(data_dir, "train"), "exact")
        )
        floor = evaluation.evaluate(constant, seen)["p_mpjpe"]
    except GlagcnError as error:
        raise click.ClickException(str(error)) from error
    setting = {"dataset": dataset, "split": split, "noise": noise, "flip": flip, "weights": weights}
    result = figures | {"constant_pose_p_mpjpe": floor, "setting": setting}
    if report:
        report.write_text(json.dumps(result, indent=2) + "\n")
    for name, value in result.items():
        click.echo(
            f"{name:>22}  {value:.1f}" if isinstance(value, float) else f"{name:>22}  {value}"
        )
