"""Runs work in batches as large as the device's memory allows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from ..errors import DeviceError
from .devices import is_out_of_memory, release_memory

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


class Batches(Generic[T, R]):
    """Runs items through a network in batches, smaller ones when memory is short.

    Parameters
    ----------
    work
        Function from items to a result for each.
    size
        Items in a batch.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]], size: int) -> None:
        if size < 1:
            raise ValueError(f"batch size is {size}, expected at least 1")
        self._work = work
        self.size = size

    def __call__(self, items: Sequence[T]) -> list[R]:
        """Return the results of all items in order.

        Raises
        ------
        DeviceError
            A single item does not fit into memory.
        """
        results: list[R] = []
        while len(results) < len(items):
            part = items[len(results) : len(results) + self.size]
            try:
                results += self._work(part)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                self._take_less(len(part), error)
        return results

    def _take_less(self, tried: int, error: RuntimeError) -> None:
        """Halve the batch size permanently."""
        if tried == 1:
            raise DeviceError(
                "the device is out of memory for the smallest batch; close other programs that use "
                "it, choose smaller models, or use --device cpu"
            ) from error
        self.size = tried // 2
        release_memory()
        log.warning("the device is out of memory; continuing with batches of %d", self.size)
