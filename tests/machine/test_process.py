from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from glagcn_cli.batch.lift_many import lift_many
from glagcn_cli.batch.worker import DONE, Choices
from glagcn_cli.commands import video
from glagcn_cli.machine import process
from tests.helpers.fake_lifting import FakeLifter, film
from tests.helpers.processes import check_processes


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done to this process."""
    done: list[str] = []
    monkeypatch.setattr(process, "keep_freed_memory", lambda: done.append("memory"))
    monkeypatch.setattr(process, "let_idle_threads_sleep", lambda: done.append("threads"))
    return done


@pytest.mark.parametrize(
    ("work", "arguments"),
    [
        ("lift", ["in.mp4", "-o", "out.npy"]),
        ("lift_videos", ["in.mp4", "--output-dir", "out"]),
        ("run_camera", ["--camera", "0"]),
    ],
)
def test_commands_prepare_their_process_before_any_work(
    untouched, monkeypatch, work, arguments
) -> None:
    at_work: list[list[str]] = []
    monkeypatch.setattr(video, work, lambda *_, **__: at_work.append([*untouched]) or True)
    assert CliRunner().invoke(video.main, arguments).exit_code == 0
    assert at_work == [["threads", "memory"]]


@pytest.mark.parametrize("command", ["train(['-o', 'run'", "evaluate(['--weights', 'none.pth'"])
def test_training_commands_prepare_their_process_before_torch_is_imported(
    command, tmp_path
) -> None:
    code = (
        "import sys\n"
        "from glagcn_cli.machine import process\n"
        "from glagcn_training.commands.train_eval import evaluate, train\n"
        "def told(what): print(what, 'torch' in sys.modules)\n"
        "process.let_idle_threads_sleep = lambda: told('threads')\n"
        "process.keep_freed_memory = lambda: told('memory')\n"
        f"{command}, '--dataset', 'mocap', '--data-dir', '.'])\n"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "threads False\nmemory False\n", done.stderr


def test_the_library_leaves_the_process_of_its_user_alone(untouched, tmp_path, out) -> None:
    (outcome,) = lift_many(
        [film(tmp_path / "a.mp4")], out, Choices(load=FakeLifter), formats=["npy"]
    )
    assert outcome.status == DONE and untouched == []


def test_worker_processes_are_prepared(tmp_path, out, monkeypatch) -> None:
    check_processes(tmp_path, out, monkeypatch, jobs=2)


def test_garbage_is_collected_rarely_and_not_at_the_end() -> None:
    code = (
        "import atexit, gc\n"
        "atexit.register(lambda: print(gc.get_threshold()[0], gc.get_freeze_count() > 0))\n"
        "from glagcn_cli.machine.process import prepare_process; prepare_process()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "10000 True\n"
