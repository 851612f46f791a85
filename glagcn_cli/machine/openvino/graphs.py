"""From a torch network to a graph of OpenVINO."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

import torch
from torch import Tensor, nn

from .importing import import_openvino

_WITHOUT_PRECISION = ("Const", "Parameter", "Result")


class _Flat(nn.Module):
    """A network whose results are a tuple of tensors, however they were nested."""

    def __init__(self, owner: nn.Module, run: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.owner, self._run = owner, run
        self.nesting: Any = None

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Run the network, and remember how its results are nested."""
        results = self._run(images)
        self.nesting = nesting(results)
        return (*flat(results),)


def nesting(results: Any) -> Any:
    """Describe dictionaries, lists and tuples of tensors by values of JSON; a tensor is None."""
    if isinstance(results, Tensor):
        return None
    if type(results) is dict:
        return ["dict", [[name, nesting(value)] for name, value in results.items()]]
    if type(results) in (list, tuple):
        return [type(results).__name__, [nesting(value) for value in results]]
    raise TypeError(f"results of type {type(results).__name__} are not known here")


def flat(results: Any) -> Iterator[Tensor]:
    """Tensors of nested results in the order of `running.nested`."""
    if isinstance(results, Tensor):
        yield results
    else:
        for value in results.values() if isinstance(results, dict) else results:
            yield from flat(value)


def graph_of(
    owner: nn.Module, run: Callable[[Tensor], Any], image: Tensor, single: Sequence[str]
) -> tuple[bytes, bytes, Any]:
    """Convert what a network computes.

    Parameters
    ----------
    owner
        The network.
    run
        A method of it, from pictures (n, ...) to tensors that begin with n.
    image
        (1, ...): a picture of the shape and the type that it is run with.
    single
        Modules of it, by name, that compute in single precision where the rest is in half.

    Returns
    -------
    xml, weights
        The graph in OpenVINO's format.
    nesting
        Of the results.
    """
    openvino = import_openvino()
    flattened = _Flat(owner, run).eval()
    # With gradients `convolve` calls what every converter knows, and not torch's own fusion.
    with warnings.catch_warnings(), torch.inference_mode(False), torch.enable_grad():
        warnings.simplefilter("ignore")  # of branches on a size, which is fixed
        example = image.clone()  # not one of inference mode
        traced = torch.jit.trace(flattened, example, check_trace=False)
        frontend = importlib.import_module("openvino.frontend").FrontEndManager()
        decoders = importlib.import_module("openvino.frontend.pytorch.ts_decoder")
        # The graph shares its weights: the decoder stays until they are written.
        decoder = decoders.TorchScriptPythonDecoder(traced, example_input=(example,))
        pytorch = frontend.load_by_framework("pytorch")
        model = pytorch.convert(pytorch.load(decoder))
    with TemporaryDirectory() as folder:
        file = Path(folder, "graph.xml")
        openvino.save_model(model, str(file), compress_to_fp16=False)
        xml, weights = file.read_bytes(), file.with_suffix(".bin").read_bytes()
    return kept_single(xml, single), weights, flattened.nesting


def kept_single(xml: bytes, modules: Sequence[str]) -> bytes:
    """Mark the layers of some modules so that they stay in single precision."""
    if not modules:
        return xml
    root = ElementTree.fromstring(xml)
    within = tuple(f"__module.owner.{name}{end}" for name in modules for end in "./")
    for layer in root.iterfind("layers/layer"):
        result = layer.find("output/port")
        computes = result is not None and result.get("precision") == "FP32"
        if not computes or layer.get("type") in _WITHOUT_PRECISION:
            continue
        if not layer.get("name", "").startswith(within):
            continue
        if (notes := layer.find("rt_info")) is None:
            notes = ElementTree.Element("rt_info")
            layer.insert(0 if layer.find("data") is None else 1, notes)
        # The CPU plugin reads its name for float16 as "any half precision".
        about = {"name": "DisablePrecisionConversion", "version": "0", "value": "dynamic:f16"}
        ElementTree.SubElement(notes, "attribute", about)
    return ElementTree.tostring(root)
