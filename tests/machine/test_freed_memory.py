from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_PAGES = """
import resource, sys
import numpy as np
from glagcn_cli.machine.process import keep_freed_memory
kept = keep_freed_memory() if sys.argv[1] == "kept" else None
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(4 << 20)
before = faults()
for _ in range(20):
    np.ones(4 << 20)  # 32 MiB
print(kept, faults() - before)
"""


def page_faults(how: str) -> tuple[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", _PAGES, how], capture_output=True, text=True, check=True
    )
    kept, faults = done.stdout.split()
    return kept, int(faults)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone has this switch")
def test_freed_blocks_are_used_again_without_the_system() -> None:
    _, given_back = page_faults("as it is")
    kept, faults = page_faults("kept")
    assert kept == "True" and faults < given_back / 5


def test_an_old_glibc_keeps_blocks_as_large_as_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    from glagcn_cli.machine import process

    taken: dict[int, int] = {}

    class OldLibrary:
        @staticmethod
        def mallopt(parameter: int, value: int) -> int:
            if parameter == -3 and value > 32 << 20:  # what glibc 2.31 says to a larger threshold
                return 0
            taken[parameter] = value
            return 1

    monkeypatch.setattr(process.ctypes, "CDLL", lambda _: OldLibrary)
    monkeypatch.setattr(process.sys, "platform", "linux")
    assert process.keep_freed_memory() is True
    assert taken == {-3: 32 << 20, -1: 1 << 30}


def test_systems_without_the_switch_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from glagcn_cli.machine import process

    monkeypatch.setattr(process.sys, "platform", "darwin")
    assert process.keep_freed_memory() is False
    monkeypatch.setattr(process.sys, "platform", "linux")
    monkeypatch.setattr(process.ctypes, "CDLL", lambda _: object())
    assert process.keep_freed_memory() is False
