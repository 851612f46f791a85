"""Threads of torch that soon go to sleep while they wait for one another."""

from __future__ import annotations

import os

_SPIN_COUNT = "GOMP_SPINCOUNT"
_WAIT_POLICY = "OMP_WAIT_POLICY"

_SPINS = 20_000
"""Looks at whether work has come before a thread sleeps: some tens of microseconds. With it a run
over the example clip took 17.6 s on two idle cores, 20 s with the default, which spins on and on,
and 22 s when threads slept at once; beside other programs the default is ten times as slow."""


def let_idle_threads_sleep() -> None:
    """Have OpenMP's threads spin for a moment only, unless the user's environment says otherwise.

    At the end of every layer all threads wait for the last. Spinning, they keep the processor from
    whatever else runs, the last of them included. Call it before torch is imported, which reads
    this once; processes that are started later inherit it. GCC's library alone knows the setting.
    """
    if _WAIT_POLICY not in os.environ:
        os.environ.setdefault(_SPIN_COUNT, str(_SPINS))
