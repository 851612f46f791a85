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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

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


def load(way: str):  # type: ignore[no-untyped-def]
    """Load the 2D stage with its networks run in one of the `WAYS`."""
    from glagcn_cli.detection.movenet import direct
    from glagcn_cli.keypoints.stage import load_people_detector
    from glagcn_cli.pipeline.settings import SINGLE, Settings

    before = direct.run_compiled
    if way == "torch":
        direct.run_compiled = lambda *given: given[-1]()
    try:
        settings = Settings(precision=SINGLE) if way == "single" else Settings()
        return load_people_detector(settings, "cpu")
    finally:
        direct.run_compiled = before


def first_frames(clip: str, way: str) -> None:
    """Load the networks and run the first frames through them."""
    from glagcn_cli.video.reader import VideoReader

    detector = load(way)
    frames = []
    with VideoReader(Path(clip)) as reader:
        for frame in reader:
            frames.append(frame)
            if len(frames) == detector.frames_at_once:
                break
    detector.of_clip()(frames)


def rate(clip: Path, detector, most: int) -> float:  # type: ignore[no-untyped-def]
    """Frames a second of decoding and both networks."""
    from itertools import islice

    from glagcn_cli.video.reader import VideoReader

    started, done = time.perf_counter(), 0
    of_clip = detector.of_clip()
    with VideoReader(clip) as reader:
        frames = islice(reader, most)
        while batch := list(islice(frames, detector.frames_at_once)):
            of_clip(batch)
            done += len(batch)
    return done / (time.perf_counter() - started)


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep processors busy with other programs."""
    others = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)
    ]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


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


def main() -> None:
    """Print tables of rates and of start-up."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--busy", type=int, default=2, help="processes beside it")
    asked = parser.parse_args()
    prepare_process()
    out = sys.stdout.write
    with TemporaryDirectory() as cache:
        times: dict[str, list[float]] = {}
        for _ in range(asked.rounds):
            with TemporaryDirectory() as empty:
                times.setdefault("OpenVINO, first run", []).append(
                    start_up(asked.clip, "openvino", empty)
                )
            start_up(asked.clip, "openvino", cache)
            for name, way in (("OpenVINO, later runs", "openvino"), ("torch", "torch")):
                times.setdefault(name, []).append(start_up(asked.clip, way, cache))
        for name, found in times.items():
            out(f"start-up {name}: {min(found):.2f} to {max(found):.2f} s\n")
        os.environ["GLAGCN_CACHE"] = cache
        detectors = {way: load(way) for way in WAYS}
        for others in (0, asked.busy):
            rates: dict[str, list[float]] = {way: [] for way in WAYS}
            with busy(others):
                for turn in range(-1, asked.rounds):
                    for way, detector in detectors.items():
                        found_rate = rate(asked.clip, detector, asked.frames)
                        if turn >= 0:  # the first makes graphs
                            rates[way].append(found_rate)
            for way, one in rates.items():
                ratios = [a / b for a, b in zip(rates["openvino"], one, strict=True)]
                out(
                    f"beside {others} busy processes, {way}: median {statistics.median(one):.1f} "
                    f"frames/s ({min(one):.1f} to {max(one):.1f}); OpenVINO is "
                    f"{statistics.median(ratios):.2f} times as fast\n"
                )


if __name__ == "__main__":
    main()
