"""A 2D stage without networks, and a lifter small enough to be made for a test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from glagcn_cli.keypoints import stage
from glagcn_cli.lifting.checkpoints import LifterCard, save_lifter
from glagcn_cli.lifting.normalisation import PERSON
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17, H36M17
from tests.helpers.clips import counting, encode, ffmpeg
from tests.helpers.moving_figure import walking

torch.set_num_threads(1)

WIDTH, HEIGHT = 96, 64
X264 = ("-c:v", "libx264", "-preset", "ultrafast")


def walker(frames: int) -> NDArray[np.float32]:
    """COCO keypoints (frames, 17, 2) of somebody who walks in place, 50 pixels tall."""
    joints = walking(frames, 25.0, heading=60.0).joints
    joints = joints - joints[:, :1] * [1, 0, 1]
    names = [name if name in H36M17.joints else "head" for name in COCO17.joints]
    points = joints[:, H36M17.indices(names), :2] * [30, -30] + [WIDTH / 3, HEIGHT - 5]
    return points.astype(np.float32)


class FakeDetector:
    """Sees the same walkers in every clip; a drop-in for the two networks.

    Parameters
    ----------
    people
        How many walk side by side.
    seen
        Numbers of the frames in which they are seen; all of them for None.
    before_batch
        Called with the number of frames seen so far before each batch is dealt with.
    """

    joint_set = COCO17
    frames_at_once = 8

    def __init__(
        self,
        people: int = 1,
        seen: Collection[int] | None = None,
        before_batch: Callable[[int], object] = lambda done: None,
    ) -> None:
        self.people, self.seen, self.before_batch = people, seen, before_batch
        self.done = 0
        self.paths = walker(500)

    def __call__(self, frames: Sequence[NDArray[np.uint8]]) -> list[FrameDetections]:
        self.before_batch(self.done)
        found = []
        for _ in frames:
            people = self.people if self.seen is None or self.done in self.seen else 0
            found.append(self._frame(self.done, people))
            self.done += 1
        return found

    def of_clip(self, _: FrameDetections | None = None) -> FakeDetector:
        return self

    def _frame(self, number: int, people: int) -> FrameDetections:
        points = [self.paths[number] * (1 - 0.2 * i) + [i * WIDTH / 2.2, 0] for i in range(people)]
        keypoints = np.array(points, np.float32).reshape(people, 17, 2)
        boxes = np.concatenate([keypoints.min(axis=1), keypoints.max(axis=1)], axis=1)
        scores = np.full((people, 17), 0.9, np.float32)
        return FrameDetections(boxes, np.full(people, 0.9, np.float32), keypoints, scores)


def random_lifter(path: Path, variant: str = "paper") -> Path:
    """Write a lifter with random weights."""
    torch.manual_seed(0)
    architecture = Architecture(variant, window=27, channels=8, global_blocks=1)
    save_lifter(path, build_lifter(architecture), LifterCard(architecture, PERSON))
    return path


def use_detector(monkeypatch: pytest.MonkeyPatch, detector: FakeDetector) -> FakeDetector:
    """Let runs use this in place of the networks."""
    monkeypatch.setattr(stage, "load_people_detector", lambda *_: detector)
    return detector


def clip(path: Path, frames: int = 12, fps: Fraction | int = 25, sound: bool = False) -> Path:
    """Write a small video."""
    if not sound:
        return encode(path, counting(frames, WIDTH, HEIGHT), fps, *X264)
    silent = encode(path.with_suffix(".silent.mp4"), counting(frames, WIDTH, HEIGHT), fps, *X264)
    tone = f"sine=frequency=440:duration={float(frames / fps)}"
    ffmpeg("-i", silent, "-f", "lavfi", "-i", tone, "-c:v", "copy", "-c:a", "aac", path)
    silent.unlink()
    return path


def cut_off(path: Path, share: float = 0.6) -> Path:
    """Keep the first part of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path
