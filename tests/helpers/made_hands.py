"""Hands that are put together with known bends, and people who have them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glagcn_cli.biomechanics.fingers import FINGERS
from glagcn_cli.poses import HANDS_SHAPE, Keypoints2D, PoseSequence
from glagcn_cli.skeleton import COCO25

_KNUCKLES = {"index": (0.03, -0.09), "middle": (0.01, -0.095), "ring": (-0.01, -0.09),
             "little": (-0.03, -0.08)}  # fmt: skip
_BONES = (0.04, 0.025, 0.02)

FIST = dict.fromkeys(FINGERS[1:], (80.0, 95.0, 60.0))
POINT = {finger: bend for finger, bend in FIST.items() if finger != "index"}


def hand(bends: dict[str, tuple[float, float, float]], right: bool = True) -> np.ndarray:
    """Points (21, 3) of a hand whose palm faces the camera: x right, y down, z away."""
    points = np.zeros((21, 3))
    points[1:5, 0] = np.linspace(0.02, 0.07, 4)
    points[1:5, 1] = np.linspace(-0.02, -0.07, 4)
    for number, finger in enumerate(FINGERS[1:], start=1):
        place = np.array([*_KNUCKLES[finger], 0.0])
        along = place / np.linalg.norm(place)
        angle = 0.0
        points[1 + 4 * number] = place
        for bone, (length, bend) in enumerate(
            zip(_BONES, bends.get(finger, (0, 0, 0)), strict=True)
        ):
            angle += np.radians(bend)
            place = place + length * (np.cos(angle) * along + np.sin(angle) * np.array([0, 0, -1]))
            points[2 + 4 * number + bone] = place
    return points if right else points * [-1, 1, 1]


def with_hands(
    person: PoseSequence, left: np.ndarray | None, right: np.ndarray | None
) -> PoseSequence:
    """Give a person hands that are seen in all frames: (21, 3), or (frames, 21, 3), None unseen."""
    frames = len(person)
    hands = np.zeros((frames, *HANDS_SHAPE), np.float32)
    for side, points in enumerate((left, right)):
        if points is not None:
            hands[:, side, :, 2:5], hands[:, side, :, 5] = points, 0.95
    seen = Keypoints2D(
        np.zeros((frames, len(COCO25), 2), np.float32), np.zeros((frames, len(COCO25)), np.float32),
        person.valid, person.fps, (640, 480), COCO25, person.person, hands,
    )  # fmt: skip
    return replace(person, detected=seen)
