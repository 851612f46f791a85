from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from glagcn_cli import __version__
from glagcn_cli.commands.video import main
from glagcn_cli.errors import CheckpointError
from glagcn_cli.progress.events import JSON, EventStream
from glagcn_cli.progress.stages import Stages
from tests.helpers.fake_detection import FakeDetector, clip, random_lifter, use_detector

SCHEMA = {
    "start": {"schema": int, "program": str, "version": str},
    "stage": {"stage": str, "state": str, "seconds": float},
    "message": {"level": str, "text": str},
    "written": {"path": str},
    "exit": {"code": int, "seconds": float},
}
"""Fields that every event has, and their types, as docs/guide/command_line.md promises."""


@pytest.fixture(scope="session")
def lifter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_lifter(tmp_path_factory.mktemp("lifter") / "random.pth")


def events(text: str) -> list[dict[str, Any]]:
    """Events of a standard error that holds nothing else, checked against the schema."""
    found = [json.loads(line) for line in text.splitlines()]
    for event in found:
        for name, kind in SCHEMA[event["event"]].items():
            assert type(event[name]) is kind, event
        if event["event"] == "stage":
            assert event["state"] in ("begin", "running", "done", "failed")
            assert ("frames" in event) == ("total" in event)
    assert found[0]["event"] == "start"
    assert found[-1]["event"] == "exit"
    return found


def run(*arguments: str | Path) -> tuple[str, int, list[dict[str, Any]]]:
    """Standard output, exit code and events of a call."""
    result = CliRunner().invoke(
        main, ["--progress", "json", *map(str, arguments)], prog_name="glagcn-video"
    )
    return result.stdout, result.exit_code, events(result.stderr)


def test_a_run_tells_all_that_it_does(monkeypatch, tmp_path, lifter) -> None:
    use_detector(monkeypatch, FakeDetector(people=2))
    source, outputs = clip(tmp_path / "in.mp4", 20), [tmp_path / "a.mp4", tmp_path / "a.npy"]
    command = [source, "--lifter", lifter, *(f"-o{output}" for output in outputs)]
    stdout, code, told = run(*command)
    assert code == 0
    assert told[0] == {
        "event": "start", "schema": 1, "program": "glagcn-video", "version": __version__
    }  # fmt: skip
    assert told[-1]["code"] == 0
    written = [event["path"] for event in told if event["event"] == "written"]
    assert written == stdout.splitlines() == [*map(str, outputs), str(tmp_path / "a.run.json")]
    assert {event["input"] for event in told if "input" in event} == {str(source)}
    (message,) = [event for event in told if event["event"] == "message"]
    assert message["level"] == "info"
    assert "2 people were found" in message["text"]
    for stage, frames in (("detection", 20), ("rendering", 20), ("tracking", None)):
        of_it = [event for event in told if event.get("stage") == stage]
        assert (of_it[0]["state"], of_it[-1]["state"]) == ("begin", "done")
        assert of_it[-1].get("frames") == of_it[-1].get("total") == frames
        assert of_it[0].get("frames") == (None if frames is None else 0)
        done = [event.get("frames", 0) for event in of_it]
        assert done == sorted(done)
        seconds = [event["seconds"] for event in of_it]
        assert seconds == sorted(seconds)
    # A file is told of as soon as it is whole, not at the end.
    order = [event.get("path") or event.get("stage") for event in told]
    assert order.index(str(outputs[0])) < order.index("export")


