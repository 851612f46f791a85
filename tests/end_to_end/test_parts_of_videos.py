"""Parts of a video and videos that are no files, from the command line to every output."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.video.probing import probe
from tests.helpers.clips import encode, ffmpeg, opencv_frames
from tests.helpers.command_line import run
from tests.helpers.fake_detection import FakeDetector, clip, use_detector


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    use_detector(monkeypatch, FakeDetector())


def test_every_output_has_the_frames_of_the_part(tmp_path: Path, out: Path, lifter: Path) -> None:
    source = clip(tmp_path / "in.mp4", 50)
    names = ("a.mp4", "a.npy", "a.npz", "a.bvh", "a.json", "a.png")
    outputs = [word for name in names for word in ("-o", out / name)]
    part = ("--start", "0.4", "--end", "0:01.6", "--every", "3")
    result = run(source, *outputs, *part, "--lifter", lifter)
    assert result.exit_code == 0, result.output
    assert len(np.load(out / "a.npy")) == len(opencv_frames(out / "a.mp4")) == 10
    assert probe(out / "a.mp4").fps == Fraction(25, 3)
    assert "Frames: 10\nFrame Time: 0.12" in (out / "a.bvh").read_text()
    report = json.loads((out / "a.run.json").read_text())
    assert report["frames"] == 10
    assert (report["settings"]["start"], report["settings"]["end"]) == (0.4, 1.6)
    # The same poses written anew beside the video find their frames again.
    again = run("--from-3d", out / "a.npz", source, "-o", out / "b.mp4", "-o", out / "b.png")
    assert again.exit_code == 0, again.output
    for name in ("mp4", "png"):
        first, second = (np.array(opencv_frames(out / f"{stem}.{name}"), float) for stem in "ab")
        assert first.shape == second.shape
        assert np.abs(first - second).mean(axis=(1, 2, 3)).max() < 1  # the next frame is 6 brighter


def test_a_part_shows_the_pictures_that_the_whole_shows(
    tmp_path: Path, out: Path, lifter: Path
) -> None:
    shades = np.broadcast_to(np.arange(20, 220, 10, np.uint8)[:, None, None, None], (20, 64, 96, 3))
    source = encode(tmp_path / "in.mkv", shades, 25, "-c:v", "ffv1")
    assert run(source, "-o", out / "part.mp4", "--start", "0.4", "--lifter", lifter).exit_code == 0
    assert run(source, "-o", out / "all.mp4", "--lifter", lifter).exit_code == 0
    part, whole = opencv_frames(out / "part.mp4"), opencv_frames(out / "all.mp4")
    assert len(part) == 10
    corner = (slice(0, 20), slice(0, 20))  # of the video's panel, where nobody walks
    for ours, theirs in zip(part, whole[10:], strict=True):
        assert ours[corner].mean() == pytest.approx(theirs[corner].mean(), abs=3)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--start", "5"), 2, "--start 5 is beyond the end of the clip, which lasts 0.8 s"),
        (("--start", "0.5", "--end", "0.5"), 2, "--end 0.5: must be after --start 0.5"),
        (("--start", "0.501", "--end", "0.502"), 2, "no frame lies between"),
        (("--end", "1:70"), 2, "'1:70' is no time"),
        (("--start", "-1"), 2, "is no time"),
        (("--max-frames", "0"), 2, "0 is not in the range x>=1"),
        (("--every", "-2"), 2, "-2 is not in the range x>=1"),
        (("--fps", "0"), 2, "0 is not in the range"),
        (("--fps", "100", "--start", "0.3"), 2, "is beyond the end of the clip, which lasts 0.2 s"),
    ],
)
def test_parts_that_are_none(
    tmp_path: Path, out: Path, lifter: Path, options: tuple[str, ...], code: int, words: str
) -> None:
    source = clip(tmp_path / "in.mp4", 20)
    result = run(source, "-o", out / "a.npy", "--lifter", lifter, *options)
    assert result.exit_code == code
    assert words in " ".join(result.stderr.split())
    assert list(out.iterdir()) == []


def test_poses_that_exist_have_no_part(out: Path) -> None:
    result = run("--from-3d", out / "a.npz", "-o", out / "a.bvh", "--start", "1")
    assert result.exit_code == 2
    assert "--start has no effect on poses" in result.stderr


def test_numbered_pictures(tmp_path: Path, out: Path, lifter: Path) -> None:
    ffmpeg("-i", clip(tmp_path / "in.mp4", 12), tmp_path / "%03d.png")
    pictures = tmp_path / "%03d.png"
    result = run(pictures, "-o", out / "a.mp4", "--fps", "25", "--lifter", lifter)
    assert result.exit_code == 0, result.output
    assert len(opencv_frames(out / "a.mp4")) == 12
    assert probe(out / "a.mp4").fps == 25
    told = json.loads((out / "a.run.json").read_text())
    assert told["settings"]["input"] == str(pictures)


def test_slow_motion_is_told_its_rate(tmp_path: Path, out: Path, lifter: Path) -> None:
    source = clip(tmp_path / "in.mp4", 24)
    outputs = ("-o", out / "a.mp4", "-o", out / "a.npz", "-o", out / "a.html")
    rate = ("--fps", "100", "--lifter", lifter)
    result = run(source, *outputs, *rate, "--start", "0.04", "--save-2d")
    assert result.exit_code == 0, result.output
    assert probe(out / "a.mp4").fps == 100
    assert len(opencv_frames(out / "a.mp4")) == len(np.load(out / "a.npz")["joints_3d"][0]) == 20
    report = json.loads((out / "a.run.json").read_text())
    assert (report["input"]["fps"], report["input"]["said_fps"]) == ("100", "25")
    # Poses and 2D that were kept find the frames again.
    again = run("--from-3d", out / "a.npz", source, "-o", out / "b.mp4", "--fps", "100")
    assert again.exit_code == 0, again.output
    kept = ("--from-2d", out / "a.keypoints.npz", "--start", "0.04")
    again = run(source, *kept, *rate, "-o", out / "c.mp4")
    assert again.exit_code == 0, again.output
    for name in ("b.mp4", "c.mp4"):
        assert len(opencv_frames(out / name)) == 20
        assert probe(out / name).fps == 100


def test_a_pipe_into_the_program(tmp_path: Path, out: Path, lifter: Path) -> None:
    video = clip(tmp_path / "in.mp4", 12).read_bytes()
    result = run("-", "-o", out / "a.mp4", "--lifter", lifter, stdin=video)
    assert result.exit_code == 0, result.output
    assert len(opencv_frames(out / "a.mp4")) == 12
    assert json.loads((out / "a.run.json").read_text())["settings"]["input"] == "standard input"
