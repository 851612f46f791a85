from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glagcn_cli.machine.signals import signals_held
from glagcn_cli.video import ffmpeg
from glagcn_cli.video.probing import VideoInfo, probe
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.writer import VideoWriter
from tests.helpers.clips import encode

ENDLESS = ["-re", "-f", "lavfi", "-i", "color=red:size=16x16:rate=25", "-f", "null", "-"]


@pytest.fixture
def at_termination():
    def stop(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    yield
    signal.signal(signal.SIGTERM, before)


def test_a_signal_raises_at_the_end_of_the_block() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), signals_held():
        signal.raise_signal(signal.SIGINT)
        done.append("the block")
    assert done == ["the block"]
    with pytest.raises(KeyboardInterrupt):  # and nothing is held from then on
        signal.raise_signal(signal.SIGINT)


def test_an_error_in_the_block_is_not_lost(monkeypatch) -> None:
    with pytest.raises(ValueError, match="mine"), signals_held():
        raise ValueError("mine")
    with pytest.raises(KeyboardInterrupt) as caught, signals_held():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("mine")
    assert isinstance(caught.value.__context__, ValueError)


def test_the_first_of_several_signals_is_the_one_raised(at_termination) -> None:
    with pytest.raises(SystemExit, match="143"), signals_held():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with signals_held():
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_leaves_handlers_as_they_are() -> None:
    seen = []

    def look() -> None:
        with signals_held():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]


def _write(info: VideoInfo) -> None:
    with VideoWriter(info.path.parent / "a.mp4", Fraction(25), (16, 16)):
        pytest.fail("it goes on")


def _read(info: VideoInfo) -> None:
    with VideoReader(info) as reader:
        next(iter(reader))


def _run(_: VideoInfo) -> None:
    ffmpeg.run(ENDLESS)


@pytest.mark.parametrize("begin", [_write, _read, _run])
def test_a_process_that_begins_while_a_signal_comes_is_ended(
    monkeypatch, tmp_path: Path, begin: Callable[[VideoInfo], None]
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen.__init__

    def interrupted(self: subprocess.Popen[bytes], *arguments: Any, **options: Any) -> None:
        start(self, *arguments, **options)
        started.append(self)
        signal.raise_signal(signal.SIGINT)

    source = encode(tmp_path / "in.mp4", np.zeros((50, 16, 16, 3), np.uint8), 25)
    info = probe(source)
    ffmpeg.version()  # asked once, by a process that ends by itself
    monkeypatch.setattr(subprocess.Popen, "__init__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        begin(info)
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]
