"""Lifters of MMPose beside ours, on motion packs, under the same input and measures.

    python -m benchmarks.peers.mmpose_lifters --data-dir PACKS CONFIG,CHECKPOINT ...

Each is exported as ONNX (`glagcn-data export-onnx`), and measured by what `glagcn-eval` runs: the
same virtual cameras, the same noise, flip averaging for all. MMPose and its weights are the user's.
An `.onnx` file with its card may stand in the place of a configuration and a checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_training.evaluation.evaluation_noise import NOISE
from glagcn_training.evaluation.run import EvaluationSettings, run_evaluation
from glagcn_training.lifter_files.export_onnx import export_onnx
from glagcn_training.metrics.markdown_table import markdown_table

FIGURES = {"p_mpjpe": "P-MPJPE (mm)", "n_mpjpe": "N-MPJPE (mm)", "mpjpe": "MPJPE (mm)"}


def as_weights(name: str, folder: Path) -> str:
    """Return what `glagcn-eval --weights` takes of a lifter: exported where it is MMPose's."""
    if "," not in name:
        return name
    exported = folder / f"{Path(name.rsplit(',', 1)[1]).stem}.onnx"
    export_onnx(name, exported)
    return str(exported)


def measure(names: Sequence[str], settings: EvaluationSettings) -> list[list[str]]:
    """Return a row a lifter: its name and the figures of `FIGURES`."""
    rows = []
    with TemporaryDirectory() as folder:
        for name in names:
            weights = as_weights(name, Path(folder))
            result, _ = run_evaluation(EvaluationSettings(**{**vars(settings), "weights": weights}))
            rows.append([Path(weights).name, *(f"{result[key]:.1f}" for key in FIGURES)])
    return rows


@click.command()
@click.argument("lifters", nargs=-1, metavar="[NAME|CONFIG,CHECKPOINT]...")
@click.option("--data-dir", required=True, type=click.Path(path_type=Path), help="Motion packs.")
@click.option("--noise", default="measured", type=click.Choice(NOISE), help="Of the 2D joints.")
@click.option("--takes", default=0, help="Number of takes, evenly chosen; 0 for all.")
def main(lifters: tuple[str, ...], data_dir: Path, noise: str, takes: int) -> None:
    """Print a table of errors, ours first."""
    settings = EvaluationSettings("mocap", data_dir, noise=noise, takes=takes, flip=True)
    rows = measure([DEFAULT_LIFTER, *lifters], settings)
    click.echo(markdown_table([["lifter", *FIGURES.values()], *rows]))


if __name__ == "__main__":
    main()
