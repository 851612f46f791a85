"""Our program beside others, on one clip and in one run, each in its own process.

    python -m benchmarks.peers.peers CLIP --mediapipe-python MP/bin/python
        --json docs/benchmarks.json
    python -m benchmarks.peers.peers CLIP --mediapipe-python MP/bin/python --quick
        --condition idle --condition busy --condition avx2

All alternate, so that other load of the machine affects each; of every one the fastest
round counts. MediaPipe Pose finds the 2D and 3D of one person and draws nothing; its time is that
of its models. MMPose runs the models and weights of this program, in its inferencer of 2D, and with
the lifter that it calls human3d (random weights) in its demo of 3D. matplotlib draws a video as
VideoPose3D does. The clock of peers starts when their models are loaded; our end-to-end rate
includes all of the start-up.

With `--quick` MMPose's demo and matplotlib are left out, with `--whole-alone` all but our whole run
and MediaPipe. With several conditions, the whole run's
time under each is also compared with the first.

MediaPipe needs an environment of its own: python3.11 -m venv MP; MP/bin/pip install
mediapipe==0.10.21. Without --mediapipe-python it is left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measuring.conditions import CONDITIONS, IDLE, under
from benchmarks.measuring.recorded_ratios import FALL, keep, verdict
from benchmarks.measuring.stage_times import arithmetic_of
from benchmarks.measuring.whole_run import run_whole
from benchmarks.peers.mediapipe_pose import mediapipe_poses
from glagcn_cli.errors import OutputError
from glagcn_cli.video import ffmpeg

SECTION = "peers"
SHORT, ROUNDS = 32, 2  # frames for slow peers; rounds, the fastest of which counts

OURS, OURS_2D, OURS_PLAIN = "end to end", "2D alone", "2D alone, single, boxes in every frame"
MEDIAPIPE, MMPOSE_2D, MMPOSE_3D = "MediaPipe Pose", "MMPose inferencer, 2D", "MMPose demo, 3D"
MATPLOTLIB = "matplotlib video"

GOALS = {
    (OURS, MEDIAPIPE): 0.7,
    (OURS_2D, MMPOSE_2D): 3.0,
    (OURS_PLAIN, MMPOSE_2D): None,
    (OURS, MMPOSE_3D): 10.0,
    (OURS, MATPLOTLIB): None,
}
"""How many times the rate of a peer ours should be at least; None where nothing was promised."""


def first_frames(clip: Path, frames: int, folder: Path) -> Path:
    """Write the beginning of a clip, without its sound, in the same encoding."""
    target = folder / f"first{frames}{clip.suffix}"
    cut = ["-i", ffmpeg.file_url(clip), "-map", "0:v:0", "-frames:v", f"{frames}", "-c", "copy"]
    done = ffmpeg.run(["-loglevel", "error", *cut, "-y", ffmpeg.file_url(target)])
    if done.status:
        raise OutputError(f"{target}: {ffmpeg.telling_line(done.messages)}")
    return target


def told_by(module: str, *arguments: str) -> dict[str, Any]:
    """Run another benchmark and read the JSON of its last line."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def one_round(
    clip: Path,
    short: Path,
    mediapipe: Path | None,
    device: str,
    folder: Path,
    quick: bool = False,
    whole_alone: bool = False,
) -> dict[str, float]:
    """Measure the frames a second of every one in turn, of a few if it is to be quick."""
    rates = {OURS: run_whole(clip, ["--device", device]).rate}
    if mediapipe:
        kept = folder / "mediapipe.npz"
        kept.unlink(missing_ok=True)
        poses = mediapipe_poses(mediapipe, clip, kept, smooth=True)
        rates[MEDIAPIPE] = len(poses.valid) / poses.seconds
    if whole_alone:
        return rates
    many = ["--frames", "1000000"]
    ours = told_by("speed.keypoints_alone", str(short), *many, "--device", device)
    rates[OURS_2D] = ours["frames"] / ours["seconds"]
    rates[OURS_PLAIN] = ours["frames"] / ours["plain_seconds"]
    for name, dimensions in ((MMPOSE_2D, "2d"), (MMPOSE_3D, "3d"))[: 1 if quick else 2]:
        found = told_by("peers.peer_mmpose", dimensions, str(short), *many, "--device", device)
        rates[name] = found["frames"] / found["seconds"]
    if quick:
        return rates
    drawn = told_by("peers.peer_matplotlib", str(short), *many)
    rates[MATPLOTLIB] = drawn["frames"] / drawn["seconds"]
    return rates


