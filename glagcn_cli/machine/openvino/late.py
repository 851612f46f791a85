"""Networks over pictures, which torch loads only where no earlier run left what computes them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .importing import installed_version
from .kept import Made, Source, TorchHere, kept_runner, kept_torch
from .running import MOST_STREAMS, LatePictures, Runner, nested, numbers_of, streams_of

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)

Pictures: TypeAlias = NDArray[Any] | LatePictures


class LateNetwork:
    """A network that runs over pictures, or other arrays of one shape.

    Importing torch takes longer than all else before the first picture. Where an earlier run left
    the compiled graph, nothing needs it.

    Parameters
    ----------
    load
        Loads the network onto the device, in evaluation mode, as fast as is good. It takes pictures
        (n, ...) and returns tensors that begin with n, or dictionaries, lists
        and tuples of them.
    device
        For ``torch.device``.
    source
        What the network is made of; None where torch is to compute.
    read
        Name of the results that are read; None for all.
    """

    def __init__(
        self,
        load: Callable[[], nn.Module],
        device: str,
        source: Source | None,
        read: str | None = None,
    ) -> None:
        self._load, self._device, self._source, self._read = load, device, source, read
        self._runners: dict[tuple[int, ...], Runner] = {}
        self._is_late = _may_be_late(device, source)
        self._here = _earlier() if self._is_late else None
        self.network: nn.Module | None = None
        if self._here is None:
            self._loaded()

    def __call__(self, pictures: Pictures) -> Any:
        """Compute the results of pictures (n, ...), nested arrays."""
        if self.network is None:
            try:
                if (runner := self._runner(pictures)) is not None:
                    return self._by_runner(runner, pictures)
            except Exception as error:  # whatever another library raises; torch says it if it stays
                log.debug("what an earlier run made is not used: %r", error)
        return self._by_network(pictures)

    def _runner(self, pictures: Pictures) -> Runner | None:
        """Find what runs pictures of this size; None where no earlier run made it."""
        here, source = self._here, self._source
        assert here is not None and source is not None
        shape = pictures.shape[1:]
        if shape not in self._runners:
            made = Made(source, "forward", here.precision)
            for at_once in (len(pictures), MOST_STREAMS):
                streams = streams_of(at_once, here.threads)
                known = kept_runner(made, (1, *shape), here.threads, streams)
                if known is not None:
                    self._runners[shape] = known
                    break
        return self._runners.get(shape)

    def _by_runner(self, runner: Runner, pictures: Pictures) -> Any:
        if self._read is None:
            return nested(runner.results, iter(runner(pictures)))
        found = runner(pictures, numbers_of(runner.results, self._read))
        return nested(dict(runner.results[1])[self._read], iter(found))

    def _loaded(self) -> nn.Module:
        if self.network is None:
            self.network = self._load()
            self._runners.clear()
            if self._is_late:
                _keep_what_torch_says()
        return self.network

    def _by_network(self, pictures: Pictures) -> Any:
        network = self._loaded()
        import torch

        with torch.inference_mode():
            results = network(torch.from_numpy(np.asarray(pictures)).to(self._device))
            return _arrays(results if self._read is None else results[self._read])


def _may_be_late(device: str, source: Source | None) -> bool:
    """Tell whether OpenVINO may compute a network, and torch is not loaded anyway."""
    if device != "cpu" or source is None or "torch" in sys.modules:
        return False
    return installed_version() is not None and source.checkpoint.is_file()


def _earlier() -> TorchHere | None:
    """Return what torch said of this machine in an earlier run."""
    try:
        return kept_torch()
    except Exception as error:  # whatever libraries raise that do not load
        log.debug("nothing of an earlier run is used: %r", error)
        return None


def _keep_what_torch_says() -> None:
    """Keep for later runs what torch says of this machine, as nobody else has set its threads."""
    import torch

    from ..precision import fast_precision

    with suppress(Exception):  # whatever libraries raise that do not load
        precision = "f32" if fast_precision("cpu") is None else "bf16"
        TorchHere(precision, torch.get_num_threads()).keep()


def _arrays(results: Any) -> Any:
    """Turn nested tensors into arrays."""
    if isinstance(results, dict):
        return {name: _arrays(value) for name, value in results.items()}
    if isinstance(results, (list, tuple)):
        return type(results)(_arrays(value) for value in results)
    return results.cpu().numpy()
