"""What a second of video costs at 60 frames/s and at 30: ``python -m benchmarks.speed.high_rates``.

    python -m benchmarks.speed.high_rates CLIP60 --rounds 2

CLIP60 has a high rate; every second frame of it makes the same clip at half the rate. Whole runs
take turns, with a drawn video.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.measuring.whole_run import WholeRun, run_whole
from glagcn_cli.video import ffmpeg
from glagcn_cli.video.probing import probe
from glagcn_cli.video.source import Source
from glagcn_training.metrics.markdown_table import markdown_table

_EVERY = ("--keypoint-rate", "0")
_STAGES = ("loading", "detection", "lifting", "rendering")


def halved(clip: Path, folder: Path) -> Path:
    """Write every second frame of a clip, at half its rate."""
    target = folder / "halved.mp4"
    rate = probe(Source.of(clip)).fps / 2
    steps = f"select=not(mod(n\\,2)),setpts=N/({rate})/TB"
    options = ["-vf", steps, "-r", str(rate), "-an", "-c:v", "libx264", "-crf", "16"]
    done = ffmpeg.run(["-loglevel", "error", "-i", str(clip), *options, "-y", str(target)])
    if done.status:
        raise SystemExit(ffmpeg.telling_line(done.messages))
    return target


def row(name: str, run: WholeRun, seconds: float) -> list[str]:
    """Format a run: seconds of its stages for each second of video."""
    stages = [run.stages.get(stage, {}).get("seconds", 0.0) / seconds for stage in _STAGES]
    models = run.stages["detection"]["parts"]["models"] / seconds
    whole = [run.seconds / seconds, run.processor_seconds / seconds, models]
    return [name, *(f"{value:.3f}" for value in (*whole, *stages))]


@click.command()
@click.argument("clip", type=click.Path(exists=True, path_type=Path))
@click.option("--rounds", default=2, show_default=True, help="The fastest of each counts.")
def main(clip: Path, rounds: int) -> None:
    """Print seconds a second of video."""
    info = probe(Source.of(clip))
    seconds = float((info.frames or 0) / info.fps)
    with TemporaryDirectory() as name:
        ways = {
            f"{float(info.fps / 2):g} frames/s": (halved(clip, Path(name)), ()),
            f"{float(info.fps):g} frames/s": (clip, ()),
            f"{float(info.fps):g} frames/s, joints in every frame": (clip, _EVERY),
        }
        runs: dict[str, list[WholeRun]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, (file, options) in ways.items():
                runs[way].append(run_whole(file, options))
    head = ["s a second of video", "whole", "processor", "2D models", *_STAGES]
    table = [head]
    for way, found in runs.items():
        table.append(row(way, min(found, key=lambda run: run.seconds), seconds))
    sys.stdout.write(markdown_table(table, left=1) + "\n")


if __name__ == "__main__":
    main()
