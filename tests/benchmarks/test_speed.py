"""The benchmarks of speed: what they count and compare, on known answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from benchmarks.measuring.machine_limits import Limits, Work, best_limits, bound_of, least_seconds
from benchmarks.measuring.recorded_ratios import NOT_COMPARABLE, fallen, keep, verdict
from benchmarks.measuring.stage_times import StageTime, counted_flops
from benchmarks.measuring.whole_run import WholeRun, resident
from benchmarks.peers import peers
from benchmarks.speed import pipeline

LIMITS = Limits(1e9, {"float32": 1e10, "bfloat16": 4e10})
RUN = WholeRun(
    frames=60,
    seconds=4.0,
    processor_seconds=6.0,
    first_frames=2.0,
    peak=1,
    peak_of_all=None,
    stages={
        "detection": {"seconds": 2.0, "parts": {"models": 1.5, "decoding": 0.25}},
        "scene": {"seconds": 0.1},
    },
)


@pytest.mark.parametrize(
    ("work", "by", "rate"),
    [
        (Work(moved=1e8), "bytes", 10.0),
        (Work(flops=1e9), "arithmetic (float32)", 10.0),
        (Work(flops=1e9, precision="bfloat16"), "arithmetic (bfloat16)", 40.0),
        (Work(moved=1e7, flops=1e9), "arithmetic (float32)", 10.0),
        (Work(moved=1e9, flops=1e9), "bytes", 1.0),
    ],
)
def test_the_slower_of_bytes_and_arithmetic_binds(work: Work, by: str, rate: float) -> None:
    bound = bound_of(work, LIMITS)
    assert bound is not None
    assert bound.by == by
    assert bound.rate == pytest.approx(rate)
    assert bound.ratio(rate / 4) == pytest.approx(0.25)


def test_without_work_nothing_binds() -> None:
    assert bound_of(Work(), LIMITS) is None


def test_the_higher_of_two_measurements_is_the_limit() -> None:
    other = Limits(2e9, {"float32": 5e9, "bfloat16": 8e10})
    best = best_limits(LIMITS, other)
    assert best.bytes_per_second == 2e9
    assert best.flops == {"float32": 1e10, "bfloat16": 8e10}


@pytest.mark.parametrize("half", [False, True], ids=["single", "half"])
def test_arithmetic_of_layers_is_counted(half: bool) -> None:
    convolution = torch.nn.Conv2d(3, 8, 3, padding=1)
    linear = torch.nn.Linear(16, 5)
    picture = torch.randn(2, 3, 12, 16)

    def work() -> None:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            linear(convolution(picture))

    of_convolution = 2 * (2 * 8 * 12 * 16) * (3 * 3 * 3)
    of_linear = 2 * (2 * 8 * 12) * 16 * 5
    assert counted_flops(work) == of_convolution + of_linear


def test_the_fastest_round_counts_and_the_first_does_not() -> None:
    pauses = iter([0.0, 0.5, 0.05, 0.5])
    assert 0.05 <= least_seconds(lambda: time.sleep(next(pauses)), rounds=3) < 0.5


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
def test_memory_of_children_is_counted() -> None:
    code = "x = bytearray(50 << 20)\nprint('held', flush=True)\ninput()"
    alone = resident(os.getpid())
    child = subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True)
    assert child.stdout is not None
    try:
        child.stdout.readline()
        assert resident(os.getpid()) - alone > 50 << 20
    finally:
        child.communicate("\n")
    assert resident(child.pid) == 0


def test_shares_are_of_the_whole_time() -> None:
    assert RUN.rate == 15.0
    assert RUN.share("detection", "models") == pytest.approx(0.375)
    assert RUN.share("scene") == pytest.approx(0.025)
    assert RUN.share("rendering", "encoding") is None


def test_a_row_has_the_ratio_to_its_limit() -> None:
    stage = StageTime("boxes, in every frame", 5.0, Work(flops=1e9), ("detection", "models"))
    told = pipeline.row(stage, RUN, LIMITS)
    assert (told["share"], told["limit"], told["ratio"]) == pytest.approx((0.375, 10.0, 0.5))
    unbound = pipeline.row(StageTime("tracking", 900.0), RUN, LIMITS)
    assert pipeline.ratios_of([told, unbound]) == {"boxes to arithmetic (float32)": 0.5}
    *_, boxes, tracking = pipeline.table([told, unbound]).splitlines()
    assert boxes == "| boxes, in every frame | 5 | 37.5 | arithmetic (float32) | 10 | 0.5 |"
    assert tracking == "| tracking | 900 |  |  |  |  |"


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"a": 2.0, "b": 0.5}, []),
        ({"a": 1.51, "b": 5.0}, []),
        ({"a": 1.49, "b": 0.5}, ["a: was 2, is 1.49 (-26%)"]),
        ({"b": 0.1}, ["a: was 2, is no longer measured", "b: was 0.5, is 0.1 (-80%)"]),
    ],
)
def test_what_fell_too_far_is_told(now: dict[str, float], told: list[str]) -> None:
    assert fallen({"a": 2.0, "b": 0.5}, now, fall=0.25) == told


def test_sections_of_a_file_stay(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    keep(file, "pipeline", {"arithmetic": "X", "ratios": {"a": 2.0}, "rows": []})
    keep(file, "peers", {"arithmetic": "X", "ratios": {"b": 3.0}})
    keep(file, "pipeline", {"arithmetic": "X", "ratios": {"a": 4.0}})
    keep(file, "pipeline", {"arithmetic": "Y", "ratios": {"a": 5.0}})
    assert json.loads(file.read_text()) == {
        "pipeline": {
            "X": {"arithmetic": "X", "ratios": {"a": 4.0}},
            "Y": {"arithmetic": "Y", "ratios": {"a": 5.0}},
        },
        "peers": {"X": {"arithmetic": "X", "ratios": {"b": 3.0}}},
    }


def test_the_verdict_is_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, clip = tmp_path / "kept.json", {"name": "a.mp4", "frames": 230}
    single = {"arithmetic": "float32"}
    keep(file, "peers", single | {"clip": clip, "ratios": {"to X": 4.0, "to Y": 2.0}})

    def judged(clip: dict[str, object], without: str = "", **ratios: float) -> int:
        told = {name.replace("_", " "): ratio for name, ratio in ratios.items()}
        return verdict(file, "peers", single | {"clip": clip, "ratios": told}, 0.25, without)

    assert judged(clip, to_X=3.9, to_Y=2.1) == 0
    assert judged(clip, to_X=3.9, without="Y") == 0
    assert judged(clip, to_X=3.9) == 1
    assert judged(clip, to_X=1.0, to_Y=2.0) == 1
    assert "to X: was 4, is 1 (-75%)" in capsys.readouterr().out
    assert judged(clip | {"frames": 24}, to_X=9.0, to_Y=9.0) == NOT_COMPARABLE


def test_another_kind_of_arithmetic_is_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, found = tmp_path / "kept.json", {"clip": {}, "ratios": {"boxes": 0.3}}
    keep(file, "pipeline", {"arithmetic": "bfloat16"} | found)
    assert verdict(file, "pipeline", {"arithmetic": "float32"} | found, 0.25) == NOT_COMPARABLE
    assert "of bfloat16 are recorded, this device has float32" in capsys.readouterr().out


def test_the_records_are_of_their_kind() -> None:
    file = Path(__file__).parents[2] / "docs" / "benchmarks.json"
    for section in json.loads(file.read_text()).values():
        assert [kind["arithmetic"] for kind in section.values()] == list(section)


def test_peers_are_compared_by_their_best_rounds() -> None:
    rounds = [
        {peers.OURS: 15.0, peers.MEDIAPIPE: 20.0, peers.MMPOSE_3D: 2.0},
        {peers.OURS: 18.0, peers.MEDIAPIPE: 24.0, peers.MMPOSE_3D: 1.0},
    ]
    rates = peers.best_rates(rounds)
    assert peers.ratios_of(rates) == {
        f"{peers.OURS} to {peers.MEDIAPIPE}": 0.75,
        f"{peers.OURS} to {peers.MMPOSE_3D}": 9.0,
    }
    assert f"| {peers.OURS} to {peers.MMPOSE_3D} | 9.00 | 10.0 |" in peers.tables(rates)
