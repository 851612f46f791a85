"""Memory that networks free and ask for again, kept instead of given back to the system."""

from __future__ import annotations

import ctypes
import logging
import sys

log = logging.getLogger(__name__)

# Parameters of glibc's mallopt, from malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 1 << 30  # bytes, more than any tensor of a run


def keep_freed_memory() -> bool:
    """Have glibc keep freed blocks of any size for the next request; elsewhere do nothing.

    By default it asks the system for each large block and gives it back when it is freed. Networks
    free and ask for the same megabytes in every layer, and the system clears all pages anew: that
    took half of the time of MoveNet on a CPU. Peak memory stays as it was. For the process as a
    whole, so for a command to call and not for a library.

    Returns
    -------
    bool
        Whether it was done.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # a C library without it, as musl
        return False
    done = bool(mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, _LARGEST))
    log.debug("freed memory is %s", "kept" if done else "given back: mallopt refused")
    return done
