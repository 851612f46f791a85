"""Names whose bytes are no UTF-8, as old zip files leave them, through all outputs and messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.export.formats import PLOT_SUFFIXES, REPORT_SUFFIXES, SUFFIXES, VIDEO_SUFFIXES
from glagcn_cli.video.reader import VideoReader
from tests.helpers.command_line import run
from tests.helpers.fake_detection import FakeDetector, clip, use_detector

NAME, SHOWN = os.fsdecode(b"caf\xe9"), "caf�"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere names of files are always text"
)


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    use_detector(monkeypatch, FakeDetector())


@pytest.fixture
def film(tmp_path: Path) -> Path:
    folder = tmp_path / NAME
    folder.mkdir()
    return clip(tmp_path / "in.mp4", 12).rename(folder / f"{NAME}.mp4")


def test_every_output_of_such_a_video(film: Path, out: Path, lifter: Path) -> None:
    outputs = [
        word for suffix in (*VIDEO_SUFFIXES, *SUFFIXES) for word in ("-o", out / f"a{suffix}")
    ]
    plots = [
        word for k, suffix in enumerate(PLOT_SUFFIXES) for word in ("--plot", out / f"{k}{suffix}")
    ]
    result = run(film, *outputs, *plots, "--save-2d", "--lifter", lifter)
    assert result.exit_code == 0, result.output
    report = json.loads((out / "a.run.json").read_text(encoding="utf-8"))
    assert report["settings"]["input"].endswith(f"{SHOWN}/{SHOWN}.mp4")
    assert json.loads((out / "a.json").read_text(encoding="utf-8"))["source"] == f"{SHOWN}.mp4"
    for name in ("a.npz", "a.keypoints.npz"):
        assert str(np.load(out / name)["source"]) == f"{SHOWN}.mp4"
    assert f"{SHOWN}.mp4" in (out / "a.html").read_text(encoding="utf-8")
    again = run(film, "--from-2d", out / "a.keypoints.npz", "-o", out / "b.npy", "--lifter", lifter)
    assert again.exit_code == 0, again.output


def test_every_output_named_so(film: Path, out: Path, lifter: Path) -> None:
    outputs = [
        word for suffix in (*VIDEO_SUFFIXES, *SUFFIXES) for word in ("-o", out / f"{NAME}{suffix}")
    ]
    plots = [
        word
        for k, suffix in enumerate(PLOT_SUFFIXES)
        for word in ("--plot", out / f"{NAME}{k}{suffix}")
    ]
    reports = [w for suffix in REPORT_SUFFIXES for w in ("--report", out / f"{NAME}r{suffix}")]
    result = run(film, *outputs, *plots, *reports, "--lifter", lifter)
    assert result.exit_code == 0, result.output
    report = json.loads((out / f"{NAME}.run.json").read_text(encoding="utf-8"))
    assert f"{SHOWN}.mp4" in {Path(row["path"]).name for row in report["outputs"]}
    assert len([*VideoReader(out / f"{NAME}.mp4")]) == 12
    for suffix in (".npz", ".json", ".csv", ".trc", ".c3d", ".npy"):
        # The lifter's weights are random, so its people have no sizes of people.
        known = ("--unit", "m") if suffix == ".npy" else ()
        poses = out / f"{NAME}{suffix}"
        again = run("--from-3d", poses, film, "-o", out / f"{suffix[1:]}.npy", *known)
        assert again.exit_code == 0, again.output


def test_many_videos_are_written_under_names_that_are_text(
    film: Path, out: Path, lifter: Path
) -> None:
    command = (film.parent, "--output-dir", out, "--format", "npy,json", "--lifter", lifter)
    for status in ("done", "skipped"):
        result = run(*command)
        assert result.exit_code == 0, result.output
        assert f"1 {status}" in result.output
    written = sorted(path.name for path in out.iterdir())
    assert written == [f"{SHOWN}.json", f"{SHOWN}.npy", f"{SHOWN}.run.json", "summary.csv"]


def test_messages_and_events_name_it(film: Path, out: Path) -> None:
    film.write_bytes(b"")
    for options in ((), ("--progress", "json")):
        command = [
            sys.executable,
            "-m",
            "glagcn_cli.commands.video",
            film,
            "-o",
            out / "a.npy",
            *options,
        ]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 1
        assert b"is empty (0 bytes)" in done.stderr
        assert b"unexpected" not in done.stderr
        if options:
            events = [json.loads(line) for line in done.stderr.decode().splitlines()]
            assert any(f"{SHOWN}.mp4" in str(event) for event in events)
