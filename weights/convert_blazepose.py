"""Convert BlazePose from the TensorFlow Lite file of a PyPI package to a PyTorch checkpoint.

Besides what the program needs: pip install tflite

pip download --no-deps mediapipe==0.10.21
python weights/convert_blazepose.py mediapipe-0.10.21-*.whl -o weights/
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from glagcn_cli.detection.blazepose.network import TAPS, BlazePose
from glagcn_cli.skeleton import COCO25
from glagcn_weights.checkpoint_file import into_folder, meta_of, write
from glagcn_weights.tflite_file import PACKAGE, filled, layers_of, model_in_wheel

CHECKPOINT = "blazepose_full.pth"
MODEL = "mediapipe/modules/pose_landmark/pose_landmark_full.tflite"
MODEL_SHA256 = "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"

_OF_MASK = (2, 11)  # layers of the person's mask: beside the first block, and at the end


def layer_names() -> Iterator[str | None]:
    """Name the network's layers in the file's order; None for layers of what is left out."""
    network = BlazePose()
    yield "backbone.stem"
    for number, block in enumerate(network.backbone.blocks):
        name = f"backbone.blocks.{number}"
        if block.expand is not None:
            yield f"{name}.expand"
        # A block's results go into the pyramid right after the next block has widened them.
        if number - 1 in TAPS:
            yield from _separable(f"head.pyramid.laterals.{TAPS.index(number - 1)}")
        if number == 1:
            yield from [None] * _OF_MASK[0]
        yield f"{name}.depthwise"
        yield f"{name}.project"
    yield "backbone.top"
    yield "backbone.filter"
    yield from _separable(f"head.pyramid.laterals.{len(TAPS)}")
    yield from [None] * _OF_MASK[1]
    yield "head.heat"
    yield from _separable("head.regression.entry")
    for number in range(len(network.head.regression.blocks)):
        yield from _separable(f"head.regression.blocks.{number}.separable")
    yield "head.regression.landmarks"
    yield None  # points in metres
    yield "head.regression.presence"


def _separable(name: str) -> Iterator[str]:
    yield f"{name}.depthwise"
    yield f"{name}.pointwise"


def convert(wheel: Path) -> dict[str, Any]:
    """Checkpoint of the package's model: ``state_dict`` and plain ``meta``."""
    layers = [*layers_of(model_in_wheel(wheel, MODEL, MODEL_SHA256))]
    meta = meta_of(
        "BlazePose GHUM full, without mask and points in metres",
        f"{PACKAGE}, {MODEL}",
        MODEL_SHA256,
        joint_set=COCO25.name,
        dataset_meta={
            "num_keypoints": len(COCO25),
            "keypoint_id2name": dict(enumerate(COCO25.joints)),
            "flip_indices": [*COCO25.mirror],
        },
    )
    return {"state_dict": filled(BlazePose(), layers, [*layer_names()]), "meta": meta}


@click.command()
@click.argument("wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@into_folder("-o", "--output")
def main(wheel: Path, output: Path) -> None:
    """Convert BlazePose from WHEEL, the package of MediaPipe."""
    write(convert(wheel), output / CHECKPOINT)


if __name__ == "__main__":
    main()
