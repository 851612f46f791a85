"""What goes wrong outside the program: processes that die, files that change, memory that ends."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from glagcn_cli.errors import DeviceError, InputError, OutputError
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.process_video import process_video
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.video import ffmpeg
from glagcn_cli.video.decoding import PixelFormat
from glagcn_cli.video.reader import VideoReader
from tests.helpers.clips import encode
from tests.helpers.fake_detection import FakeDetector, clip, use_detector


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (folder := tmp_path / "out").mkdir()
    return folder


def models(lifter: Path) -> VideoLifter:
    return VideoLifter(Settings(lifter=str(lifter), device="cpu"))


def kill_decoder_after(monkeypatch: pytest.MonkeyPatch, frames: int) -> None:
    """Have the decoder die by SIGKILL when so many frames were read, at the first time."""
    read = VideoReader._decoded
    left = [1]

    def dying(self: VideoReader, pixels: PixelFormat):
        for number, frame in enumerate(read(self, pixels)):
            if number == frames and left:
                left.pop()
                os.kill(self._process._process.pid, signal.SIGKILL)
            yield frame

    monkeypatch.setattr(VideoReader, "_decoded", dying)


def test_a_decoder_that_is_killed_is_told_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: Path, lifter: Path
) -> None:
    """It may not pass for a video that ends there."""
    source = clip(tmp_path / "in.mp4", 200)
    use_detector(monkeypatch, FakeDetector())
    kill_decoder_after(monkeypatch, 20)
    with pytest.raises(InputError, match=r"in\.mp4: ffmpeg was killed \(signal 9\) after"):
        process_video(models(lifter), source, [out / "a.mp4", out / "a.npy"])
    assert list(out.iterdir()) == []


def test_frames_that_do_not_decode_do_not_end_the_clip(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (60, 48, 64, 3), dtype=np.uint8)
    source = encode(tmp_path / "in.mp4", pictures, 25, "-c:v", "libx264", "-g", "10")
    whole = source.read_bytes()
    middle, noise = len(whole) // 2, bytes(200)
    source.write_bytes(whole[:middle] + noise + whole[middle + 200 :])
    with VideoReader(source) as reader:
        frames = sum(1 for _ in reader)
    assert 50 <= frames <= 60


def test_an_encoder_that_is_killed_costs_the_video_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: Path, lifter: Path
) -> None:
    source = clip(tmp_path / "in.mp4", 60)
    use_detector(monkeypatch, FakeDetector())
    start = ffmpeg.FfmpegProcess.__init__

    def doomed(self, arguments, *, feed):
        start(self, arguments, feed=feed)
        if feed and "-c:v" in arguments:
            os.kill(self._process.pid, signal.SIGKILL)

    monkeypatch.setattr(ffmpeg.FfmpegProcess, "__init__", doomed)
    with pytest.raises(OutputError, match=r"a\.mp4: cannot be written"):
        process_video(models(lifter), source, [out / "a.mp4", out / "a.npy"])
    assert sorted(file.name for file in out.iterdir()) == ["a.npy", "a.run.json"]


def test_a_gpu_that_is_lost_keeps_what_was_found_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: Path, lifter: Path
) -> None:
    monkeypatch.setattr("glagcn_cli.keypoints.cache.SEGMENT_SECONDS", 1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = clip(tmp_path / "in.mp4", 100)

    def lost(done: int) -> None:
        if done >= 64:
            raise RuntimeError("CUDA error: an illegal memory access was encountered\nCompile")

    use_detector(monkeypatch, FakeDetector(before_batch=lost))
    lifting = models(lifter)
    lifting.load()
    lifting.device = "cuda:0"
    with pytest.raises(DeviceError, match="run the command again, which resumes"):
        process_video(lifting, source, [out / "a.npy"], use=KeypointsUse(cache=True))
    detector = use_detector(monkeypatch, FakeDetector())
    detector.done = 64
    process_video(models(lifter), source, [out / "a.npy"], use=KeypointsUse(cache=True))
    assert detector.done == 100 and len(np.load(out / "a.npy")) == 100


def test_memory_that_does_not_suffice_for_all_windows_halves_them(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path, lifter: Path
) -> None:
    source = clip(tmp_path / "in.mp4", 60)
    use_detector(monkeypatch, FakeDetector())
    whole = models(lifter).lift(source).sequences[0].joints
    from glagcn_cli.lifting import windows

    say = windows.predict_windows

    def small(network, inputs, **options):
        if len(inputs) > 20:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return say(network, inputs, **options)

    monkeypatch.setattr(windows, "predict_windows", small)
    use_detector(monkeypatch, FakeDetector())
    with caplog.at_level(logging.WARNING):
        halved = models(lifter).lift(source).sequences[0].joints
    np.testing.assert_allclose(halved, whole, atol=1e-5)
    assert "continuing with" in caplog.text


def test_two_runs_on_the_same_output_leave_one_whole_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: Path, lifter: Path
) -> None:
    """The one that ends last finds the file there and says so; neither leaves a half."""
    source = clip(tmp_path / "in.mp4", 60)
    use_detector(monkeypatch, FakeDetector())
    lifting, both_read = models(lifter), threading.Barrier(2)
    lifted = lifting.lift(source)
    problems: list[Exception] = []

    def lift_and_wait(*_: object) -> object:
        both_read.wait()
        return lifted

    monkeypatch.setattr(VideoLifter, "lift", lift_and_wait)

    def run() -> None:
        try:
            process_video(lifting, source, [out / "a.npy"])
        except OutputError as error:
            problems.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(np.load(out / "a.npy")) == 60
    assert [file.name for file in out.iterdir() if ".part" in file.name] == []
    assert all("exists" in str(problem) for problem in problems) and len(problems) <= 1


_INTERRUPTED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from tests.helpers.fake_detection import FakeDetector
from glagcn_cli.keypoints import cache
from glagcn_cli.keypoints import stage
from glagcn_cli.commands.video import main

def stop(done):
    if done >= 64:
        os.kill(os.getpid(), signal.{name})

cache.SEGMENT_SECONDS = 1
stage.load_people_detector = lambda *_: FakeDetector(before_batch=stop)
main([{source!r}, "-o", {output!r}, "--lifter", {lifter!r}, "--device", "cpu"])
"""


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_after_a_signal_the_2d_that_was_kept_is_used(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    out: Path,
    lifter: Path,
    name: str,
    status: int,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = clip(tmp_path / "in.mp4", 100)
    code = _INTERRUPTED.format(
        tests=str(Path(__file__).parents[2]), lifter=str(lifter), source=str(source),
        output=str(out / "a.npy"), name=name,
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
    )
    assert done.returncode == status, done.stderr.decode()
    assert list(out.iterdir()) == []
    detector = use_detector(monkeypatch, FakeDetector())
    detector.done = 64
    process_video(models(lifter), source, [out / "a.npy"], use=KeypointsUse(cache=True))
    assert detector.done == 100


def linked(folder: Path, target: Path, links: int) -> Path:
    """The last of a chain of links to a file, each to the one before."""
    for number in range(links):
        link = folder / f"link{number}.mp4"
        link.symlink_to(target)
        target = link
    return target


def test_links_are_followed_as_far_as_the_system_goes_and_loops_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: Path, lifter: Path
) -> None:
    source = clip(tmp_path / "in.mp4", 12)
    use_detector(monkeypatch, FakeDetector())
    (near := tmp_path / "near").mkdir()
    process_video(models(lifter), linked(near, source, 10), [out / "a.npy"])
    assert len(np.load(out / "a.npy")) == 12
    (far := tmp_path / "far").mkdir()
    (loop := tmp_path / "loop.mp4").symlink_to(linked(far, loop, 50))
    for dead in (loop, far / "link49.mp4"):
        with pytest.raises(InputError, match=dead.name):
            process_video(models(lifter), dead, [out / "b.npy"])
    assert not (out / "b.npy").exists()


@pytest.mark.parametrize("name", ["two\nlines.mp4", 'a "quoted" one.mp4', "-o.mp4", ".mp4.mp4"])
def test_names_that_trip_up_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lifter: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    source = clip(tmp_path / "plain.mp4", 12).rename(tmp_path / name)
    use_detector(monkeypatch, FakeDetector())
    process_video(models(lifter), Path(source.name), [Path(f"{source.stem}3d.npy")])
    assert len(np.load(tmp_path / f"{source.stem}3d.npy")) == 12
