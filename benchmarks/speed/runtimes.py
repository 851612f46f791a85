"""The 2D stage by OpenVINO and by torch: ``python -m benchmarks.speed.runtimes CLIP``.

Decoding and both networks, end to end, in turns within one run, so that other programs disturb all
alike; idle and beside busy processes. Start-up is in processes of their own, from the command to
the first frames out of the 2D stage: with nothing kept, with kept graphs, and by torch.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measuring.conditions import busy_cores
from glagcn_cli.detection.people_detector import TwoStageDetector
from glagcn_cli.machine.process import prepare_process

_START = """
import os, sys, time
from glagcn_cli.machine.process import prepare_process
prepare_process()
from benchmarks.speed import runtimes
runtimes.first_frames(sys.argv[1], sys.argv[2])
os._exit(0)
"""

WAYS = ("openvino", "torch", "single")
"""Networks by OpenVINO; by torch as without it; by torch in single precision."""


def load(way: str) -> TwoStageDetector:
    """Load the 2D stage with its networks run in one of the `WAYS`."""
    from glagcn_cli.keypoints.stage import load_people_detector
    from glagcn_cli.machine.openvino import compiled
    from glagcn_cli.pipeline.settings import SINGLE, Settings

    before = compiled.run_compiled
    if way == "torch":
        compiled.run_compiled = lambda *given: given[-1]()
    try:
        settings = Settings(precision=SINGLE) if way == "single" else Settings()
        return load_people_detector(settings, "cpu")
    finally:
        compiled.run_compiled = before


def first_frames(clip: str, way: str) -> None:
    """Load the networks and run the first frames through them."""
    from glagcn_cli.video.reader import VideoReader

    detector = load(way)
    with VideoReader(Path(clip)) as reader:
        detector.of_clip()(list(islice(reader, detector.frames_at_once)))


def rate(clip: Path, detector: TwoStageDetector, most: int) -> tuple[float, float]:
    """Frames a second of decoding and both networks, and milliseconds of processor time a frame."""
    from glagcn_cli.video.reader import VideoReader

    started, before, done = time.perf_counter(), time.process_time(), 0
    of_clip = detector.of_clip()
    with VideoReader(clip) as reader:
        frames = islice(reader, most)
        while batch := list(islice(frames, detector.frames_at_once)):
            of_clip(batch)
            done += len(batch)
    processor = time.process_time() - before
    return done / (time.perf_counter() - started), 1000 * processor / done


def start_up(clip: Path, way: str, cache: str) -> float:
    """Seconds from a command to its first frames out of the 2D stage."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", _START, str(clip), way],
        check=True,
        env=os.environ | {"GLAGCN_CACHE": cache},
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def print_start_up(clip: Path, rounds: int, cache: str) -> None:
    """Print the seconds to the first frames; what is kept is kept in a folder `cache`."""
    start_up(clip, "openvino", cache)
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        with TemporaryDirectory() as empty:
            first = start_up(clip, "openvino", empty)
        times.setdefault("OpenVINO, first run", []).append(first)
        for name, way in (("OpenVINO, later runs", "openvino"), ("torch", "torch")):
            times.setdefault(name, []).append(start_up(clip, way, cache))
    for name, found in times.items():
        sys.stdout.write(
            f"start-up, {name}: median {statistics.median(found):.2f} s "
            f"({min(found):.2f} to {max(found):.2f})\n"
        )


def print_rates(clip: Path, rounds: int, frames: int, others: int) -> None:
    """Print frames a second beside some busy processes, in turns."""
    detectors = {way: load(way) for way in WAYS}
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    for detector in detectors.values():
        rate(clip, detector, detector.frames_at_once)  # makes graphs
    with busy_cores(others):
        for _ in range(rounds):
            for way, detector in detectors.items():
                found[way].append(rate(clip, detector, frames))
    fast = [one for one, _ in found["openvino"]]
    for way, measured in found.items():
        rates = [one for one, _ in measured]
        ratio = statistics.median(a / b for a, b in zip(fast, rates, strict=True))
        processor = statistics.median(one for _, one in measured)
        sys.stdout.write(
            f"beside {others} busy processes, {way}: {statistics.median(rates):.1f} frames/s "
            f"({min(rates):.1f} to {max(rates):.1f}), OpenVINO {ratio:.2f} times as fast; "
            f"{processor:.0f} ms of processor time a frame\n"
        )
        sys.stdout.flush()


def main() -> None:
    """Print seconds of start-up and rates."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--busy", type=int, default=2, help="processes beside it")
    asked = parser.parse_args()
    prepare_process()
    with TemporaryDirectory() as cache:
        print_start_up(asked.clip, asked.rounds, cache)
        os.environ["GLAGCN_CACHE"] = cache
        for others in (0, asked.busy):
            print_rates(asked.clip, asked.rounds, asked.frames, others)


if __name__ == "__main__":
    main()
