"""Peak memory and speed of `glagcn-video` on a short and a long clip of the same pictures.

    python -m benchmarks.speed.long_clips CLIP --minutes 10

The clip is repeated, scaled down, until it lasts 10 seconds and until it lasts as long as asked;
video, .npy and .bvh of the main person are written, without the cache. The peak is that of the
program's own process (its ffmpeg processes hold a few frames each at any length).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

from glagcn_cli.errors import OutputError
from glagcn_cli.video import ffmpeg

SHORT = 10  # seconds
PASSES = 1.3  # the long clip's peak over the short one's, besides its poses

_MEASURED = """
import resource, sys
from glagcn_cli.commands.video import main
try:
    main(sys.argv[1:])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def repeated(clip: Path, seconds: float, height: int, to: Path) -> Path:
    """Write a clip that repeats another for this long, scaled to a height."""
    scale = ["-vf", f"scale=-2:{height}", "-an", "-c:v", "libx264", "-preset", "ultrafast"]
    loop = ["-stream_loop", "-1", "-i", ffmpeg.file_url(clip), "-t", f"{seconds}"]
    done = ffmpeg.run(["-loglevel", "error", *loop, *scale, "-y", ffmpeg.file_url(to)])
    if done.status:
        raise OutputError(f"{to}: {ffmpeg.telling_line(done.messages)}")
    return to


def lift(clip: Path, threads: int) -> tuple[float, float, float]:
    """Lift a clip; return peak megabytes of the process, megabytes of poses, frames a second."""
    outputs = [clip.with_name(f"{clip.stem}3d{suffix}") for suffix in (".mp4", ".npy", ".bvh")]
    named = [word for output in outputs for word in ("-o", str(output))]
    command = [sys.executable, "-c", _MEASURED, str(clip), *named, "--no-cache", "-q"]
    done = subprocess.run(
        [*command, "--threads", str(threads)], capture_output=True, encoding="utf-8", check=True
    )
    peak = int(done.stderr.split()[-1]) / 1024  # Linux counts kilobytes
    report = json.loads(clip.with_name(f"{clip.stem}3d.run.json").read_text(encoding="utf-8"))
    seconds = sum(stage["seconds"] for stage in report["stages"].values())
    poses = np.load(outputs[1], mmap_mode="r").nbytes / 1e6
    return peak, poses, report["frames"] / seconds


def main() -> int:
    """Measure both, print a table, and report whether the long one stays within bounds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, seconds in (("short", SHORT), ("long", 60 * asked.minutes)):
            made = repeated(asked.clip, seconds, asked.height, Path(folder, f"{name}.mp4"))
            rows[name] = lift(made, asked.threads)
            peak, poses, speed = rows[name]
            click.echo(f"| {seconds:g} s | {peak:.0f} MB | {poses:.1f} MB | {speed:.1f} |")
    ratio = (rows["long"][0] - rows["long"][1]) / rows["short"][0]
    click.echo(f"besides its poses the long clip takes {ratio:.2f} times the short one's memory")
    return int(ratio > PASSES)


if __name__ == "__main__":
    sys.exit(main())
