"""The time of each part of a run, and its distance from the machine's limits.

    python -m benchmarks.speed.pipeline CLIP --json docs/benchmarks.json
    python -m benchmarks.speed.pipeline CLIP --check docs/benchmarks.json

Every stage alone; a real `glagcn-video` in a process of its own that writes video, .npy and .bvh;
and the limits of the machine, by a large copy and by products of matrices, all in the same call.
The share of a stage in the run is the time that a thread of the program spent in it or waited for
it: threads overlap (decoding and drawing run beside the models and the encoder), so shares may add
up to more than the whole. The arithmetic that is counted is that of the networks' products and
convolutions; the bytes are those that a stage has to move at least, so decoders and encoders, whose
uncounted arithmetic stay far from it. A ratio cannot exceed 1.

With --batches the 2D networks run at batches of those sizes instead, for graphics cards above all;
with --models rtm those are RTMDet-m and RTMPose-m with random weights, whose speed is the same.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measuring.machine_limits import Limits, best_limits, bound_of, measure_limits
from benchmarks.measuring.recorded_ratios import FALL, keep, verdict
from benchmarks.measuring.stage_times import Stages, StageTime, arithmetic_of, precisions
from benchmarks.measuring.whole_run import WholeRun, run_whole
from benchmarks.peers import peers
from benchmarks.speed.start_up import best_of
from glagcn_cli.machine.devices import choose_device
from glagcn_cli.machine.process import keep_freed_memory
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.video.clip_times import ClipRange
from glagcn_cli.video.probing import probe

SECTION = "pipeline"
BESIDES = (("loading", None), ("detection", "camera"), ("export", None))
"""Stages and parts of NAME.run.json that are not measured alone."""


def row(stage: StageTime, run: WholeRun, limits: Limits) -> dict[str, Any]:
    """Return a stage's row of the table."""
    bound = bound_of(stage.work, limits) if stage.work else None
    found: dict[str, Any] = {"stage": stage.name, "frames_per_second": stage.rate}
    if stage.in_run:
        found["share"] = run.share(*stage.in_run)
    if bound:
        found |= {"bound_by": bound.by, "limit": bound.rate, "ratio": bound.ratio(stage.rate)}
    return found


