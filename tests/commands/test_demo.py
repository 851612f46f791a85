"""The demo without make: where its clip comes from, and what it leaves."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from glagcn_cli.commands import demo
from glagcn_cli.diagnostics.synthetic_people import draw_people
from glagcn_cli.errors import InputError
from tests.helpers.clips import encode
from tests.helpers.fake_detection import X264


def pip_that(monkeypatch: pytest.MonkeyPatch, status: int, said: str, wheel: bytes | None) -> None:
    """Pretend that pip ends with a status, says something and leaves a wheel."""

    def run(command: list[str], **_: object) -> SimpleNamespace:
        if wheel is not None:
            Path(command[command.index("--dest") + 1], "sports2d.whl").write_bytes(wheel)
        return SimpleNamespace(returncode=status, stderr=said)

    monkeypatch.setattr(subprocess, "run", run)


def test_without_an_index_it_offers_a_clip_of_ones_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pip_that(monkeypatch, 1, "WARNING: retrying\nERROR: no network", None)
    with pytest.raises(InputError, match=r"\(ERROR: no network\).*glagcn-demo --clip FILE"):
        demo.fetch_clip(tmp_path / "clip.mp4")
    assert not list(tmp_path.iterdir())


def test_another_wheel_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pip_that(monkeypatch, 0, "", b"something else")
    with pytest.raises(InputError, match=r"sports2d\.whl has the sha256 [0-9a-f]{64}, expected"):
        demo.fetch_clip(tmp_path / "clip.mp4")
    assert not list(tmp_path.iterdir())


def test_the_clip_is_taken_out_of_the_wheel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel = tmp_path / "any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("Sports2D/Demo/demo.mp4", b"frames")
    monkeypatch.setattr(demo, "_download_wheel", lambda _: wheel)
    demo.fetch_clip(tmp_path / "new" / "clip.mp4")
    assert (tmp_path / "new" / "clip.mp4").read_bytes() == b"frames"


def test_a_clip_of_ones_own_is_lifted(tmp_path: Path) -> None:
    frames = [draw_people(320, 240, [(120.0 + 4 * number, 130.0, 180.0)]) for number in range(8)]
    clip = encode(tmp_path / "mine.mp4", np.array(frames), 10, *X264)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "glagcn_cli.commands.demo", "--clip", str(clip)]
    done = subprocess.run(
        [*command, "--output-dir", str(out)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert {"demo3d.mp4", "demo3d.npy", "demo3d.bvh"} <= {file.name for file in out.iterdir()}
    told = [line.split()[0] for line in done.stdout.split("Written:")[1].split("\n") if line]
    assert {Path(name) for name in told} == set(out.iterdir())


def test_a_cache_that_takes_no_files_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(demo, "_example", lambda: tmp_path / "file" / "example.mp4")
    wheel = tmp_path / "any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("Sports2D/Demo/demo.mp4", b"frames")
    monkeypatch.setattr(demo, "_download_wheel", lambda _: wheel)
    done = CliRunner().invoke(demo.main, [])
    assert done.exit_code == 1 and "is a file, not a folder" in done.output


def test_it_ends_as_the_lifting_ends(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_text("no video", encoding="utf-8")
    options = ["--clip", str(tmp_path / "no.mp4"), "--output-dir", str(tmp_path / "out")]
    done = CliRunner().invoke(demo.main, options)
    assert done.exit_code == 1 and "glagcn-video: " in done.output and "Written" not in done.output
