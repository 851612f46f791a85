"""Memory that networks free and ask for again, kept instead of given back to the system."""

from __future__ import annotations

import ctypes
import logging
import sys

log = logging.getLogger(__name__)

# Parameters of glibc's mallopt, from malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 1 << 30  # bytes, more than any tensor of a run
_LARGEST_OF_OLD = 4 * 1024 * 1024 * ctypes.sizeof(ctypes.c_long)
"""Bytes: glibc before 2.35 takes no larger threshold. Larger blocks go back to the system there."""


def keep_freed_memory() -> bool:
    """Have glibc keep freed blocks for the next request, whatever their size; elsewhere nothing.

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
