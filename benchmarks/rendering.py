"""Time of drawing one side-by-side frame, on one core: ``python benchmarks/rendering.py``."""

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


def person(
    frames: int, size: tuple[int, int], number: int, seed: int = 0
) -> tuple[PoseSequence, Keypoints2D]:
    """A figure of random joints that crosses the scene and the image; it costs what a walk does."""
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


def main() -> None:
    """Print milliseconds of processor time and of the clock per frame for several videos."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--panel-height", type=int, default=720)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    cases = [
        (size, people, turn)
        for size in ((1280, 720), (1768, 994), (1920, 1080), (1080, 1920), (3840, 2160))
        for people, turn in ((1, 0.0), (1, 15.0), (4, 0.0))
    ]
    for size, people, turn in cases:
        figures = [person(options.frames, size, i + 1) for i in range(people)]
        renderer = SideBySideRenderer(
            [pose for pose, _ in figures],
            [points for _, points in figures],
            FPS,
            size,
            panel_height=options.panel_height,
            turn=turn,
        )
        frame = rng.integers(0, 255, (size[1], size[0], 3), np.uint8)
        renderer.render(frame, 0)
        clock, processor = time.perf_counter(), time.process_time()
        for index in range(options.frames):
            renderer.render(frame, index)
        spent = 1e3 * (time.process_time() - processor) / options.frames
        passed = 1e3 * (time.perf_counter() - clock) / options.frames
        sys.stdout.write(
            f"{size[0]}x{size[1]} -> {renderer.size[0]}x{renderer.size[1]}, {people} people, "
            f"{'turning' if turn else 'still'}: {spent:.2f} ms processor time "
            f"({1e3 / spent:.0f} frames/s), {passed:.2f} ms by the clock\n"
        )


if __name__ == "__main__":
    main()
