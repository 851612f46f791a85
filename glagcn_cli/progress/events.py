"""``--progress json``: events of a run as JSON objects, one a line, for calling programs.

docs/guide/command_line.md has the schema. Every process writes whole lines, so runs that share a
standard error do not mix theirs.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from ..wording import plain_text

BAR, JSON, NONE = PROGRESS = ("bar", "json", "none")
"""How progress is shown: bars, events, or not at all."""

SCHEMA = 1
"""Incremented when a documented field changes its meaning or is removed."""

SHORTEST_PAUSE = 0.1
"""Seconds between two events of a running stage: at most ten a second."""

LEVELS = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warning"}
"""Names of the levels of messages; higher levels are an "error"."""


class EventStream:
    """Events of this process, on standard error as it is at the time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = -SHORTEST_PAUSE  # when the latest event of a running stage was written

    def emit(self, event: str, **facts: Any) -> None:
        """Write an event; leave out facts that are None, but for a stage's total."""
        known = {
            key: plain_text(value) if isinstance(value, str) else value
            for key, value in facts.items()
            if value is not None or key == "total"
        }
        line = json.dumps({"event": event, **known}) + "\n"  # ASCII survives any encoding
        with self._lock, suppress(OSError):  # without a reader the work continues
            sys.stderr.write(line)
            sys.stderr.flush()

    def running(self, **facts: Any) -> None:
        """Write an event of a running stage, unless the latest was a moment ago."""
        now = time.perf_counter()
        with self._lock:
            if now - self._latest < SHORTEST_PAUSE:
                return
            self._latest = now
        self.emit("stage", **facts, state="running")


EVENTS = EventStream()
"""Event stream of this process."""


class EventHandler(logging.Handler):
    """Handler that emits the library's messages as events."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message."""
        EVENTS.emit("message", level=LEVELS.get(record.levelno, "error"), text=self.format(record))
