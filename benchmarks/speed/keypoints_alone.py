"""The 2D stage on decoded frames: ``python -m benchmarks.speed.keypoints_alone CLIP``.

As a run has it, and for comparison in single precision with boxes looked for in every frame. The
models are loaded and some frames have gone through before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import islice
from pathlib import Path

from benchmarks.measuring.detecting import detect
from glagcn_cli.keypoints.stage import load_people_detector
from glagcn_cli.machine.process import keep_freed_memory
from glagcn_cli.pipeline.settings import SINGLE, Settings
from glagcn_cli.video.frame import Frame
from glagcn_cli.video.reader import VideoReader


def seconds_of(frames: list[Frame], settings: Settings, device: str) -> tuple[float, int]:
    """Return seconds and people found."""
    detector = load_people_detector(settings, device)
    detect(frames[: detector.frames_at_once], detector)
    found, seconds = detect(frames, detector)
    return seconds, sum(map(len, found))


def main() -> None:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    keep_freed_memory()
    with VideoReader(asked.clip) as reader:
        frames = list(islice(reader, asked.frames))
    seconds, people = seconds_of(frames, Settings(), asked.device)
    plain, _ = seconds_of(frames, Settings(precision=SINGLE, boxes_every=1), asked.device)
    found = {"frames": len(frames), "seconds": seconds, "people": people, "plain_seconds": plain}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
