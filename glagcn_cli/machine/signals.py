"""Holds signals back while something begins that must not stop half-way, such as a process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK", "SIGINT")
ENDS = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
"""Signals that ask a process to end, Ctrl-C last: it is the last to be let through again.

A closed terminal sends one that has another name on Windows.
"""


@contextmanager
def signals_held() -> Iterator[None]:
    """Delay signals in the block; raise one that came at its end.

    A signal raises wherever the main thread is, so also after a process has started and before
    anybody can know of it to stop it. For moments only: meanwhile Ctrl-C is not answered. Signals
    that raise nothing (ignored, or ending the process at once) stay as they are, and so do other
    threads, in which none is raised.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def hold(number: int, _: FrameType | None) -> None:
        came.append(number)

    before = {n: handler for n in ENDS if callable(handler := signal.getsignal(n))}
    try:
        for number in before:
            signal.signal(number, hold)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)
