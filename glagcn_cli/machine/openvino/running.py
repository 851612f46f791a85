"""Compiled graphs, run over pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


class LatePictures:
    """Pictures that are made as a network gets to them, while it computes those before.

    ``[start:stop]`` makes some of them, ``np.asarray`` all.

    Parameters
    ----------
    shape
        (n, height, width, 3).
    make
        Fills an array (height, width, 3) uint8 with the picture of a number.
    """

    def __init__(
        self, shape: tuple[int, ...], make: Callable[[int, NDArray[np.uint8]], None]
    ) -> None:
        self.shape = shape
        self._make = make

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, some: slice) -> NDArray[np.uint8]:
        numbers = range(len(self))[some]
        made = np.empty((len(numbers), *self.shape[1:]), np.uint8)
        for number, picture in zip(numbers, made, strict=True):
            self._make(number, picture)
        return made

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.uint8]:
        return self[:]


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
        self.results = results
        self._outputs = range(len(compiled.outputs))
        self._requests = [compiled.create_infer_request() for _ in range(streams)]

    def __call__(
        self, pictures: NDArray[Any] | LatePictures, outputs: Sequence[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """Compute results of pictures (n, ...), each (n, ...), in the order of `nested`.

        Parameters
        ----------
        pictures
            (n, ...).
        outputs
            Numbers of the results to return; None for all.
        """
        wanted = self._outputs if outputs is None else outputs
        found: list[list[NDArray[np.float32]]] = []
        for index in range(len(pictures) + self.streams):
            picture = pictures[index : index + 1]  # made before the wait
            # The request that began first: its results are overwritten by its next picture.
            request = self._requests[index % self.streams]
            if index >= self.streams and len(found) < len(pictures):
                request.wait()
                found.append([request.get_output_tensor(k).data.copy() for k in wanted])
            if len(picture):
                request.start_async([picture], share_inputs=True)
        return [np.concatenate(values) for values in zip(*found, strict=True)]


def nested(shape: Any, results: Iterator[Any]) -> Any:
    """Put results into what `graphs.nesting` described."""
    if shape is None:
        return next(results)
    kind, parts = shape
    if kind == "dict":
        return {name: nested(value, results) for name, value in parts}
    values = [nested(value, results) for value in parts]
    return values if kind == "list" else (*values,)


def numbers_of(shape: Any, name: str) -> list[int]:
    """Return the numbers of the results under a name of a dictionary that `nesting` described."""
    numbers = iter(range(_count(shape)))
    return {known: [next(numbers) for _ in range(_count(part))] for known, part in shape[1]}[name]


def _count(shape: Any) -> int:
    if shape is None:
        return 1
    kind, parts = shape
    return sum(_count(part[1] if kind == "dict" else part) for part in parts)
