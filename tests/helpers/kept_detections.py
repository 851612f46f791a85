"""Detections that were kept, made for a test."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from glagcn_cli.keypoints.clip import ClipDetections, nobody
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17, JointSet
from glagcn_cli.video.probing import VideoInfo
from glagcn_cli.video.source import Source

NTSC = Fraction(30000, 1001)
SIZE = (640, 480)


def detections(people: int, joint_set: JointSet = COCO17, seed: int = 0) -> FrameDetections:
    """People at random places of a picture."""
    draws = np.random.default_rng(seed)
    if people == 0:
        return nobody(joint_set)
    keypoints = draws.uniform(5, 400, (people, len(joint_set), 2)).astype(np.float32)
    boxes = np.concatenate([keypoints.min(axis=1), keypoints.max(axis=1)], axis=1)
    box_scores = draws.random(people, np.float32)
    scores = draws.uniform(0.1, 1, keypoints.shape[:2]).astype(np.float32)
    return FrameDetections(boxes=boxes, box_scores=box_scores, keypoints=keypoints, scores=scores)


def kept(counts: list[int], joint_set: JointSet = COCO17, fps: Fraction = NTSC) -> ClipDetections:
    """Detections of a clip with so many people in each of its frames."""
    frames = [detections(count, joint_set, seed) for seed, count in enumerate(counts)]
    return ClipDetections(frames, joint_set, fps, SIZE, source="in.mp4")


def assert_same(some: FrameDetections, other: FrameDetections) -> None:
    """Compare people, number by number."""
    for name in ("boxes", "box_scores", "keypoints", "scores"):
        np.testing.assert_array_equal(getattr(some, name), getattr(other, name), name)


def video(path: Path, frames: int | None, fps: Fraction = NTSC) -> VideoInfo:
    """Facts of a video that is not there."""
    return VideoInfo(
        source=Source.of(path), width=SIZE[0], height=SIZE[1], fps=fps, frames=frames,
        duration=None,
        rotation=0, has_audio=False, codec="h264", variable_rate=False, tagged_colours=True,
    )  # fmt: skip
