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

from glagcn_cli.detection.hands.network import HandNetwork
from glagcn_weights.checkpoint_file import into_folder, meta_of, write
from glagcn_weights.tflite_file import PACKAGE, filled, layers_of, model_in_wheel

CHECKPOINT = "hand_lite.pth"
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
    meta = meta_of(
        "MediaPipe hand landmarks, lite",
        f"{PACKAGE}, {MODEL}",
        MODEL_SHA256,
        joint_set="hand21",
    )
    return {"state_dict": filled(HandNetwork(), layers, [*layer_names()]), "meta": meta}


@click.command()
@click.argument("wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@into_folder("-o", "--output")
def main(wheel: Path, output: Path) -> None:
    """Convert the hand landmarks from WHEEL, the package of MediaPipe."""
    write(convert(wheel), output / CHECKPOINT)


if __name__ == "__main__":
    main()