def test_warnings_and_errors_are_events(monkeypatch, tmp_path, lifter) -> None:
    def fail(_: int) -> None:
        raise CheckpointError("the weights do not fit:\n" + "size mismatch\n" * 50)

    use_detector(monkeypatch, FakeDetector(before_batch=fail))
    source = clip(tmp_path / "in.mp4")
    stdout, code, told = run(source, "-o", tmp_path / "a.npy", "--lifter", lifter)
    assert (stdout, code, told[-1]["code"]) == ("", 1, 1)
    error = told[-2]
    assert error["level"] == "error"
    assert error["text"].startswith("the weights do not fit:\n")
    assert error["text"].count("size mismatch") == 50
    failed = [event["stage"] for event in told if event.get("state") == "failed"]
    assert failed == ["detection"]
    told = run(source, "-o", tmp_path / "a.npy", "--lifter", lifter, "--verbose")[2]
    assert any(e.get("level") == "debug" and "Traceback" in e["text"] for e in told)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["in.mp4", "-o", "a.xyz"], 2, ".xyz"),
        (["in.mp4"], 2, "name a file to write"),
        (["in.mp4", "-o", "a.npy", "--quiet"], 2, "contradict"),
        (["missing.mp4", "-o", "a.npy"], 1, "missing.mp4"),
        (["in.mp4", "-o", "a.npy", "--turn", "nan"], 2, "--turn nan"),
    ],
)
def test_what_is_refused_is_told_in_one_event(
    monkeypatch, tmp_path, arguments: list[str], code: int, word: str
) -> None:
    clip(tmp_path / "in.mp4")
    monkeypatch.chdir(tmp_path)
    stdout, status, told = run(*arguments)
    assert (stdout, status, told[-1]["code"]) == ("", code, code)
    messages = [event for event in told if event["event"] == "message"]
    assert [message["level"] for message in messages] == ["error"]
    assert word in messages[0]["text"]


def test_a_run_that_is_stopped_says_so(monkeypatch, tmp_path, lifter) -> None:
    told_by_then: list[bytes] = []

    def interrupt(done: int) -> None:
        if done:
            told_by_then.append(sys.stderr.buffer.getvalue())  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    use_detector(monkeypatch, FakeDetector(before_batch=interrupt))
    source = clip(tmp_path / "in.mp4", 20)
    code, told = run(source, "-o", tmp_path / "a.npy", "--lifter", lifter)[1:]
    assert code == told[-1]["code"] == 130
    assert told[-2]["level"] == "error"
    assert "interrupted" in told[-2]["text"]
    assert [event["stage"] for event in told if event.get("state") == "failed"] == ["detection"]
    # Events are written when they happen, not kept in a buffer until the end.
    assert b'"stage": "detection"' in told_by_then[0]


def test_a_running_stage_is_told_of_ten_times_a_second_at_most(capfd) -> None:
    stages = Stages.shown_as(JSON, "in.mp4")
    started = time.perf_counter()
    with stages.stage("detection", 400) as stage:
        for _ in range(400):
            time.sleep(0.001)
            stage.advance()
    seconds = time.perf_counter() - started
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    running = [event for event in told if event["state"] == "running"]
    assert 2 <= len(running) <= 10 * seconds + 1
    assert (told[-1]["frames"], told[-1]["total"]) == (400, 400)


def test_an_unknown_length_is_null_and_no_length_is_left_out(capfd) -> None:
    stages = Stages.shown_as(JSON)
    with stages.stage("detection", 0):
        pass
    with stages.stage("tracking"):
        pass
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [event.get("total", "none") for event in told] == [None, None, "none", "none"]


def test_threads_do_not_tear_each_others_lines(capfd) -> None:
    stream = EventStream()
    texts = ["ü" * 3000, "x\ny" * 1000]

    def talk(text: str) -> None:
        for _ in range(50):
            stream.emit("message", level="info", text=text)

    threads = [threading.Thread(target=talk, args=(text,)) for text in texts * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [json.loads(line)["text"] for line in capfd.readouterr().err.splitlines()]
    assert sorted(told) == sorted(texts * 100)


def test_a_caller_that_stops_listening_does_not_stop_the_run(monkeypatch) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with suppress(BrokenPipeError), os.fdopen(theirs, "w") as deaf:
        monkeypatch.setattr("sys.stderr", deaf)
        stages = Stages.shown_as(JSON)
        with stages.stage("detection", 3) as stage:
            stage.advance(3)
        monkeypatch.undo()
    assert stages.by_name["detection"].frames == 3


@pytest.mark.parametrize("chosen", ["bar", "none"])
def test_bars_can_be_had_without_a_terminal_or_not_at_all(
    monkeypatch, tmp_path, lifter, chosen: str
) -> None:
    use_detector(monkeypatch, FakeDetector())
    command = [clip(tmp_path / "in.mp4"), "-o", tmp_path / "a.npy", "--lifter", lifter]
    result = CliRunner().invoke(main, [*map(str, command), "--progress", chosen])
    assert result.exit_code == 0
    assert ("detection" in result.stderr) == (chosen == "bar")