def best_rates(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Return the fastest of the rounds, of every one."""
    return {name: max(rates[name] for rates in rounds) for name in rounds[0]}


def ratios_of(rates: Mapping[str, float]) -> dict[str, float]:
    """Compute our rate over each peer's, for the measured pairs in `GOALS`."""
    return {
        f"{ours} to {peer}": rates[ours] / rates[peer]
        for ours, peer in GOALS
        if ours in rates and peer in rates
    }


def tables(rates: Mapping[str, float]) -> str:
    """Format rates, and ratios with their goals, as tables in markdown."""
    ratios = ratios_of(rates)
    lines = ["| | frames/s |", "| --- | ---: |"]
    lines += [f"| {name} | {rate:.2f} |" for name, rate in rates.items()]
    lines += ["", "| ours to a peer's | times | goal |", "| --- | ---: | ---: |"]
    for (ours, peer), goal in GOALS.items():
        name = f"{ours} to {peer}"
        if name in ratios:
            lines.append(f"| {name} | {ratios[name]:.2f} | {goal or ''} |")
    return "\n".join(lines)


def measure(
    clip: Path,
    mediapipe: Path | None,
    device: str,
    frames: int | None,
    short: int = SHORT,
    rounds: int = ROUNDS,
    quick: bool = False,
    condition: str = IDLE,
    whole_alone: bool = False,
) -> dict[str, Any]:
    """Measure all, print the tables, and return the contents of the file."""
    with TemporaryDirectory() as name, under(condition):
        folder = Path(name)
        whole = first_frames(clip, frames, folder) if frames else clip
        part = first_frames(clip, min(short, frames or short), folder)
        run_whole(part, ["--device", device])  # makes the graphs of this condition
        found = [
            one_round(whole, part, mediapipe, device, folder, quick, whole_alone)
            for _ in range(rounds)
        ]
    rates = best_rates(found)
    heading = f"{time.strftime('%F')}, {clip.name}, {device}, {condition}, {rounds} rounds"
    sys.stdout.write(f"{heading}\n\n{tables(rates)}\n\n")
    return {
        "measured": time.strftime("%F"),
        "arithmetic": arithmetic_of(device),
        "clip": {"name": clip.name, "frames": frames, "frames_of_slow_ones": short},
        "ratios": ratios_of(rates),
        "frames_per_second": rates,
        "rounds": found,
    }


def check(path: Path, found: Mapping[str, Any], fall: float) -> int:
    """Compare ratios with those in a file, MediaPipe's only if it ran; return the exit code."""
    ran = MEDIAPIPE in found["frames_per_second"]
    return verdict(path, SECTION, found, fall, without="" if ran else MEDIAPIPE)


def main() -> int:
    """Measure, print, and record or compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path)
    parser.add_argument("--mediapipe-python", type=Path, help="a Python that has mediapipe")
    parser.add_argument("--device", default="cpu", help="of this program and of MMPose")
    parser.add_argument("--frames", type=int, help="number of frames from the beginning")
    parser.add_argument("--short", type=int, default=SHORT, help="frames for those that are slow")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="leave out the slowest")
    parser.add_argument(
        "--whole-alone", action="store_true", help="only our whole run and MediaPipe"
    )
    parser.add_argument("--condition", action="append", choices=CONDITIONS, dest="conditions")
    parser.add_argument("--json", type=Path, help="keep what was measured in this file")
    parser.add_argument("--check", type=Path, help="exit with 1 if a recorded ratio has fallen")
    parser.add_argument("--fall", type=float, default=FALL, help="share by which ratios may fall")
    asked = parser.parse_args()
    measured = {
        condition: measure(
            asked.clip, asked.mediapipe_python, asked.device, asked.frames, asked.short,
            asked.rounds, asked.quick, condition, asked.whole_alone,
        )
        for condition in asked.conditions or [IDLE]
    }  # fmt: skip
    found, *others = measured.values()
    for condition, other in zip([*measured][1:], others, strict=True):
        longer = found["frames_per_second"][OURS] / other["frames_per_second"][OURS]
        sys.stdout.write(f"a whole run takes {longer:.2f} times as long, {condition}\n")
    if asked.json:
        keep(asked.json, SECTION, found)
    if not asked.check:
        return 0
    return check(asked.check, found, asked.fall)


if __name__ == "__main__":
    sys.exit(main())
