"""What following the background costs, as a share of a whole run of glagcn-video.

    python -m benchmarks.real_video.following_cost demo.mp4

The clip as it is, and a virtual camera that pans over it (`virtual_camera`). Times are processor
time: of the thread that follows the background while frames go by and finds the cameras after the
last of them, and of the program and its ffmpeg processes together. OpenCV has one thread.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.real_video.virtual_camera import filming, write_filmed
from glagcn_cli.camera import focal_length
from glagcn_cli.video.reader import VideoReader
from glagcn_training.metrics.markdown_table import markdown_table

PAN = "pan of 60 degrees"
STAGES = "while frames go by", "after the last"

# The program, extended by the processor time of what follows the background.
_PROGRAM = """
import json, sys, time
import cv2
from glagcn_cli.camera_path.watching import BackgroundWatch
from glagcn_cli.pipeline import lenses
cv2.setNumThreads(1)
taken = [0.0, 0.0]
def timed(function, stage):
    def call(*given, **named):
        started = time.thread_time()
        try:
            return function(*given, **named)
        finally:
            taken[stage] += time.thread_time() - started
    return call
BackgroundWatch.add = timed(BackgroundWatch.add, 0)
BackgroundWatch.arrays = timed(BackgroundWatch.arrays, 1)
for name in ("shot_cameras", "_shown_by_turns"):
    setattr(lenses, name, timed(getattr(lenses, name), 1))
from glagcn_cli.commands.video import main
try:
    main(sys.argv[1:])
finally:
    print(json.dumps(taken), file=sys.stderr)
"""


def cost(clip: Path) -> tuple[list[float], float]:
    """Lift a clip without the cache; return seconds of both stages, and of all of the run."""
    with TemporaryDirectory() as folder:
        outputs = [str(Path(folder, f"out{suffix}")) for suffix in (".mp4", ".npy", ".bvh")]
        named = [word for output in outputs for word in ("-o", output)]
        command = [sys.executable, "-c", _PROGRAM, str(clip), *named, "--no-cache", "-q"]
        with Path(folder, "messages").open("w+", encoding="utf-8") as told:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)
            _, status, usage = os.wait4(process.pid, 0)
            told.seek(0)
            lines = told.read().splitlines()
    if status:
        raise click.ClickException("\n".join(["glagcn-video failed:", *lines]))
    return json.loads(lines[-1]), usage.ru_utime + usage.ru_stime


def row(name: str, clip: Path, frames: int, runs: int) -> list[str]:
    """Measure a clip; of several runs the one that took least counts."""
    taken, whole = min((cost(clip) for _ in range(runs)), key=lambda one: one[1])
    parts = [f"{1000 * seconds / frames:.2f}" for seconds in taken]
    return [name, *parts, f"{1000 * whole / frames:.1f}", f"{100 * sum(taken) / whole:.1f}"]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("clip", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--runs", default=1, show_default=True)
@click.option("--fov", default=100.0, show_default=True, help="Of the still clip, degrees.")
def main(clip: Path, runs: int, fov: float) -> None:
    """Measure the cost before a camera at rest and one that pans."""
    with VideoReader(clip) as reader:
        info, frames = reader.info, sum(1 for _ in reader)
    rows: list[Sequence[str]] = [
        ["camera", *(f"{stage}, ms a frame" for stage in STAGES), "whole run, ms a frame",
         "share, %"],
        row("still", clip, frames, runs),
    ]  # fmt: skip
    with TemporaryDirectory() as folder:
        panned = Path(folder, "pan.mp4")
        focal = focal_length((info.width, info.height), fov)
        write_filmed(clip, panned, filming(PAN, frames, info.fps, focal), fov, frames)
        rows.append(row("turning", panned, frames, runs))
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
