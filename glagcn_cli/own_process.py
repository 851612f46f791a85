"""What a process is told that works for this program alone: of its memory and its threads.

For commands, and for processes that are started for the work. A process of somebody who uses the
library stays as it is.
"""

from __future__ import annotations

import atexit
import gc

from .freed_memory import keep_freed_memory
from .idle_threads import let_idle_threads_sleep

_NEW_OBJECTS = 10_000
"""Objects that are made before the youngest are looked through for garbage: as many as a module or
two of torch has, of which there are hundreds. Python's 700 cost a fifth of the time of loading."""


def prepare_process() -> None:
    """Have memory kept, idle threads sleep and garbage collected rarely.

    To be called before torch is imported.
    """
    let_idle_threads_sleep()
    keep_freed_memory()
    gc.set_threshold(_NEW_OBJECTS)
    # Looked through once more at the end, all that was imported takes more than half a second.
    atexit.register(gc.freeze)


def limit_threads(threads: int) -> None:
    """Let torch and OpenCV use no more threads than this; it imports both."""
    import cv2
    import torch

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
