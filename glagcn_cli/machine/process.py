"""Sets up a process that runs this program alone: its memory, threads and output.

This is for commands and their worker processes. The process of a library's user is not changed.
"""

from __future__ import annotations

import atexit
import codecs
import ctypes
import gc
import io
import logging
import os
import sys
from typing import TextIO

from .devices import usable_cores

_SPIN_COUNT = "GOMP_SPINCOUNT"
_WAIT_POLICY = "OMP_WAIT_POLICY"
_TORCH_THREADS = "OMP_NUM_THREADS"

_SPINS = 20_000
"""Polls for work before a thread sleeps: some tens of microseconds. Spinning for long, the default,
slows down other programs and threads; sleeping at once delays the next layer."""


def let_idle_threads_sleep() -> None:
    """Let OpenMP's threads spin only briefly, unless the user's environment sets it.

    At the end of every layer all threads wait for the last. Spinning threads occupy processors that
    the last one and other programs need. Call this before torch is imported, which reads the
    setting once; later processes inherit it. Only GCC's library has the setting.
    """
    if _WAIT_POLICY not in os.environ:
        os.environ.setdefault(_SPIN_COUNT, str(_SPINS))


log = logging.getLogger(__name__)

# Parameters of glibc's mallopt, from malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 1 << 30  # bytes, more than any tensor of a run
_LARGEST_OF_OLD = 4 * 1024 * 1024 * ctypes.sizeof(ctypes.c_long)
"""Bytes: largest threshold of glibc before 2.35, which returns larger blocks to the system."""


def keep_freed_memory() -> bool:
    """Make glibc reuse freed blocks of any size; do nothing elsewhere.

    By default each large block comes from the system and returns to it when freed. Networks free
    and request the same megabytes in every layer, and the system clears all pages each time, which
    slows MoveNet down on a CPU. Peak memory is unchanged. The setting affects the whole process, so
    commands call this, not the library.

    Returns
    -------
    bool
        True if the setting was changed.
    """
    if not sys.platform.startswith("linux"):  # glibc exists only there
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # a C library without it, as musl
        return False
    sizes = (_LARGEST, _LARGEST_OF_OLD)
    done = any(mallopt(_MMAP_THRESHOLD, size) for size in sizes)
    done = done and bool(mallopt(_TRIM_THRESHOLD, _LARGEST))
    log.debug("freed memory is %s", "reused" if done else "returned: mallopt refused")
    return done


_NEW_OBJECTS = 10_000
"""New objects between two collections of the youngest generation: about as many as one or two of
torch's hundreds of modules have. Python's default of 700 slows down imports."""


def prepare_process() -> None:
    """Reuse memory, let idle threads sleep, collect garbage rarely, and print any name.

    Call this before torch is imported.
    """
    let_any_name_be_printed()
    let_idle_threads_sleep()
    keep_freed_memory()
    gc.set_threshold(_NEW_OBJECTS)
    # A collection of all imported objects at exit takes more than half a second.
    atexit.register(gc.freeze)


def let_any_name_be_printed() -> None:
    """Make standard output accept all characters of file names, which would stop a run.

    Windows writes to files and pipes in a regional encoding. Characters that it lacks become
    escapes, as on standard error. In UTF-8, names that are not text keep their bytes.
    """
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and out.errors == "strict":
        out.reconfigure(errors="surrogateescape" if is_utf8(out) else "backslashreplace")


def is_utf8(stream: TextIO) -> bool:
    """Tell whether a stream accepts every character."""
    return codecs.lookup(stream.encoding or "utf-8").name == "utf-8"


def limit_threads(threads: int) -> None:
    """Limit the threads of torch, which need not be loaded yet, and of OpenCV, which is."""
    import cv2

    cv2.setNumThreads(threads)
    os.environ[_TORCH_THREADS] = str(threads)  # read once, when torch is imported
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(threads)


def threads_used() -> int:
    """Return on how many threads networks compute; without torch, on how many torch would."""
    if "torch" in sys.modules:
        import torch

        return torch.get_num_threads()
    from .openvino.kept import kept_torch

    here = kept_torch()
    return usable_cores() if here is None else here.threads
