from __future__ import annotations

import csv
import json
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glagcn_cli.batch import worker
from glagcn_cli.commands.video import main
from tests.helpers.fake_lifting import DAMAGED, SCARED, FakeLifter, film
from tests.helpers.terminal import on_a_terminal


@pytest.fixture(autouse=True)
def _fake_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        worker, "loaded_models", lru_cache(lambda choices: FakeLifter(choices.settings))
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "in"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_all_done(folder, out) -> None:
    film(folder / "a.mp4")
    film(folder / "x" / "-b %d é.mp4", 30)
    result = run(folder, "--output-dir", out, "--format", "npy,bvh")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        str(out / name)
        for name in (
            "a.npy", "a.bvh", "a.run.json", "x/-b %d é.npy", "x/-b %d é.bvh", "x/-b %d é.run.json",
            "summary.csv",
        )
    ]  # fmt: skip
    told = result.stderr.splitlines()
    assert told[0].startswith(f"glagcn-video: [1/2] {folder / 'a.mp4'}: done in ")
    assert told[1].endswith(" s, 30 frames, 1 person")
    assert told[2].split() == ["status", "seconds", "frames", "people", "file"]
    assert told[-1] == "2 videos: 2 done"


def test_one_that_fails_makes_1_and_the_next_call_goes_on(folder, out) -> None:
    film(folder / "a.mp4")
    film(folder / "b.mp4", 12, DAMAGED)
    film(folder / "c.mp4")
    result = run(folder, "--output-dir", out, "--format", "npy")
    assert result.exit_code == 1
    assert f"ERROR: [2/3] {folder / 'b.mp4'}: failed: is no video" in result.stderr
    assert result.stderr.splitlines()[-1] == "3 videos: 2 done, 1 failed"
    film(folder / "b.mp4")
    result = run(folder, "--output-dir", out, "--format", "npy", "--format", "NPY")
    assert result.exit_code == 0
    assert f"[1/3] {folder / 'a.mp4'}: skipped: done before" in result.stderr
    assert result.stderr.splitlines()[-1] == "3 videos: 1 done, 2 skipped"
    assert result.stdout.splitlines() == [
        str(out / name) for name in ("b.npy", "b.run.json", "summary.csv")
    ]


def test_quiet_tells_failures_alone(folder, out) -> None:
    film(folder / "a.mp4")
    film(folder / "b.mp4", 12, DAMAGED)
    result = run(folder, "--output-dir", out, "--format", "npy", "--quiet")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"glagcn-video: ERROR: [2/2] {folder / 'b.mp4'}: failed: is no video"
    ]


def test_an_interrupt_is_130_and_lists_what_is_done(folder, out) -> None:
    film(folder / "a.mp4")
    film(folder / "b.mp4", 12, SCARED)
    result = run(folder, "--output-dir", out, "--format", "npy")
    assert result.exit_code == 130
    assert "1 of 2 videos were not reached; the same call goes on with them" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("glagcn-video: interrupted")
    assert result.stdout.splitlines() == [
        str(out / name) for name in ("a.npy", "a.run.json", "summary.csv")
    ]


def test_the_choices_reach_every_run(folder, out) -> None:
    film(folder / "a.mp4")
    given = ["--smoothing", "3", "--people", "all", "--save-2d", "--no-cache", "--max-frames", "9"]
    assert run(folder, "--output-dir", out, "--format", "npy", *given).exit_code == 0
    settings = json.loads((out / "a.run.json").read_text())["settings"]
    assert {name: settings[name] for name in ("smoothing", "people", "max_frames")} == {
        "smoothing": 3.0, "people": "all", "max_frames": 9,
    }  # fmt: skip
    assert (out / "a.keypoints.npz").exists()


def test_the_default_formats_are_those_of_the_first_example(folder, out) -> None:
    """The fakes show no pictures, so that the video fails and the others stand."""
    film(folder / "a.mp4")
    assert run(folder, "--output-dir", out).exit_code == 1
    told = json.loads((out / "a.run.json").read_text())
    assert [Path(row["path"]).name for row in told["outputs"]] == ["a.npy", "a.bvh"]
    assert [Path(row["path"]).name for row in told["not_written"]] == ["a.mp4"]


