"""Cost of the pass that decodes, draws and encodes.

    python -m benchmarks.speed.encoding CLIP POSES

POSES is a ``.npz`` of the clip. Every way of writing the video takes its turn in each round, and
the round with the least processor time counts: that of this program and of both of ffmpeg's, for
by the clock they run in parallel with each other and with other programs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.pipeline.settings import QUALITIES
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.rendering import SideBySideRenderer
from glagcn_cli.video.clip_times import ClipRange
from glagcn_cli.video.decoding import PixelFormat
from glagcn_cli.video.encoding import codec, x264
from glagcn_cli.video.probing import VideoInfo, probe
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.writer import VideoWriter

PRESETS = (
    ("ultrafast", 23), ("superfast", 20), ("superfast", 23), ("veryfast", 20), ("veryfast", 23),
    ("medium", 20),
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One way of writing the video: the format of frames in the pipes, and the encoder."""

    name: str
    pixels: PixelFormat
    codec: Sequence[str]


def ways(size: tuple[int, int]) -> list[Way]:
    """List RGB frames, the qualities, and presets of x264."""
    return [
        Way("RGB, veryfast 20", "rgb24", x264("veryfast", 20)),
        *(Way(quality, "yuv420p", codec(quality, size)) for quality in QUALITIES),
        *(Way(f"{preset} {crf}", "yuv420p", x264(preset, crf)) for preset, crf in PRESETS),
    ]


def renderer_of(info: VideoInfo, poses: Path) -> tuple[SideBySideRenderer, int]:
    """Return the clip's renderer, and its number of frames."""
    saved = read_poses(poses)
    keypoints = [
        Keypoints2D(
            s.keypoints, s.scores, s.valid, s.fps, (info.width, info.height), s.joint_set, s.person
        )
        for s in saved.sequences
    ]
    size = (info.width, info.height)
    renderer = SideBySideRenderer(saved.sequences, keypoints, info.fps, size)
    return renderer, len(saved.sequences[0])


def write(way: Way, renderer: SideBySideRenderer, info: VideoInfo, target: Path) -> float:
    """Write the video and return the seconds of processor time."""
    size = renderer.picture_size if way.pixels == "yuv420p" else None
    before = sum(os.times()[:4])
    with (
        VideoReader(info, size=size, pixels=way.pixels) as reader,
        VideoWriter(
            target,
            info.fps,
            renderer.size,
            overwrite=True,
            codec=way.codec,
            pixels=way.pixels,
        ) as writer,
    ):
        for index, frame in enumerate(islice(reader, info.frames)):
            writer.write(renderer.render(frame, index))
    return sum(os.times()[:4]) - before


def nearness(renderer: SideBySideRenderer, info: VideoInfo, target: Path) -> tuple[float, float]:
    """Compute the mean structural similarity of brightness to the drawing, every 10th frame."""
    drawn = VideoReader(info, size=renderer.picture_size, pixels="yuv420p")
    height, width = renderer.size[1], renderer.size[0] // 2
    found = []
    for index, (frame, encoded) in enumerate(
        zip(drawn, VideoReader(target, pixels="yuv420p"), strict=False)
    ):
        if index % 10 == 0:
            right = renderer.render(frame, index)[:height]
            sides = (slice(0, width), slice(width, None))
            found.append([_ssim(right[:, s], encoded[:height, s]) for s in sides])
    video, scene = np.mean(found, axis=0)
    return float(video), float(scene)


def _ssim(one: np.ndarray, other: np.ndarray) -> float:
    """Compute SSIM (Wang, Bovik, Sheikh and Simoncelli 2004) over windows of 8 x 8."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    mean_a, mean_b, aa, bb, ab = (cv2.blur(x, (8, 8)) for x in (a, b, a * a, b * b, a * b))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * mean_a * mean_b + c1) * (2 * (ab - mean_a * mean_b) + c2)
    bottom = (mean_a**2 + mean_b**2 + c1) * (aa - mean_a**2 + bb - mean_b**2 + c2)
    return float((top / bottom).mean())


def main() -> None:
    """Print a table of seconds of processor time, frames/s, megabytes and likeness."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("poses", type=Path)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    info = probe(options.clip, ClipRange(max_frames=options.frames))
    renderer, frames = renderer_of(info, options.poses)
    frames = min(frames, options.frames)
    least: dict[str, float] = {}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mp4"
        for turn in range(options.rounds):
            for way in ways(renderer.size):
                spent = write(way, renderer, info, target)
                least[way.name] = min(spent, least.get(way.name, spent))
                if turn == 0:
                    size = target.stat().st_size / 1e6
                    rows.append((way.name, size, *nearness(renderer, info, target)))
    out = sys.stdout.write
    out(f"{time.strftime('%F')}: {frames} frames, {renderer.size[0]}x{renderer.size[1]}\n")
    out("| | processor time, s | frames/s of it | MB | likeness: video | 3D |\n")
    out("| --- | ---: | ---: | ---: | ---: | ---: |\n")
    for name, size, video, scene in rows:
        spent = least[name]
        out(f"| {name} | {spent:.2f} | {frames / spent:.0f} | {size:.2f} | {video:.4f} | ")
        out(f"{scene:.4f} |\n")


if __name__ == "__main__":
    main()
