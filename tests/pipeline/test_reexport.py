"""Poses that were lifted before, written anew without models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from glagcn_cli.commands.video import main
from glagcn_cli.export.formats import SUFFIXES
from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.pipeline import video_lifter
from tests.helpers.clips import opencv_frames
from tests.helpers.fake_detection import FakeDetector, clip, random_lifter, use_detector

FRAMES = 30


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def lifted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a video of two people and its poses as npz and bvh."""
    folder = tmp_path_factory.mktemp("lifted")
    lifter = random_lifter(folder / "random.pth")
    source = clip(folder / "in.mp4", FRAMES)
    with pytest.MonkeyPatch.context() as patch:
        use_detector(patch, FakeDetector(people=2))
        asked = ("-o", folder / "a.npz", "-o", folder / "a.bvh", "--people", "all")
        result = run(source, *asked, "--lifter", lifter)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("models were loaded")

    monkeypatch.setattr(video_lifter.VideoLifter, "__init__", refuse)


def test_every_format_from_an_npz(lifted: Path, tmp_path: Path) -> None:
    wanted = [tmp_path / f"b{suffix}" for suffix in (*SUFFIXES, ".mp4")]
    outputs = [part for path in wanted for part in ("-o", path)]
    result = run("--from-3d", lifted / "a.npz", *outputs)
    assert result.exit_code == 0, result.output
    assert {*map(str, wanted)} < {*result.stdout.splitlines()}
    assert (tmp_path / "b.bvh").read_bytes() == (lifted / "a.bvh").read_bytes()
    assert (tmp_path / "b.person2.bvh").exists()
    before, after = read_poses(lifted / "a.npz"), read_poses(tmp_path / "b.json")
    for one, other in zip(before.sequences, after.sequences, strict=True):
        np.testing.assert_allclose(other.joints, one.joints, atol=1e-4)
    frames = opencv_frames(tmp_path / "b.mp4")
    assert len(frames) == FRAMES and frames[0].shape == (720, 1280, 3)
    assert frames[0].std() > 5, "something is drawn"
    report = json.loads((tmp_path / "b.run.json").read_text())
    assert report["settings"]["from_3d"] == str(lifted / "a.npz")
    assert report["frames"] == FRAMES


def test_with_the_video_both_are_shown_side_by_side(lifted: Path, tmp_path: Path) -> None:
    asked = ("--from-3d", lifted / "a.npz", "-o", tmp_path / "b.mp4", "--turn", "20")
    result = run(lifted / "in.mp4", *asked)
    assert result.exit_code == 0, result.output
    (frame, *rest) = opencv_frames(tmp_path / "b.mp4")
    assert len(rest) == FRAMES - 1
    assert frame.shape[1] > 1.2 * frame.shape[0]


def test_settings_that_come_too_late_are_refused(lifted: Path, tmp_path: Path) -> None:
    result = run("--from-3d", lifted / "a.npz", "-o", tmp_path / "b.bvh", "--no-foot-lock")
    assert result.exit_code == 2
    assert "--foot-lock has no effect" in result.output


def test_another_skeleton_changes_the_names(lifted: Path, tmp_path: Path) -> None:
    out = tmp_path / "b.bvh"
    assert run("--from-3d", lifted / "a.npz", "-o", out, "--bvh-skeleton", "cmu").exit_code == 0
    assert "LHipJoint" in out.read_text()
    assert "LHipJoint" not in (lifted / "a.bvh").read_text()


def test_a_plot_and_its_table(lifted: Path, tmp_path: Path) -> None:
    result = run("--from-3d", lifted / "a.npz", "--plot", tmp_path / "angles.png")
    assert result.exit_code == 0, result.output
    written = {path.name for path in tmp_path.iterdir()}
    assert {"angles.png", "angles.person2.png", "angles.csv", "angles.run.json"} == written


def test_a_report_of_everybody(lifted: Path, tmp_path: Path) -> None:
    asked = [word for name in ("walk.html", "walk.pdf") for word in ("--report", tmp_path / name)]
    result = run("--from-3d", lifted / "a.npz", *asked)
    assert result.exit_code == 0, result.output
    assert {path.name for path in tmp_path.iterdir()} == {"walk.html", "walk.pdf", "walk.run.json"}
    assert (tmp_path / "walk.html").read_text(encoding="utf-8").count("<section>") == 2


@pytest.mark.parametrize("name", ["gone.npz", "in.mp4", "a.bvh"])
def test_what_holds_no_poses_is_refused(lifted: Path, tmp_path: Path, name: str) -> None:
    result = run("--from-3d", lifted / name, "-o", tmp_path / "b.npy")
    assert result.exit_code in (1, 2)
    assert name in result.output and "Traceback" not in result.output
    assert not list(tmp_path.iterdir())


def test_the_file_that_is_read_is_not_written_over(lifted: Path) -> None:
    poses = lifted / "a.npz"
    before = poses.read_bytes()
    result = run("--from-3d", poses, "-o", poses, "--overwrite")
    assert result.exit_code == 2 and "is the input itself" in result.output
    assert poses.read_bytes() == before


def test_a_video_of_another_length_is_told(lifted: Path, tmp_path: Path) -> None:
    other = clip(tmp_path / "short.mp4", FRAMES // 2)
    result = run(other, "--from-3d", lifted / "a.npz", "-o", tmp_path / "b.mp4")
    assert result.exit_code == 1
    assert "short.mp4" in result.output and "Traceback" not in result.output
    assert not (tmp_path / "b.mp4").exists()
