"""Networks whose results OpenVINO computes in place of torch, on a CPU."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from ..precision import fast_precision, run_in
from .importing import core, installed_version
from .kept import Made, NotUsedError, Source, kept_runner
from .making import Method, as_tensors, new_runner
from .running import Runner, streams_of

log = logging.getLogger(__name__)

MOST_SIZES = 4
"""Sizes of pictures that are ready at once; the one that came first goes first."""

MOST_MADE = 16
"""Sizes of pictures that a process compiles, each in about a second; torch computes further ones. A
video has one size, a folder of pictures may have one each."""


def run_fast(
    network: nn.Module,
    method: str,
    device: str,
    source: Source,
    halved: nn.Module,
    halved_method: str = "forward",
) -> None:
    """Make a network's method as fast as a device allows, in place.

    Parameters
    ----------
    network, method, device, source
        As `run_compiled` takes them.
    halved, halved_method
        The part of the network that torch computes in half precision where OpenVINO does not run
        the network and half precision is faster.
    """
    otherwise = partial(run_in, fast_precision(device), device, halved, halved_method)
    run_compiled(network, method, device, source, otherwise)


def run_compiled(
    network: nn.Module, method: str, device: str, source: Source, otherwise: Callable[[], None]
) -> None:
    """Make OpenVINO compute what a network's method returns, in place.

    Results are torch's in single precision but for rounding; in half precision where the processor
    is faster in it. A graph is made with the first pictures of a size and compared with torch on
    one of them. It is kept for later runs.

    Parameters
    ----------
    network
        In single precision and in evaluation mode.
    method
        Takes pictures (n, channels, height, width), or (n, height, width, channels) of bytes, and
        returns tensors that begin with n, or dictionaries, lists and tuples of them.
    device
        Of the network; on another than a CPU all is left to `otherwise`.
    source
        What the network is made of.
    otherwise
        What makes torch run the network fast. Called at once or later, where OpenVINO is missing,
        fails or computes something else; torch runs the network from then on, and one line says so.
    """
    if device != "cpu":
        otherwise()
        return
    try:
        if installed_version() is None:
            raise NotUsedError("it is not installed")
        core()
    except Exception as error:  # whatever libraries raise that do not load
        _tell(error)
        otherwise()
        return
    setattr(network, method, Compiled(network, method, source, otherwise))


class Compiled:
    """A network's method as OpenVINO computes it; see `run_compiled`."""

    def __init__(
        self, network: nn.Module, method: str, source: Source, otherwise: Callable[[], None]
    ) -> None:
        precision = "f32" if fast_precision("cpu") is None else "bf16"
        self._of = Method(network, getattr(network, method), Made(source, method, precision))
        self._otherwise = otherwise
        self._runners: dict[tuple[int, ...], Runner] = {}
        self._threads = 0
        self._made = 0

    def __call__(self, images: Tensor) -> Any:
        """Compute the results of pictures (n, ...)."""
        of = self._of
        try:
            runner = self._runner(images)
            return of.by_torch(images) if runner is None else as_tensors(runner, images)
        except Exception as error:  # whatever another library raises
            _tell(error)
        name = of.made.method
        setattr(of.network, name, of.by_torch)
        self._runners.clear()
        self._otherwise()
        return getattr(of.network, name)(images)

    def _runner(self, images: Tensor) -> Runner | None:
        """Find or make what runs pictures of this size; None where making it is not worth it."""
        if (threads := torch.get_num_threads()) != self._threads:
            self._runners.clear()
            self._threads = threads
        shape, streams = tuple(images.shape[1:]), streams_of(len(images), threads)
        known = self._runners.get(shape)
        # What was made for several pictures runs a single one too.
        if known is not None and known.streams >= streams:
            return known
        runner = kept_runner(self._of.made, images.shape, threads, streams)
        if runner is None:
            if self._made == MOST_MADE:
                return None
            self._made += 1
            runner = new_runner(self._of, images[:1], threads, streams)
        self._runners.pop(shape, None)
        while len(self._runners) >= MOST_SIZES:
            del self._runners[next(iter(self._runners))]
        self._runners[shape] = runner
        return runner


def _tell(error: Exception) -> None:
    """Say why torch computes."""
    _tell_once(str(error) if isinstance(error, NotUsedError) else repr(error))


@cache
def _tell_once(reason: str) -> None:
    log.info("OpenVINO is not used: %s; torch computes instead, which takes longer", reason)
