"""What a process is told that works for this program alone: of memory, threads and its output.

For commands, and for processes that are started for the work. A process of somebody who uses the
library stays as it is.
"""

from __future__ import annotations

import atexit
import codecs
import gc
import io
import sys
from typing import TextIO

from .freed_memory import keep_freed_memory
from .idle_threads import let_idle_threads_sleep

_NEW_OBJECTS = 10_000
"""Objects that are made before the youngest are looked through for garbage: as many as a module or
two of torch has, of which there are hundreds. Python's 700 cost a fifth of the time of loading."""


def prepare_process() -> None:
    """Have memory kept, idle threads sleep, garbage collected rarely, and any name printed.

    To be called before torch is imported.
    """
    let_any_name_be_printed()
    let_idle_threads_sleep()
    keep_freed_memory()
    gc.set_threshold(_NEW_OBJECTS)
    # Looked through once more at the end, all that was imported takes more than half a second.
    atexit.register(gc.freeze)


def let_any_name_be_printed() -> None:
    """Have standard output take whatever is in the names of files; it would stop a run.

    Windows writes to files and pipes in an encoding of the country's: what that lacks becomes an
    escape, as on standard error. Names that are no text keep their bytes in UTF-8.
    """
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and out.errors == "strict":
        out.reconfigure(errors="surrogateescape" if is_utf8(out) else "backslashreplace")


def is_utf8(stream: TextIO) -> bool:
    """Whether a stream can take every character."""
    return codecs.lookup(stream.encoding or "utf-8").name == "utf-8"


def limit_threads(threads: int) -> None:
    """Let torch and OpenCV use no more threads than this; it imports both."""
    import cv2
    import torch

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
