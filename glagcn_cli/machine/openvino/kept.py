"""Compiled graphs that an earlier run made, found and loaded without torch."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ...files.checksums import remembered_sha256
from ..devices import usable_cores
from . import cache as kept
from .importing import core, installed_version, processor
from .running import Runner, options_of

log = logging.getLogger(__name__)

REVISION = 3
"""Raised when the same network becomes another graph, as code of this package changes."""

_LIMITS = ("ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""What limits torch from outside."""


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
    chosen
        Results of it, by name, that are read where others are greatest. Rounding may choose
        another place, so they are not compared with torch's.
    """

    checkpoint: Path
    config: str = ""
    single: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()


def of_pictures(checkpoint: Path, single: Sequence[str], chosen: Sequence[str] = ()) -> Source:
    """Return the source of a network as `detection.pictures.OfPictures` makes it.

    What comes before and after the network stays in single precision, beside modules of it.
    """
    inside = (f"network.{name}" for name in single)
    return Source(checkpoint, single=("normalised", *inside, "decoded"), chosen=(*chosen,))


@dataclass(frozen=True)
class Made:
    """What a graph is made of.

    Parameters
    ----------
    source
        The network.
    method
        Name of its method.
    precision
        ``"f32"`` or ``"bf16"``.
    """

    source: Source
    method: str
    precision: str

    def values(self) -> list[Any]:
        """All that the graph depends on, as values of JSON."""
        versions = [installed_version(), torch_version(), REVISION]
        source = [remembered_sha256(self.source.checkpoint), self.source.config]
        return [*versions, *source, self.method, self.precision, *self.source.single]

    def name(self, shape: Sequence[int], threads: int, streams: int) -> str:
        """Name the file of what was compiled for pictures of a shape."""
        here = [*processor(core()), *shape[1:], threads, streams]
        return kept.key_of([self.values(), here]) + ".compiled"


def kept_runner(made: Made, shape: Sequence[int], threads: int, streams: int) -> Runner | None:
    """Load what an earlier run made for pictures of a shape; None without that.

    Raises
    ------
    NotUsedError
        An earlier run found that it cannot be used.
    """
    name = made.name(shape, threads, streams)
    if (found := kept.read(name)) is None:
        return None
    about, parts = found
    if "refused" in about:
        raise NotUsedError(f"{about['refused']} (as {kept.graphs_folder() / name} remembers)")
    options = options_of(made.precision, threads, streams)
    try:
        return Runner(core().import_model(parts[0], "CPU", options), about["results"], streams)
    except RuntimeError as error:  # whole, but not what this OpenVINO reads
        log.debug("%s is made anew: %s", name, error)
        return None


def torch_version() -> str:
    """Version of the installed torch; imports nothing of it."""
    return metadata.version("torch")


@dataclass(frozen=True)
class TorchHere:
    """What torch says of this machine.

    Parameters
    ----------
    precision
        ``"bf16"`` where it computes faster in half precision, else ``"f32"``.
    threads
        On how many threads it computes if nobody asks for another number.
    """

    precision: str
    threads: int

    def keep(self) -> None:
        """Keep it for later runs."""
        kept.keep(_facts_file(), vars(self))


def kept_torch() -> TorchHere | None:
    """Return what torch said of this machine in an earlier run; None without one."""
    found = kept.read(_facts_file())
    try:
        return None if found is None else TorchHere(**found[0])
    except TypeError:
        return None


def _facts_file() -> str:
    limits = [os.environ.get(name) for name in _LIMITS]
    about = ["torch", torch_version(), *processor(core()), usable_cores(), *limits]
    return kept.key_of(about) + ".torch"
