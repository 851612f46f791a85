"""What is no file is copied to one; what users read names what they gave, not the copy."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from glagcn_cli.commands.video import main
from glagcn_cli.video.source import Source
from tests.helpers.clips import ffmpeg
from tests.helpers.fake_detection import FakeDetector, clip, cut_off, random_lifter, use_detector


@pytest.fixture(scope="module")
def lifter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_lifter(tmp_path_factory.mktemp("lifter") / "lifter.pth")


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> FakeDetector:
    return use_detector(monkeypatch, FakeDetector())


def run(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def told(result: Result) -> str:
    """All that a call said, on one line; no temporary file is in it."""
    said = " ".join(result.output.split())
    assert str(Path(tempfile.gettempdir(), "glagcn-")) not in said
    return said


def test_a_copy_keeps_the_name_of_what_it_is_a_copy_of(tmp_path: Path) -> None:
    copy = Source.of("-").kept_in(tmp_path / "copy.mkv")
    assert (copy.name, copy.path) == ("standard input", tmp_path / "copy.mkv")
    assert copy.is_file and Source.of(copy) is copy


def _whole(video: Path) -> bytes:
    return video.read_bytes()


def _noise(_: Path) -> bytes:
    return bytes(range(255, 0, -1)) * 40


def _sound(video: Path) -> bytes:
    ffmpeg("-i", video, "-vn", "-c", "copy", video.with_suffix(".m4a"))
    return video.with_suffix(".m4a").read_bytes()


def _cut_off(video: Path) -> bytes:
    ffmpeg("-i", video, "-c", "copy", video.with_suffix(".mkv"))
    return cut_off(video.with_suffix(".mkv")).read_bytes()


@pytest.mark.parametrize(
    ("content", "options", "code", "words"),
    [
        (_noise, (), 1, "standard input: is not a video that ffmpeg can read"),
        (_sound, (), 1, "standard input: has no video stream"),
        (_cut_off, (), 0, "standard input: damaged or cut off"),
        (_whole, ("--start", "60"), 2, "standard input: --start 1:00 is beyond the end"),
        (_whole, ("--person", "3"), 2, "standard input: there is no person 3"),
    ],
)
def test_standard_input_is_named(
    tmp_path: Path, out: Path, lifter: Path,
    content: Callable[[Path], bytes], options: tuple[str, ...], code: int, words: str,
) -> None:  # fmt: skip
    video = content(clip(tmp_path / "in.mp4", 25, sound=True))
    result = run("-", "-o", out / "a.npy", "--lifter", lifter, *options, stdin=video)
    assert words in told(result)
    assert result.exit_code == code


def test_an_address_is_named_in_messages_and_reports(
    tmp_path: Path,
    out: Path,
    lifter: Path,
    detector: FakeDetector,
    server: str,
) -> None:
    clip(tmp_path / "in.mp4", 25)
    detector.people = 0
    address = f"{server}/in.mp4"
    words = f"{address}: no person was found in any of its 25 frames"
    assert words in told(run(address, "-o", out / "a.mp4", "--lifter", lifter))
    report = (out / "a.run.json").read_text()
    assert f'"path": "{address}"' in report and tempfile.gettempdir() + "/glagcn-" not in report
    # Of many, the message stands in a column of its own.
    many = run(address, "--output-dir", out / "many", "--lifter", lifter, "--format", "npy")
    assert f"{address}: failed: no person was found" in told(many)
    assert f"{address},failed," in (out / "many" / "summary.csv").read_text()


@pytest.mark.parametrize("given", ["address", "standard input"])
def test_titles_of_what_is_written_name_it_too(
    tmp_path: Path, out: Path, lifter: Path, server: str, given: str
) -> None:
    video = clip(tmp_path / "in.mp4", 25)
    outputs = [out / f"a{suffix}" for suffix in (".npz", ".json", ".html")]
    named = [word for output in outputs for word in ("-o", output)]
    source, title = (f"{server}/in.mp4", "in.mp4") if given == "address" else ("-", given)
    result = run(source, *named, "--lifter", lifter, stdin=video.read_bytes())
    assert result.exit_code == 0, result.output
    assert str(np.load(outputs[0])["source"]) == title
    assert f'"source": "{title}"' in outputs[1].read_text()
    assert f"<title>{title}" in outputs[2].read_text()


def test_an_error_nobody_foresaw_names_no_password(
    monkeypatch: pytest.MonkeyPatch, out: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("glagcn_cli.commands.video.lift", fail)
    said = told(run("rtsp://me:secret@camera/1", "-o", out / "a.npy"))
    assert "rtsp://camera/1: unexpected error" in said and "secret" not in said
