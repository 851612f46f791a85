"""Convert MediaPipe's hand landmarks from the TensorFlow Lite file of a PyPI package to PyTorch.

Besides what the program needs: pip install tflite

pip download --no-deps mediapipe==0.10.21
python weights/convert_hands.py mediapipe-0.10.21-*.whl -o weights/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import torch

from glagcn_cli.detection.hands.network import HandNetwork
from glagcn_weights.tflite_file import PACKAGE, filled, layers_of, model_in_wheel

CHECKPOINT = "hand_lite.pth"
FORMAT_VERSION = 1
MODEL = "mediapipe/modules/hand_landmark/hand_landmark_lite.tflite"
MODEL_SHA256 = "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6"


def layer_names() -> Iterator[str | None]:
    """Name the network's layers in the file's order."""
    yield "backbone.stem"
    for number, block in enumerate(HandNetwork().backbone.blocks):
        if block.expand is not None:
            yield f"backbone.blocks.{number}.expand"
        yield f"backbone.blocks.{number}.depthwise"
        yield f"backbone.blocks.{number}.project"
    yield "backbone.top"
    yield "backbone.filter"
    yield from (f"head.{name}" for name in ("side", "presence", "landmarks", "metric"))


def convert(wheel: Path) -> dict[str, Any]:
    """Checkpoint of the package's model: ``state_dict`` and plain ``meta``."""
    layers = [*layers_of(model_in_wheel(wheel, MODEL, MODEL_SHA256))]
    meta = {
        "architecture": "MediaPipe hand landmarks, lite",
        "format_version": FORMAT_VERSION,
        "joint_set": "hand21",
        "source": f"{PACKAGE}, {MODEL}",
        "source_sha256": MODEL_SHA256,
        "licence": "Apache-2.0",
    }
    return {"state_dict": filled(HandNetwork(), layers, [*layer_names()]), "meta": meta}


@click.command()
@click.argument("wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(__file__).parent,
    show_default="this script's folder",
    help="Folder for the checkpoint.",
)
def main(wheel: Path, output: Path) -> None:
    """Convert the hand landmarks from WHEEL, the package of MediaPipe."""
    path = output / CHECKPOINT
    torch.save(convert(wheel), path)
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
