"""Small ONNX files: lifters of known output, and files that should be refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

FLAT = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, -0.25]], np.float32)
"""The lifter of these files: x and y stay, z is a half of x less a quarter of y."""

CARD = {
    "joints": "h36m17", "window": 9, "output": "sequence", "normalisation": "person", "unit": "m",
    "fps": 25,
}  # fmt: skip


def write_card(network: Path, **changes: object) -> Path:
    """Write the card of `flat_lifter`, with changes; a change to None leaves an entry out."""
    card = {name: value for name, value in (CARD | changes).items() if value is not None}
    path = network.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(card), encoding="utf-8")
    return path


def flat_lifter(
    path: Path,
    *,
    layout: str = "NTVC",
    centre: bool = False,
    batch: int | str = "windows",
    scale: float = 1.0,
    factors: np.ndarray | None = None,
) -> Path:
    """Write a lifter that makes joints by `FLAT`, times `scale` and a factor of each joint."""
    frames, joints, window = 9, 17, [9, 17, 2]
    shape = {"NTVC": window, "NCTV": [2, 9, 17], "NTF": [9, 34], "NFT": [34, 9]}[layout]
    turned = {"NTVC": [0, 1, 2, 3], "NCTV": [0, 2, 3, 1], "NTF": [0, 1, 2], "NFT": [0, 2, 1]}
    factor = np.ones(joints) if factors is None else factors
    constants = {
        "shape": np.array([-1, frames, joints, 2], np.int64),
        "flat": np.where(FLAT == 0, 0, FLAT * np.float64(scale)).astype(np.float32),
        "factors": factor.reshape(1, 1, joints, 1).astype(np.float32),
        "middle": np.array([frames // 2], np.int64),
    }
    nodes = [
        helper.make_node("Transpose", ["keypoints"], ["turned"], perm=turned[layout]),
        helper.make_node("Reshape", ["turned", "shape"], ["windows"]),
        helper.make_node("MatMul", ["windows", "flat"], ["lifted"]),
        helper.make_node("Mul", ["lifted", "factors"], ["all"]),
        helper.make_node("Gather", ["all", "middle"], ["joints"], axis=1)
        if centre
        else helper.make_node("Identity", ["all"], ["joints"]),
    ]
    return write_graph(path, nodes, constants, [batch, *shape], [batch, "frames", joints, 3])


def write_graph(
    path: Path,
    nodes: list[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    reads: list[int | str],
    makes: list[int | str],
    domains: tuple[str, ...] = (),
) -> Path:
    """Write a graph from `keypoints` to `joints`."""
    graph = helper.make_graph(
        nodes,
        "lifter",
        [helper.make_tensor_value_info("keypoints", TensorProto.FLOAT, reads)],
        [helper.make_tensor_value_info("joints", TensorProto.FLOAT, makes)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(one, 1) for one in domains)]
    path.write_bytes(
        helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    )
    return path


def with_weights_in(path: Path, location: str) -> Path:
    """Write a network whose weights lie in another file."""
    tensor = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[2, 3])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    model = onnx.load_from_string(flat_lifter(path).read_bytes())
    model.graph.initializer.append(tensor)
    path.write_bytes(model.SerializeToString())
    return path
