"""What the command line does to its process: messages on standard error, signals that unwind."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _AboveBars(logging.Handler):
    """Messages on standard error that do not tear a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        mark = "" if record.levelno < logging.WARNING else f"{record.levelname}: "
        tqdm.write(f"glagcn-video: {mark}{self.format(record)}", file=sys.stderr)


@contextmanager
def messages_on_stderr(quiet: bool, verbose: bool) -> Iterator[None]:
    """Notes and warnings, more with --verbose, errors alone with --quiet; all on standard error."""
    logger = logging.getLogger(__package__)
    before, unraisable = logger.level, sys.unraisablehook
    handler = _AboveBars()
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)
    try:
        with warnings.catch_warnings():
            if not verbose:  # libraries' words to developers, not to users
                warnings.simplefilter("ignore")
                sys.unraisablehook = lambda _: None
            yield
    finally:
        sys.unraisablehook = unraisable
        logger.setLevel(before)
        logger.removeHandler(handler)


@contextmanager
def termination_unwinds() -> Iterator[None]:
    """Let a polite end (a batch system's, a closed terminal's) unwind as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # What is ignored stays ignored: nohup means it.
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
