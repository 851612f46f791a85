"""Sets up a command line: messages on standard error, signals that unwind."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

from ..machine.signals import ENDS
from .events import EventHandler


class _AboveBars(logging.Handler):
    """Handler whose messages on standard error do not tear a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        mark = "" if record.levelno < logging.WARNING else f"{record.levelname}: "
        tqdm.write(f"glagcn-video: {mark}{self.format(record)}", file=sys.stderr)


@contextmanager
def messages_on_stderr(quiet: bool, verbose: bool, as_events: bool = False) -> Iterator[None]:
    """Show messages on standard error: more with --verbose, errors alone with --quiet."""
    logger = logging.getLogger("glagcn_cli")
    before = logger.level
    handler = EventHandler() if as_events else _AboveBars()
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)
    try:
        with nullcontext() if verbose else libraries_silenced():
            yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


@contextmanager
def libraries_silenced() -> Iterator[None]:
    """Silence libraries' messages to developers."""
    unraisable = sys.unraisablehook
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sys.unraisablehook = lambda _: None
            yield
    finally:
        sys.unraisablehook = unraisable


@contextmanager
def termination_unwinds() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    numbers = [number for number in ENDS if number != signal.SIGINT]
    # Ignored signals stay ignored, as nohup asks.
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
