"""Waits for what another thread or process does, however busy the machine is.

Nothing here has a deadline: a test that waits for ever is ended, and named, by its timeout.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable


def until(happened: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Wait until something has happened; fail if a process that is to do it ends before."""
    while not happened():
        assert process is None or process.poll() is None, "the moment has not come"
        time.sleep(0.02)