def test_events_for_programs(folder, out) -> None:
    film(folder / "a.mp4", 30)
    film(folder / "b.mp4", 12, DAMAGED)
    result = run(folder, "--output-dir", out, "--format", "npy", "--progress", "json")
    assert result.exit_code == 1
    events = [json.loads(line) for line in result.stderr.splitlines()]
    videos = [event for event in events if event["event"] == "video"]
    assert [(e["number"], e["total"], e["state"], e["input"]) for e in videos] == [
        (1, 2, "done", str(folder / "a.mp4")), (2, 2, "failed", str(folder / "b.mp4")),
    ]  # fmt: skip
    assert videos[0]["frames"] == 30
    assert videos[1]["text"] == "is no video"
    written = [event["path"] for event in events if event["event"] == "written"]
    assert written == [str(out / "a.npy"), str(out / "a.run.json")]
    assert events[-1]["event"] == "exit"
    assert events[-1]["code"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in"], "--output-dir FOLDER"),
        (["in/a.mp4", "in/b.mp4"], "--output-dir FOLDER"),
        (["in/a.mp4", "in/b.mp4", "-o", "x.mp4"], "--output-dir FOLDER"),
        (["in", "--output-dir", "out", "-o", "x.mp4"], "-o is for one video"),
        (["in", "--output-dir", "out", "--plot", "x.png"], "--plot is for one video"),
        (["in", "--output-dir", "out", "--report", "x.pdf"], "--report is for one video"),
        (["in", "--output-dir", "out", "--from-2d", "x.npz"], "--from-2d is for one video"),
        (["in", "--output-dir", "out", "--from-3d", "x.npz"], "--from-3d is for one video"),
        (["in/a.mp4", "-o", "x.npy", "--jobs", "2"], "--jobs is for many videos"),
        (["in/a.mp4", "-o", "x.npy", "--ray", "local"], "--ray is for many videos"),
        (["in/a.mp4", "-o", "x.npy", "--format", "npy"], "--format is for many videos"),
        (["--output-dir", "out"], "name the videos, or folders of them"),
        (
            ["in", "--output-dir", "out", "--format", "npy,gif"],
            "--format gif: .gif is not written",
        ),
        (["in", "--output-dir", "out", "--format", ","], "there is no such format, but mp4"),
        (["in", "--output-dir", "out", "--jobs", "0"], "0 is not in the range x>=1"),
        (["in", "-", "--output-dir", "out"], "standard input holds one video"),
        (["in", "--output-dir", "in"], "would take the place of the input"),
        (["in", "--output-dir", "in/a.mp4"], "is a file"),
    ],
)
def test_wrong_usage_is_2_and_says_what_to_do(
    folder, out, monkeypatch, tmp_path, arguments, message
) -> None:
    film(folder / "a.mp4")
    film(folder / "b.mp4")
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.stderr.split())
    assert sorted(path.name for path in folder.iterdir()) == ["a.mp4", "b.mp4"]
    assert list(out.iterdir()) == []


def test_a_folder_without_videos_and_a_missing_model_are_1(folder, out, tmp_path) -> None:
    folder.mkdir()
    result = run(folder, "--output-dir", out)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no videos in there" in result.stderr
    film(folder / "a.mp4")
    result = run(folder, "--output-dir", out, "--lifter", tmp_path / "no.pth")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no lifter" in result.stderr
    assert list(out.iterdir()) == []


_ON_A_TERMINAL = """
import sys, time
from functools import lru_cache
sys.path.insert(0, {tests!r})
from tests.helpers.fake_lifting import FakeLifter
from glagcn_cli.batch import worker
worker.loaded_models = lru_cache(lambda choices: FakeLifter(choices.settings))
from glagcn_cli.commands.video import main
main(prog_name="glagcn-video")
"""


def test_one_line_for_the_whole_batch(folder, out) -> None:
    for name in "abc":
        film(folder / f"{name}.mp4", 12, name)
    script = _ON_A_TERMINAL.format(tests=str(Path(__file__).parents[2]))
    command = [sys.executable, "-c", script, str(folder), "--output-dir", str(out)]
    told, shown, status = on_a_terminal([*command, "--format", "npy"])
    assert status == 0, shown
    assert told.splitlines()[-1] == str(out / "summary.csv")
    assert "0/3 videos" in shown
    assert "2/3 videos" in shown
    assert "b.mp4: export" in shown  # what is being done, as the bar's last words
    assert "frames/s" not in shown  # no bars of single videos
    with (out / "summary.csv").open(newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["done"] * 3
