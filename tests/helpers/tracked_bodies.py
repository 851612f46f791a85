"""Bodies that move over a picture, for tests of tracking."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from glagcn_cli.poses import FrameDetections, Keypoints2D
from glagcn_cli.skeleton import COCO17
from glagcn_cli.tracking.tracks import track_people

FPS = Fraction(30)
SIZE = (1280, 720)

# A standing body in units of its height, COCO order, from the middle of the hips.
BODY = np.array([
    (0, -0.39), (0.025, -0.415), (-0.025, -0.415), (0.06, -0.395), (-0.06, -0.395),
    (0.1, -0.27), (-0.1, -0.27), (0.17, -0.12), (-0.2, -0.16), (0.2, 0.02), (-0.3, -0.24),
    (0.055, 0), (-0.055, 0), (0.08, 0.23), (-0.07, 0.23), (0.1, 0.46), (-0.08, 0.46),
])  # fmt: skip

Sighting = tuple[np.ndarray, float]


def body(x: float, y: float = 360.0, height: float = 300.0, score: float = 0.8) -> Sighting:
    """Keypoints and score of a person whose hips are at a place."""
    return BODY * height + (x, y), score


def frame(*people: Sighting) -> FrameDetections:
    points = np.array([p for p, _ in people], np.float32).reshape(-1, 17, 2)
    scores = np.array([s for _, s in people], np.float32)
    boxes = np.concatenate([points.min(axis=1) - 8, points.max(axis=1) + 8], axis=1)
    return FrameDetections(boxes, scores, points, np.repeat(scores[:, None], 17, axis=1))


NOBODY = frame()


def tracks(frames: list[FrameDetections], fps: Fraction = FPS) -> list[Keypoints2D]:
    return track_people(frames, fps, SIZE, COCO17)


def hips(person: Keypoints2D) -> np.ndarray:
    """Middle of the hips in valid frames, x only."""
    return person.keypoints[person.valid][:, [11, 12], 0].mean(axis=1)
