"""Compiled graphs, run over pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .graphs import nested

MOST_STREAMS = 4
"""Pictures that are computed side by side, each by its share of the threads."""


def options_of(precision: str, threads: int, streams: int) -> dict[str, Any]:
    """Options of OpenVINO's CPU plugin.

    Threads are not tied to cores: several processes would be tied to the same ones.
    """
    return {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        "ENABLE_CPU_PINNING": False,
    }


def streams_of(pictures: int, threads: int) -> int:
    """Pictures to compute side by side. Threads that do not wait for each other lose less time."""
    return max(1, min(pictures, threads, MOST_STREAMS))


class Runner:
    """A compiled graph of one picture, run over any number of pictures.

    Parameters
    ----------
    compiled
        OpenVINO's compiled model, for pictures (1, ...).
    results
        How its results are nested; see `graphs.nesting`.
    streams
        Pictures that it computes side by side.
    """

    def __init__(self, compiled: Any, results: Any, streams: int) -> None:
        self.streams = streams
        self._results = results
        self._outputs = range(len(compiled.outputs))
        self._requests = [compiled.create_infer_request() for _ in range(streams)]

    def __call__(self, images: Tensor) -> Any:
        """Compute the results of pictures (n, ...)."""
        pictures = images.contiguous().numpy()
        found: list[list[NDArray[np.float32]]] = []
        for index in range(len(pictures) + self.streams):
            # The request that began first: its results are overwritten by its next picture.
            request = self._requests[index % self.streams]
            if index >= self.streams and len(found) < len(pictures):
                request.wait()
                found.append([request.get_output_tensor(k).data.copy() for k in self._outputs])
            if index < len(pictures):
                request.start_async([pictures[index : index + 1]], share_inputs=True)
        together = (torch.from_numpy(np.concatenate(values)) for values in zip(*found, strict=True))
        return nested(self._results, together)
