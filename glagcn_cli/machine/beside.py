"""Something that is made ready by a thread of its own while the main one works."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Beside:
    """Work that a thread does once, beside the main one.

    Parameters
    ----------
    work
        What it does.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._done: Future[object] | None = None

    def begin(self) -> None:
        """Begin the work if it has not begun; raise what stopped it."""
        if self._done is None:
            worker = ThreadPoolExecutor(1, thread_name_prefix="beside")
            self._done = worker.submit(self._work)
            worker.shutdown(wait=False)
        elif self._done.done():
            self._done.result()

    def finish(self) -> None:
        """Wait for the work, or do it now if it has not begun; raise what stopped it."""
        if self._done is None:
            self._work()
        else:
            self._done.result()
