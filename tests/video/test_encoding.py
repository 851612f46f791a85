from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from glagcn_cli.export.formats import ExportContext
from glagcn_cli.export.mp4 import Clip, render_video
from glagcn_cli.pipeline.settings import QUALITIES, Settings
from glagcn_cli.progress.stages import Stages
from glagcn_cli.video import encoding, ffmpeg
from glagcn_cli.video.encoding import codec
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.writer import VideoWriter
from tests.helpers.walkers import poses, walk

SIZE = (64, 48)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What machines can do is asked once a process; tests ask anew."""
    encoding._nvenc_encodes.cache_clear()
    yield
    encoding._nvenc_encodes.cache_clear()


def machine(monkeypatch: pytest.MonkeyPatch, *, has_nvenc: bool) -> list[list[str]]:
    """Let ffmpeg answer as on a machine with or without such a card; gives what it is asked."""
    asked: list[list[str]] = []

    def run(arguments: Sequence[str]) -> ffmpeg.Report:
        asked.append([*arguments])
        refusal = () if has_nvenc else ("[h264_nvenc @ 0x5] Cannot load libcuda.so.1",)
        return ffmpeg.Report(0 if has_nvenc else 255, "", refusal)

    monkeypatch.setattr(ffmpeg, "run", run)
    monkeypatch.setattr(encoding, "has_nvidia_driver", lambda: True)
    return asked


@pytest.mark.parametrize("quality", QUALITIES)
def test_the_card_encodes_where_it_has_encoded_a_frame(
    monkeypatch: pytest.MonkeyPatch, quality: str
) -> None:
    asked = machine(monkeypatch, has_nvenc=True)
    chosen = codec(quality, (2560, 720))
    assert chosen[:2] == ["-c:v", "h264_nvenc"]
    assert "color=black:size=2560x720:rate=25" in asked[0], "cards have a largest picture"
    codec(quality, (2560, 720))
    assert len(asked) == 1


def test_x264_encodes_everywhere_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine(monkeypatch, has_nvenc=False)
    with caplog.at_level(logging.DEBUG):
        assert codec("good", SIZE)[:2] == ["-c:v", "libx264"]
    assert [record.levelname for record in caplog.records] == ["DEBUG"]
    assert "Cannot load libcuda" in caplog.text


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_quality_encodes(tmp_path: Path, quality: str) -> None:
    grey = np.random.default_rng(0).integers(0, 255, (48, 64)).astype(np.float32)
    still = np.repeat(cv2.GaussianBlur(grey, (5, 5), 0).astype(np.uint8)[..., None], 3, axis=2)
    frames = [np.roll(still, 3 * i, axis=1) for i in range(8)]
    target = tmp_path / "out.mp4"
    with VideoWriter(target, Fraction(25), SIZE, codec=codec(quality, SIZE)) as writer:
        for frame in frames:
            writer.write(frame)
    read = np.stack([*VideoReader(target)])
    assert read.shape == (8, 48, 64, 3)
    assert np.abs(read.astype(float) - frames).mean() < 4


def test_the_setting_reaches_the_encoder(tmp_path: Path) -> None:
    clip = Clip([poses(walk(np.zeros((4, 3))))], [], 4, None)
    sizes = []
    for quality in ("draft", "best"):
        context = ExportContext(settings={"turn": 0.0, "quality": quality})
        target = tmp_path / f"{quality}.mp4"
        render_video(clip, target, context, Stages())
        sizes.append(target.stat().st_size)
        assert len([*VideoReader(target)]) == 4
    assert sizes[0] != sizes[1]


def test_the_default_is_one_of_the_qualities() -> None:
    assert Settings().quality == "good" in QUALITIES
