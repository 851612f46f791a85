"""Holds signals back while something begins that must not stop half-way, such as a process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK", "SIGINT")
ENDS = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
"""Signals that ask a process to end; Ctrl-C, the last, is also released last.

A closed terminal's signal has another name on Windows.
"""


@contextmanager
def signals_held() -> Iterator[None]:
    """Delay signals in the block; raise one that came at its end.

    A signal raises anywhere in the main thread, even between starting a process and recording it.
    The block should be short, since Ctrl-C has no effect in it. Signals that raise nothing (ignored
    ones, or those that end the process) are not changed, and other threads receive none.
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
