"""Convert RTMDet-nano from OpenMMLab's ONNX export to a PyTorch checkpoint.

Besides what the program needs: pip install onnx

python weights/convert_rtmdet.py rtmdet_nano_person_320.onnx -o weights/
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glagcn_cli.detection.rtmdet.network import SIZE_DIVISOR, RTMDetNano
from glagcn_weights.checkpoint_file import check_sha256, into_folder, meta_of, write

CHECKPOINT = "rtmdet_nano_person.pth"
SOURCE = "rtmdet_nano_8xb32-100e_coco-obj365-person-05d8511e, exported to ONNX by OpenMMLab"
SOURCE_SHA256 = "b8585adb6d1352796f6e86337e09c3459b830645a7e7192d9381670bea2facbd"

Convolution = tuple[str, NDArray[np.float32], NDArray[np.float32]]
"""Name of the weight in the file, weight, bias."""


def convolutions_of(path: Path) -> list[Convolution]:
    """Read the convolutions of an ONNX file in the order in which they run."""
    import onnx
    from onnx.numpy_helper import to_array

    graph = onnx.load(path).graph
    arrays = {tensor.name: to_array(tensor) for tensor in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    return [(node.input[1], arrays[node.input[1]], arrays[node.input[2]]) for node in nodes]


def running_order(model: nn.Module) -> list[str]:
    """Names of a network's convolutions in the order in which they run.

    A convolution of a block's own runs where the block is called: blocks call functions with its
    weights, so blocks are what is listened to.
    """
    names: list[str] = []

    def listen(name: str, module: nn.Module) -> None:
        own = name if isinstance(module, nn.Conv2d) else f"{name}.conv"
        module.register_forward_pre_hook(lambda *_: names.append(own))

    for name, module in model.named_modules():
        inner = getattr(module, "conv", None)
        if isinstance(inner, nn.Conv2d) or (
            isinstance(module, nn.Conv2d) and not name.endswith(".conv")
        ):
            listen(name, module)
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, SIZE_DIVISOR, SIZE_DIVISOR))
    return names


def to_state_dict(
    convolutions: Sequence[Convolution], precision: torch.dtype = torch.half
) -> dict[str, torch.Tensor]:
    """Parameters of ``RTMDetNano`` from a file's convolutions in their order.

    Raises
    ------
    click.ClickException
        They are of another network.
    """
    model = RTMDetNano()
    shapes = {name: tuple(values.shape) for name, values in model.state_dict().items()}
    order = running_order(model)
    if len(order) != len(convolutions):
        raise click.ClickException(
            f"the file has {len(convolutions)} convolutions, the network {len(order)}"
        )
    state = {}
    for name, (stored, weight, bias) in zip(order, convolutions, strict=True):
        # Convolutions into which no batch norm was folded have kept their names.
        is_other = stored in shapes and stored != f"{name}.weight"
        if weight.shape != shapes[f"{name}.weight"] or is_other:
            raise click.ClickException(f"{stored} {weight.shape} does not fit {name}")
        state[f"{name}.weight"] = torch.tensor(weight).to(precision)
        state[f"{name}.bias"] = torch.tensor(bias).to(precision)
    model.load_state_dict(state, strict=True)  # every parameter is there, in its shape
    return state


def convert(path: Path) -> dict[str, Any]:
    """Checkpoint of an ONNX file: ``state_dict`` and plain ``meta``."""
    meta = meta_of(
        "RTMDet-nano, batch norm folded",
        SOURCE,
        SOURCE_SHA256,
        dataset_meta={"classes": ["person"], "palette": [[220, 20, 60]]},
    )
    return {"state_dict": to_state_dict(convolutions_of(path)), "meta": meta}


@click.command()
@click.argument("onnx_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@into_folder("-o", "--output")
def main(onnx_file: Path, output: Path) -> None:
    """Convert RTMDet-nano for people from ONNX_FILE."""
    check_sha256(onnx_file.read_bytes(), SOURCE_SHA256, f"{onnx_file}", SOURCE)
    write(convert(onnx_file), output / CHECKPOINT)


if __name__ == "__main__":
    main()
