"""Points of somebody who stands before the camera, of any 2D joint set."""

from __future__ import annotations

import numpy as np

from glagcn_cli.skeleton import COCO25, JointSet

_HALF = {
    "shoulder": (0.12, 0.2), "elbow": (0.17, 0.35), "wrist": (0.2, 0.48), "hip": (0.08, 0.5),
    "knee": (0.08, 0.72), "ankle": (0.08, 0.94), "heel": (0.08, 0.98), "big_toe": (0.11, 1.0),
    "index_knuckle": (0.2, 0.53), "little_knuckle": (0.22, 0.53),
}  # fmt: skip


def standing(size: float = 600.0, joint_set: JointSet = COCO25) -> np.ndarray:
    """Points (joints, 2) pixels of somebody of this height, the head at 400, 150."""
    points = []
    for joint in joint_set.joints:
        side, _, part = joint.partition("_")
        sign = {"left": 1, "right": -1}.get(side, 0)
        x, y = _HALF.get(part, (0.02, 0.05))
        points.append((400 + sign * x * size, 150 + y * size))
    return np.array(points)
