"""What every process of a batch has set."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

from glagcn_cli.batch.lift_many import lift_many
from glagcn_cli.batch.worker import DONE, Choices
from tests.helpers.fake_lifting import MeasuringLifter, film

_SPINS = "GOMP_SPINCOUNT"


def check_processes(tmp_path: Path, out: Path, monkeypatch, **where: Any) -> None:
    """Lift with processes whose memory and threads are measured."""
    monkeypatch.delenv(_SPINS, raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    films = [film(tmp_path / f"{name}.mp4") for name in "ab"]
    outcomes = lift_many(films, out, Choices(load=MeasuringLifter), formats=["npy"], **where)
    assert [outcome.status for outcome in outcomes] == [DONE, DONE]
    for name in "ab":
        told = json.loads((out / f"{name}.run.json").read_text())["models"]["lifter"]
        assert int(told["spins"]) > 0
        if platform.libc_ver()[0] == "glibc":
            assert told["faults"] < 100  # some 20 * 16 at least where memory is given back
