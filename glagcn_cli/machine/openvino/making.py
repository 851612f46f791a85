"""Makes of a network what OpenVINO runs, compares it with torch, and keeps it for later runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from subprocess import TimeoutExpired
from typing import Any

import torch
from torch import Tensor, nn

from . import cache as kept
from .graphs import flat, graph_of
from .importing import core
from .kept import Made, NotUsedError
from .running import Runner, nested, options_of
from .trial import TrialError, compiled_apart

log = logging.getLogger(__name__)

LARGEST_DIFFERENCE = {"f32": 0.001, "bf16": 0.9}
"""From torch's results in single precision, as a share of their spread, by precision. In half
precision Thunder's differ by 0.04 in the median and by 0.2 on the emptiest of 60 crops, deep
networks with random weights by 0.6, in torch too. Unrelated results differ by 1.4, nothing by 1."""


@dataclass(frozen=True)
class Method:
    """A method of a network that OpenVINO computes.

    Parameters
    ----------
    network
        In single precision and in evaluation mode.
    by_torch
        The method itself.
    made
        What its graph is made of.
    """

    network: nn.Module
    by_torch: Callable[[Tensor], Any]
    made: Made


def new_runner(method: Method, image: Tensor, threads: int, streams: int) -> Runner:
    """Make what runs pictures of a shape, and keep it.

    Parameters
    ----------
    image
        (1, ...): a picture to compare with torch on.

    Raises
    ------
    NotUsedError
        It cannot be made, or its results differ from torch's.
    """
    made = method.made
    name = made.name(image.shape, threads, streams)
    options = options_of(made.precision, threads, streams)
    xml, weights, results = _graph(method, image)
    try:
        compiled = compiled_apart(xml, weights, image.shape, options)
        runner = Runner(core().import_model(compiled, "CPU", options), results, streams)
        difference = _largest_difference(runner, method, image)
        log.debug("OpenVINO's results differ from torch's by %.5f of their spread", difference)
        if not difference <= LARGEST_DIFFERENCE[made.precision]:
            raise TrialError(f"its results differ from torch's by {difference:.1%} of their spread")
    except TrialError as error:
        kept.keep(name, {"refused": str(error)})
        raise NotUsedError(str(error)) from error
    except TimeoutExpired as error:
        raise NotUsedError(f"it took more than {error.timeout:.0f} s to compile") from error
    kept.keep(name, {"results": results}, [compiled])
    return runner


def as_tensors(runner: Runner, images: Tensor) -> Any:
    """Compute the results of pictures (n, ...), nested as the network's."""
    found = runner(images.contiguous().numpy())
    return nested(runner.results, map(torch.from_numpy, found))


def _largest_difference(runner: Runner, method: Method, image: Tensor) -> float:
    """Compare what OpenVINO and torch find in a picture, without what is chosen by it."""
    found, wanted = as_tensors(runner, image), method.by_torch(image)
    for name in method.made.source.chosen:
        del found[name], wanted[name]
    return max(map(_difference, flat(found), flat(wanted)))


def _graph(method: Method, image: Tensor) -> tuple[bytes, bytes, Any]:
    """Graph of any size of pictures, and how its results are nested."""
    name = kept.key_of(method.made.values()) + ".graph"
    if (found := kept.read(name)) is not None:
        about, (xml, weights) = found
        return xml, weights, about["results"]
    single = method.made.source.single
    xml, weights, results = graph_of(method.network, method.by_torch, image, single)
    kept.keep(name, {"results": results}, [xml, weights])
    return xml, weights, results


def _difference(found: Tensor, wanted: Tensor) -> float:
    """Root mean square of the difference, as a share of the standard deviation; NaN stays."""
    if found.shape != wanted.shape:
        return float("inf")
    spread = wanted.std(correction=0).clamp(min=1e-6)
    return float((found - wanted).square().mean().sqrt() / spread)
