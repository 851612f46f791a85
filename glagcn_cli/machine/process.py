"""Sets up a process that runs this program alone: its memory, threads and output.

For commands, and for processes that are started for the work. A process of somebody who uses the
library stays as it is.
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

_SPIN_COUNT = "GOMP_SPINCOUNT"
_WAIT_POLICY = "OMP_WAIT_POLICY"

_SPINS = 20_000
"""Looks at whether work has come before a thread sleeps: some tens of microseconds. With it a run
over the example clip took 17.6 s on two idle cores, 20 s with the default, which spins on and on,
and 22 s when threads slept at once; beside other programs the default is ten times as slow."""


def let_idle_threads_sleep() -> None:
    """Let OpenMP's threads spin only briefly, unless the user's environment sets it.

    At the end of every layer all threads wait for the last. Spinning, they keep the processor from
    whatever else runs, the last of them included. Call it before torch is imported, which reads
    this once; processes that are started later inherit it. GCC's library alone knows the setting.
    """
    if _WAIT_POLICY not in os.environ:
        os.environ.setdefault(_SPIN_COUNT, str(_SPINS))


log = logging.getLogger(__name__)

# Parameters of glibc's mallopt, from malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 1 << 30  # bytes, more than any tensor of a run
_LARGEST_OF_OLD = 4 * 1024 * 1024 * ctypes.sizeof(ctypes.c_long)
"""Bytes: glibc before 2.35 takes no larger threshold. Larger blocks go back to the system there."""


def keep_freed_memory() -> bool:
    """Make glibc reuse freed blocks of any size; do nothing elsewhere.

    By default it asks the system for each large block and gives it back when it is freed. Networks
    free and ask for the same megabytes in every layer, and the system clears all pages anew: that
    took half of the time of MoveNet on a CPU. Peak memory stays as it was. For the process as a
    whole, so for a command to call and not for a library.

    Returns
    -------
    bool
        Whether it was done.
    """
    if not sys.platform.startswith("linux"):  # glibc is nowhere else
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # a C library without it, as musl
        return False
    sizes = (_LARGEST, _LARGEST_OF_OLD)
    done = any(mallopt(_MMAP_THRESHOLD, size) for size in sizes)
    done = done and bool(mallopt(_TRIM_THRESHOLD, _LARGEST))
    log.debug("freed memory is %s", "kept" if done else "given back: mallopt refused")
    return done


_NEW_OBJECTS = 10_000
"""Objects that are made before the youngest are looked through for garbage: as many as a module or
two of torch has, of which there are hundreds. Python's 700 cost a fifth of the time of loading."""


def prepare_process() -> None:
    """Reuse memory, let idle threads sleep, collect garbage rarely, and print any name.

    To be called before torch is imported.
    """
    let_any_name_be_printed()
    let_idle_threads_sleep()
    keep_freed_memory()
    gc.set_threshold(_NEW_OBJECTS)
    # Looked through once more at the end, all that was imported takes more than half a second.
    atexit.register(gc.freeze)


def let_any_name_be_printed() -> None:
    """Make standard output accept all characters of file names, which would stop a run.

    Windows writes to files and pipes in an encoding of the country's: what that lacks becomes an
    escape, as on standard error. Names that are no text keep their bytes in UTF-8.
    """
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper) and out.errors == "strict":
        out.reconfigure(errors="surrogateescape" if is_utf8(out) else "backslashreplace")


def is_utf8(stream: TextIO) -> bool:
    """Tell whether a stream accepts every character."""
    return codecs.lookup(stream.encoding or "utf-8").name == "utf-8"


def limit_threads(threads: int) -> None:
    """Limit the threads of torch and OpenCV; import both."""
    import cv2
    import torch

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
