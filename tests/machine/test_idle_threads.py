from __future__ import annotations

import os
import subprocess
import sys

import pytest

from glagcn_cli.machine.process import let_idle_threads_sleep


def test_what_the_user_chose_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    let_idle_threads_sleep()
    assert int(os.environ["GOMP_SPINCOUNT"]) > 0
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    let_idle_threads_sleep()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    let_idle_threads_sleep()
    assert "GOMP_SPINCOUNT" not in os.environ


_CALLED = """
import os, sys
from glagcn_cli.commands.video import main
command = sys.modules["glagcn_cli.commands.video"]
command.lift = lambda *_, **__: print("torch" in sys.modules, os.environ["{name}"])
main(["in.mp4", "-o", "out.npy"])
"""


def test_the_command_says_so_before_torch_is_there() -> None:
    name = "GOMP_SPINCOUNT"
    environment = {
        key: value for key, value in os.environ.items() if key not in (name, "OMP_WAIT_POLICY")
    }
    done = subprocess.run(
        [sys.executable, "-c", _CALLED.format(name=name)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert done.stdout.split() == ["False", "20000"]
