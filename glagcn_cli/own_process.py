"""What a process is told that works for this program alone: of its memory and its threads.

For commands, and for processes that are started for the work. A process of somebody who uses the
library stays as it is.
"""

from __future__ import annotations

from .freed_memory import keep_freed_memory
from .idle_threads import let_idle_threads_sleep


def prepare_process() -> None:
    """Have memory kept and idle threads sleep; to be called before torch is imported."""
    let_idle_threads_sleep()
    keep_freed_memory()


def limit_threads(threads: int) -> None:
    """Let torch and OpenCV use no more threads than this; it imports both."""
    import cv2
    import torch

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
