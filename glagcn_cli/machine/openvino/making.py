"""Makes of a network what OpenVINO runs, compares it with torch, and keeps it for later runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import torch
from torch import Tensor, nn

from ...files.checksums import remembered_sha256
from . import cache as kept
from .graphs import REVISION, flat, graph_of
from .importing import core, installed_version, processor
from .running import Runner, options_of
from .trial import TrialError, compiled_apart

log = logging.getLogger(__name__)

LARGEST_DIFFERENCE = {"f32": 0.001, "bf16": 0.9}
"""From torch's results in single precision, as a share of their spread, by precision. In half
precision Thunder's differ by 0.04 in the median and by 0.2 on the emptiest of 60 crops, deep
networks with random weights by 0.6, in torch too. Unrelated results differ by 1.4, nothing by 1."""


class NotUsedError(Exception):
    """OpenVINO does not compute a network; the message says why."""


@dataclass(frozen=True)
class Source:
    """What a network is made of, as far as its results depend on it.

    Parameters
    ----------
    checkpoint
        File of its weights.
    config
        What else says which network it is.
    single
        Modules of it, by name, that compute in single precision where the rest is in half.
    """

    checkpoint: Path
    config: str = ""
    single: tuple[str, ...] = ()


@dataclass(frozen=True)
class Method:
    """A method of a network that OpenVINO computes.

    Parameters
    ----------
    network
        In single precision and in evaluation mode.
    name
        Of the method.
    by_torch
        The method itself.
    source
        What the network is made of.
    precision
        ``"f32"`` or ``"bf16"``.
    """

    network: nn.Module
    name: str
    by_torch: Callable[[Tensor], Any]
    source: Source
    precision: str

    def made_of(self) -> list[Any]:
        """All that its graph depends on, as values of JSON."""
        versions = [installed_version(), torch.__version__, REVISION]
        source = [remembered_sha256(self.source.checkpoint), self.source.config]
        return [*versions, *source, self.name, self.precision, *self.source.single]


def kept_runner(method: Method, shape: Sequence[int], threads: int, streams: int) -> Runner | None:
    """Load what an earlier run made for pictures of a shape; None without that.

    Raises
    ------
    NotUsedError
        An earlier run found that it cannot be used.
    """
    name = _name(method, shape, threads, streams)
    if (found := kept.read(name)) is None:
        return None
    about, parts = found
    if "refused" in about:
        raise NotUsedError(f"{about['refused']} (as {kept.graphs_folder() / name} remembers)")
    options = options_of(method.precision, threads, streams)
    try:
        return Runner(core().import_model(parts[0], "CPU", options), about["results"], streams)
    except RuntimeError as error:  # whole, but not what this OpenVINO reads
        log.debug("%s is made anew: %s", name, error)
        return None


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
    name, options = (
        _name(method, image.shape, threads, streams),
        options_of(method.precision, threads, streams),
    )
    xml, weights, results = _graph(method, image)
    try:
        compiled = compiled_apart(xml, weights, image.shape, options)
        runner = Runner(core().import_model(compiled, "CPU", options), results, streams)
        found, wanted = flat(runner(image)), flat(method.by_torch(image))
        difference = max(map(_difference, found, wanted))
        log.debug("OpenVINO's results differ from torch's by %.5f of their spread", difference)
        if not difference <= LARGEST_DIFFERENCE[method.precision]:
            raise TrialError(f"its results differ from torch's by {difference:.1%} of their spread")
    except TrialError as error:
        kept.keep(name, {"refused": str(error)})
        raise NotUsedError(str(error)) from error
    except TimeoutExpired as error:
        raise NotUsedError(f"it took more than {error.timeout:.0f} s to compile") from error
    kept.keep(name, {"results": results}, [compiled])
    return runner


def _graph(method: Method, image: Tensor) -> tuple[bytes, bytes, Any]:
    """Graph of any size of pictures, and how its results are nested."""
    name = kept.key_of(method.made_of()) + ".graph"
    if (found := kept.read(name)) is not None:
        about, (xml, weights) = found
        return xml, weights, about["results"]
    xml, weights, results = graph_of(method.network, method.by_torch, image, method.source.single)
    kept.keep(name, {"results": results}, [xml, weights])
    return xml, weights, results


def _name(method: Method, shape: Sequence[int], threads: int, streams: int) -> str:
    """Name the file of what was compiled for pictures of a shape."""
    here = [*processor(core()), *shape[1:], threads, streams]
    return kept.key_of([method.made_of(), here]) + ".compiled"


def _difference(found: Tensor, wanted: Tensor) -> float:
    """Root mean square of the difference, as a share of the standard deviation; NaN stays."""
    if found.shape != wanted.shape:
        return float("inf")
    spread = wanted.std(correction=0).clamp(min=1e-6)
    return float((found - wanted).square().mean().sqrt() / spread)
