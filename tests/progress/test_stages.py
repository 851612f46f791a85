from __future__ import annotations

import os
import sys
import time

import pytest

from glagcn_cli.progress.stages import Stages, bar_size
from tests.helpers.terminal import on_a_terminal


def test_nothing_is_shown_unless_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    stages = Stages()
    with stages.stage("detection", 5) as stage:
        stage.advance(5)
    with stages.stage("tracking"):
        pass
    assert capfd.readouterr() == ("", "")


def test_the_report_has_seconds_frames_and_rate() -> None:
    stages = Stages()
    with stages.stage("detection", 9) as stage:
        for _ in range(4):
            time.sleep(0.01)
            stage.advance(2)
    with stages.stage("tracking"):
        time.sleep(0.01)
    report = stages.report()
    assert list(report) == ["detection", "tracking"]
    seconds = report["detection"]["seconds"]
    assert isinstance(seconds, float)
    assert 0.04 <= seconds < 1
    assert report["detection"]["frames"] == 8
    assert report["detection"]["frames_per_second"] == pytest.approx(8 / seconds, rel=0.02)
    assert list(report["tracking"]) == ["seconds"]


def test_parts_add_up_within_their_stage() -> None:
    stages = Stages()
    with stages.stage("rendering", 3) as stage:
        for _ in range(3):
            with stage.part("drawing"):
                time.sleep(0.01)
            with stage.part("encoding"):
                time.sleep(0.002)
            stage.advance()
    parts = stages.by_name["rendering"].parts
    assert parts["drawing"] >= 0.03
    assert parts["drawing"] > parts["encoding"] >= 0.006
    assert sum(parts.values()) <= stages.by_name["rendering"].seconds


def test_a_stage_that_comes_again_is_continued() -> None:
    stages = Stages()
    for _ in range(2):
        with stages.stage("export", 1) as stage:
            time.sleep(0.005)
            stage.advance()
    assert stages.by_name["export"].frames == 2
    assert stages.by_name["export"].seconds >= 0.01


def test_a_stage_that_fails_is_timed_and_its_bar_closed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    stages = Stages(visible=True)
    with pytest.raises(KeyboardInterrupt), stages.stage("detection", 5) as stage:
        time.sleep(0.01)
        stage.advance()
        raise KeyboardInterrupt
    assert stages.by_name["detection"].seconds >= 0.01
    assert capfd.readouterr().err.endswith("\n")


@pytest.mark.parametrize("columns", [0, 60, 120])  # 0: some terminals do not know their size
def test_a_terminal_sees_rate_and_time_left(columns: int) -> None:
    code = (
        "import time; from glagcn_cli.progress.stages import Stages\n"
        "with Stages(visible=True).stage('detection', 12) as stage:\n"
        "    for _ in range(10):\n"
        "        time.sleep(0.03); stage.advance()\n"
    )
    shown = on_a_terminal([sys.executable, "-c", code], columns)[1]
    assert max(len(line) for line in shown.replace("\r", "\n").splitlines()) <= (columns or 80)
    assert "detection" in shown
    assert "/12 frames" in shown
    assert "frames/s" in shown
    assert "left" in shown
    # The last word is what was done, not what had been announced.
    assert "100%" in shown.splitlines()[-1].split("\r")[-1]
    assert "10/10 frames" in shown


@pytest.mark.parametrize(
    "told, size",
    [
        (os.terminal_size((0, 0)), {"ncols": 80, "nrows": 24}),
        (OSError(), {"ncols": 80, "nrows": 24}),
        (os.terminal_size((132, 40)), {"dynamic_ncols": True}),
    ],
)
def test_a_terminal_that_does_not_tell_its_width_still_gets_a_bar(monkeypatch, told, size):
    def get_terminal_size(descriptor):
        if isinstance(told, OSError):
            raise told
        return told

    monkeypatch.setattr("sys.stderr", sys.__stderr__)  # pytest's own has no descriptor
    monkeypatch.setattr("glagcn_cli.progress.stages.os.get_terminal_size", get_terminal_size)
    assert bar_size() == size
