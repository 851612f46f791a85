"""Time of drawing one side-by-side frame, on one core: ``python -m benchmarks.speed.rendering``.

Of frames in RGB, as they are filmed, which are scaled here; and of those in YUV that the decoder
has scaled, as videos are written. What decoding and encoding cost in both cases is told by
``encoding.py``.
"""

from __future__ import annotations

import argparse
import sys
import time
from fractions import Fraction

import cv2
import numpy as np

from glagcn_cli.poses import Keypoints2D, PoseSequence
from glagcn_cli.rendering import SideBySideRenderer
from glagcn_cli.skeleton import COCO17, H36M17

FPS = Fraction(30)
_ROUNDS = 10  # the least counts, since other programs only add time


def person(
    frames: int, size: tuple[int, int], number: int, seed: int = 0
) -> tuple[PoseSequence, Keypoints2D]:
    """Make a figure of random joints that crosses the scene at a walk's cost."""
    rng = np.random.default_rng(seed + number)
    path = np.zeros((frames, 1, 3))
    path[:, 0, 0] = np.linspace(-3, 3, frames) + number
    joints = path + rng.uniform([-0.4, 0, -0.4], [0.4, 1.8, 0.4], (1, 17, 3))
    centre = np.linspace(0.2, 0.8, frames)[:, None, None] * np.array(size)
    points = centre + rng.uniform(-0.2, 0.2, (1, 17, 2)) * size[1]
    scores, valid = np.ones((frames, 17), np.float32), np.ones(frames, bool)
    flat = points.astype(np.float32)
    pose = PoseSequence(
        joints.astype(np.float32), scores, valid, FPS, flat, joint_set=H36M17, person=number
    )
    return pose, Keypoints2D(flat, scores, valid, FPS, size, COCO17, number)


def spent_on(renderer: SideBySideRenderer, frame: np.ndarray, frames: int) -> float:
    """Return seconds of processor time for drawing a frame, the least of some rounds."""
    renderer.render(frame, 0)
    least = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        for index in range(frames):
            renderer.render(frame, index)
        least = min(least, time.process_time() - started)
    return least / frames


def main() -> None:
    """Print milliseconds of processor time per frame for several videos."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--panel-height", type=int, default=720)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    out = sys.stdout.write
    out("| input | people | view | RGB, whole frames: ms (frames/s) | YUV in its final size |\n")
    out("| --- | --- | --- | ---: | ---: |\n")
    for size in ((1280, 720), (1768, 994), (1920, 1080), (1080, 1920), (3840, 2160)):
        for people, turn in ((1, 0.0), (3, 0.0), (1, 15.0)):
            figures = [person(options.frames, size, i + 1) for i in range(people)]
            renderer = SideBySideRenderer(
                [pose for pose, _ in figures],
                [points for _, points in figures],
                FPS,
                size,
                panel_height=options.panel_height,
                turn=turn,
            )
            width, height = renderer.picture_size
            shapes = (size[1], size[0], 3), (height * 3 // 2, width)
            seconds = [
                spent_on(renderer, rng.integers(0, 255, shape, np.uint8), options.frames)
                for shape in shapes
            ]
            cells = [f"{1e3 * each:.2f} ({1 / each:.0f})" for each in seconds]
            view = "turning" if turn else "still"
            out(f"| {size[0]}x{size[1]} | {people} | {view} | {cells[0]} | {cells[1]} |\n")


if __name__ == "__main__":
    main()