def ratios_of(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return ratios to known limits, by the first word of the stage's name."""
    return {
        f"{row['stage'].split(',')[0]} to {row['bound_by']}": row["ratio"]
        for row in rows
        if "ratio" in row
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Format the stages as a table in markdown."""
    lines = [
        "| stage | frames/s alone | share of the run, % | bound by | limit, frames/s | ratio |",
        "| --- | ---: | ---: | --- | ---: | ---: |",
    ]
    for row in rows:
        share = "" if row.get("share") is None else f"{100 * row['share']:.1f}"
        rate = f"{row['frames_per_second']:.4g}" if "frames_per_second" in row else ""
        limit = f"{row['limit']:.4g}" if "limit" in row else ""
        ratio = f"{row['ratio']:.2g}" if "ratio" in row else ""
        by = row.get("bound_by", "")
        lines.append(f"| {row['stage']} | {rate} | {share} | {by} | {limit} | {ratio} |")
    return "\n".join(lines)


def whole(run: WholeRun, help_seconds: float) -> str:
    """Format the whole run as a list in markdown."""
    together = "" if run.peak_of_all is None else f", {run.peak_of_all / 1e6:.0f} with ffmpeg's"
    return "\n".join(
        [
            f"- end to end {run.rate:.1f} frames/s: {run.frames} frames in {run.seconds:.1f} s by "
            f"the clock, {run.processor_seconds:.1f} s of processor time: {run.idle_factor:.2f} "
            f"times as long as if {run.cores} cores had always been busy",
            f"- first frames processed after {run.first_frames:.2f} s, `--help` after "
            f"{help_seconds:.2f} s",
            f"- peak memory of the program {run.peak / 1e6:.0f} MB{together}",
        ]
    )


def machine(limits: Limits) -> str:
    """Format the machine's measurements as a line."""
    flops = ", ".join(f"{name} {rate / 1e9:.0f} GFLOP/s" for name, rate in limits.flops.items())
    moved = f"{limits.bytes_per_second / 1e9:.1f} GB/s"
    return f"{limits.device}, {limits.threads} threads: copy {moved}; products: {flops}"


def measure(clip: Path, device: str, frames: int | None, rounds: int) -> dict[str, Any]:
    """Measure everything, print the tables, and return the contents of the file."""
    info = probe(clip, ClipRange(max_frames=frames))
    options = ["--device", device] + (["--max-frames", f"{frames}"] if frames else [])
    # Before this process takes memory and threads; the fastest of some runs counts.
    run = max((run_whole(clip, options) for _ in range(rounds)), key=lambda run: run.rate)
    help_seconds, _ = best_of(rounds, [sys.executable, "-m", "glagcn_cli.commands.video", "--help"])
    before = measure_limits(device, precisions(device))
    stages = list(Stages(info, device, Settings(device=device)).measure())
    limits = best_limits(before, measure_limits(device, precisions(device)))
    rows = [row(stage, run, limits) for stage in stages]
    rows += [{"stage": part or stage, "share": run.share(stage, part)} for stage, part in BESIDES]
    heading = f"{time.strftime('%F')}, {clip.name} {info.width}x{info.height}, {machine(limits)}"
    sys.stdout.write(f"{heading}\n\n{table(rows)}\n\n{whole(run, help_seconds)}\n\n")
    return {
        "measured": time.strftime("%F"),
        "arithmetic": arithmetic_of(device),
        "clip": {"name": clip.name, "size": [info.width, info.height], "frames": run.frames},
        "machine": {"processor": platform.machine(), "python": platform.python_version()}
        | asdict(limits),
        "ratios": ratios_of(rows),
        "rows": rows,
        "run": asdict(run) | {"frames_per_second": run.rate, "help_seconds": help_seconds},
    }


def main() -> int:
    """Measure, print, and record or compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--frames", type=int, help="number of frames from the beginning")
    parser.add_argument("--rounds", type=int, default=2, help="runs, the fastest of which counts")
    parser.add_argument("--json", type=Path, help="keep what was measured in this file")
    parser.add_argument("--check", type=Path, help="exit with 1 if a recorded ratio has fallen")
    parser.add_argument("--fall", type=float, default=FALL, help="share by which ratios may fall")
    parser.add_argument("--with-peers", action="store_true", help="check the ratios to peers too")
    parser.add_argument("--mediapipe-python", type=Path, help="as peers/peers.py takes it")
    parser.add_argument("--batches", help="sizes with commas between them, as 1,4,16,64,256")
    parser.add_argument("--models", choices=("shipped", "rtm"), default="shipped")
    parser.add_argument("--size", default="1920x1080", help="of the frames that batches consist of")
    parser.add_argument("--profile", action="store_true", help="of the largest batch, operators")
    asked = parser.parse_args()
    device = choose_device(asked.device)
    keep_freed_memory()
    if asked.batches:
        from benchmarks.speed.network_batches import print_batches

        sizes = [int(size) for size in asked.batches.split(",")]
        width, height = (int(side) for side in asked.size.split("x"))
        print_batches(asked.clip, device, asked.models, sizes, (width, height), asked.profile)
        return 0
    found = measure(asked.clip, device, asked.frames, asked.rounds)
    if asked.json:
        keep(asked.json, SECTION, found)
    if not asked.check:
        return 0
    failed = verdict(asked.check, SECTION, found, asked.fall)
    if asked.with_peers:
        compared = peers.measure(asked.clip, asked.mediapipe_python, device, asked.frames)
        failed = max(failed, peers.check(asked.check, compared, asked.fall))
    return failed


if __name__ == "__main__":
    sys.exit(main())
