"""Frames that are made ready by a thread of their own while earlier ones are worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

_PATIENCE = 0.1  # seconds between looks at whether anybody still wants what is made


@dataclass
class _End:
    """After the last item: why there are no more."""

    error: BaseException | None = None


class _Maker(Thread, Generic[T]):
    """Draws items and puts them into a bounded queue, until the end, an error, or `stopped`."""

    def __init__(self, items: Iterable[T], most: int) -> None:
        super().__init__(name="reading ahead", daemon=True)
        self._items = items
        self._ready: Queue[T | _End] = Queue(most)
        self.stopped = Event()

    def run(self) -> None:
        end = _End()
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:
            end.error = error
        self._put(end)

    def _put(self, item: T | _End) -> bool:
        while not self.stopped.is_set():
            with suppress(Full):
                self._ready.put(item, timeout=_PATIENCE)
                return True
        return False

    def take(self) -> Iterator[T]:
        """Give the items in order, then raise what stopped their making."""
        while not isinstance(item := self._ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error


@contextmanager
def reading_ahead(items: Iterable[T], most: int) -> Iterator[Iterator[T]]:
    """Make items ready in a thread; at the end of the block it has stopped.

    The end waits for the item that is being made. Where that may take long, close what makes it
    before: ``with reading_ahead(reader, 8) as frames, reader``.

    Parameters
    ----------
    items
        Drawn in the thread from now on, whether or not anybody takes them.
    most
        Items that wait to be taken; besides, the thread holds one.

    Yields
    ------
    Iterator
        The items in order. An error in their making is raised after those that were made before.
    """
    maker = _Maker(items, most)
    maker.start()
    try:
        yield maker.take()
    finally:
        maker.stopped.set()
        maker.join()
