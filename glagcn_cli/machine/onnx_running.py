"""Runs ONNX networks on the CPU: by OpenVINO where it is installed, else by ONNX Runtime."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError
from .onnx_file import check_onnx
from .openvino.importing import core, import_openvino

SINGLE = "float32"

_PLACES = ("Check '", "Exception from", "FrontEnd API failed")
"""Beginnings of lines in which OpenVINO names places in its source."""


class Port(NamedTuple):
    """An input or output: its name, its shape with None for what may vary, and its type."""

    name: str
    shape: tuple[int | None, ...] | None
    type: str

    def __str__(self) -> str:
        """Describe it as `keypoints (any, 27, 17, 2) float32`."""
        if self.shape is None:
            return f"{self.name} (any shape) {self.type}"
        sides = ", ".join("any" if side is None else str(side) for side in self.shape)
        return f"{self.name} ({sides}) {self.type}"


class Session(Protocol):
    """A network that is ready to run."""

    inputs: list[Port]
    outputs: list[Port]

    def __call__(self, array: NDArray[np.float32]) -> list[NDArray[Any]]:
        """Run a network of one input; return its outputs in their order."""
        ...


def open_onnx(path: Path, threads: int) -> Session:
    """Check an ONNX file and make it ready to run; none of its contents can run code.

    Parameters
    ----------
    path
        An existing file.
    threads
        CPU threads to compute with.

    Raises
    ------
    CheckpointError
        As `check_onnx`; no runtime is installed; or the runtime refuses the network.
    """
    check_onnx(path)
    make = _runtime(path)
    try:
        return make(path, threads)
    except Exception as error:  # the runtimes raise errors of their own, of many types
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        told = [line for line in lines if not line.startswith(_PLACES)] or lines
        raise CheckpointError(f"{path} cannot be run: {' '.join(told)[:400]}") from error


def _runtime(path: Path) -> Any:
    try:
        import_openvino()
        return _ByOpenVino
    except ImportError:
        pass
    try:
        importlib.import_module("onnxruntime")
        return _ByOnnxRuntime
    except ImportError as error:
        raise CheckpointError(
            f"{path}: nothing is installed that runs ONNX on this machine: pip install onnxruntime"
        ) from error


class _ByOpenVino:
    """A network that OpenVINO runs in single precision."""

    def __init__(self, path: Path, threads: int) -> None:
        # Asked for by name: by content, another reader than that of ONNX might be chosen.
        manager = importlib.import_module("openvino.frontend").FrontEndManager()
        reader = manager.load_by_framework("onnx")
        model = reader.convert(reader.load(str(path)))
        self.inputs = [self._port(port) for port in model.inputs]
        self.outputs = [self._port(port) for port in model.outputs]
        options = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,
        }
        self._request = core().compile_model(model, "CPU", options).create_infer_request()

    @staticmethod
    def _port(port: Any) -> Port:
        shape = None
        if port.partial_shape.rank.is_static:
            sides = list(port.partial_shape)
            shape = tuple(side.get_length() if side.is_static else None for side in sides)
        kind = {"f32": SINGLE, "f64": "float64", "f16": "float16"}
        type_name = port.element_type.get_type_name()
        return Port(port.any_name, shape, kind.get(type_name, type_name))

    def __call__(self, array: NDArray[np.float32]) -> list[NDArray[Any]]:
        self._request.infer([array])
        return [
            self._request.get_output_tensor(number).data.copy()
            for number in range(len(self.outputs))
        ]


class _ByOnnxRuntime:
    """A network that ONNX Runtime runs on the CPU."""

    def __init__(self, path: Path, threads: int) -> None:
        onnxruntime: Any = importlib.import_module("onnxruntime")
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.inputs = [self._port(port) for port in self._session.get_inputs()]
        self.outputs = [self._port(port) for port in self._session.get_outputs()]

    @staticmethod
    def _port(port: Any) -> Port:
        sides = tuple(side if isinstance(side, int) and side > 0 else None for side in port.shape)
        kind = port.type.removeprefix("tensor(").removesuffix(")")
        return Port(port.name, sides, {"float": SINGLE, "double": "float64"}.get(kind, kind))

    def __call__(self, array: NDArray[np.float32]) -> list[NDArray[Any]]:
        return list(self._session.run(None, {self.inputs[0].name: array}))
