from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from glagcn_cli.batch import processes as worker_processes
from glagcn_cli.batch.lift_many import lift_many
from glagcn_cli.batch.worker import DONE, FAILED, Choices
from tests.helpers.batches_of_films import lift, rows, statuses, tree
from tests.helpers.fake_lifting import DAMAGED, KILLED, KILLED_ONCE, SLOW, FakeLifter, film
from tests.helpers.waiting import until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "in"


def test_a_killed_process_takes_only_its_video_with_it(folder, out, caplog) -> None:
    film(folder / "a.mp4", 12, KILLED_ONCE)
    film(folder / "b.mp4", 12, KILLED)
    film(folder / "c.mp4", 12, DAMAGED)
    good = [film(folder / f"{name}.mp4", 12 + ord(name)) for name in "defg"]
    with caplog.at_level(logging.INFO, logger="glagcn_cli"):
        outcomes = lift(folder, out, jobs=2)
    assert statuses(outcomes) == {
        "a.mp4": DONE, "b.mp4": FAILED, "c.mp4": FAILED,
        "d.mp4": DONE, "e.mp4": DONE, "f.mp4": DONE, "g.mp4": DONE,
    }  # fmt: skip
    assert outcomes[1].message == (
        "the process that worked on it was killed (SIGKILL; did the memory run out?), 2 times"
    )
    assert (
        caplog.text.count("was killed (SIGKILL; did the memory run out?); it is begun again") == 2
    )
    reports = [json.loads((out / f"{name}.run.json").read_text()) for name in "adefg"]
    processes = {report["models"]["lifter"]["process"] for report in reports}
    assert os.getpid() not in processes
    assert len(processes) <= 4  # two at first, and one for each that died on a and b
    # Without processes, the bytes are the same.
    lift_many(good, out / "same", Choices(load=FakeLifter), formats=["npy"])
    for name in "defg":
        assert (out / "same" / f"{name}.npy").read_bytes() == (out / f"{name}.npy").read_bytes()
    # What was not written by the one that was killed is still its own the next time.
    assert json.loads((out / "b.run.json").read_text())["outputs"] == []
    film(folder / "b.mp4", 12)
    assert statuses(lift(folder, out))["b.mp4"] == DONE


def test_the_end_is_not_waited_for(folder, out, monkeypatch) -> None:
    film(folder / "a.mp4", 12)
    film(folder / "b.mp4", 13)
    wait, waited = worker_processes.connection.wait, []

    def noted(pipes, timeout):
        waited.append(len(pipes))
        return wait(pipes, timeout)

    monkeypatch.setattr(worker_processes.connection, "wait", noted)
    assert statuses(lift(folder, out, jobs=2)) == {"a.mp4": DONE, "b.mp4": DONE}
    assert waited and 0 not in waited


_INTERRUPTED = """
import sys
from pathlib import Path
from tests.helpers.fake_lifting import FakeLifter
from glagcn_cli.progress.console import termination_unwinds
from glagcn_cli.batch.worker import Choices
from glagcn_cli.batch.lift_many import lift_many

if __name__ == "__main__":
    with termination_unwinds():
        choices = Choices(load=FakeLifter)
        lift_many([Path(sys.argv[1])], Path(sys.argv[2]), choices, formats=["npy"], jobs=2)
"""


@pytest.mark.parametrize(("number", "to_all"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_an_interrupt_ends_all_processes(folder, out, tmp_path, number, to_all) -> None:
    """Ctrl-C reaches every process of a terminal, a batch system's signal the first one alone."""
    film(folder / "a.mp4")
    slow = [film(folder / name, 12, SLOW) for name in ("b.mp4", "c.mp4")]
    script = tmp_path / "script.py"
    script.write_text(_INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, script, folder, out],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until(lambda: all(video.with_suffix(".begun").exists() for video in slow), process)
    (os.killpg if to_all else os.kill)(process.pid, number)
    _, told = process.communicate()  # ends when nobody holds its standard error any more
    assert process.returncode == (-number if number == signal.SIGINT else 128 + number)
    # Python's own words about the interrupt in the script, and none of the processes.
    assert "leaked" not in told
    assert told.count("Traceback") == (1 if number == signal.SIGINT else 0), told
    assert tree(out) == ["a.npy", "a.run.json", "summary.csv"]
    assert [row["status"] for row in rows(out)] == ["done", "not reached", "not reached"]
