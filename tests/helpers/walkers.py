"""A figure that stands or walks along a path, in the scene frame and as a detector sees it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.poses import Keypoints2D, PoseSequence
from glagcn_cli.skeleton import COCO17, H36M17

FPS = Fraction(30)

# Faces +z, towards the camera, so that its left is at +x; metres, y up.
_STANDING = {
    "hip": (0, 0.92, 0), "spine": (0, 1.14, 0), "thorax": (0, 1.38, 0), "neck": (0, 1.51, 0.02),
    "head": (0, 1.62, 0.04),
} | {
    f"{side}_{joint}": (sign * x, y, z)
    for side, sign in (("left", 1), ("right", -1))
    for joint, (x, y, z) in {
        "hip": (0.1, 0.92, 0), "knee": (0.12, 0.5, 0.02), "ankle": (0.13, 0.08, 0),
        "shoulder": (0.18, 1.38, 0), "elbow": (0.27, 1.12, -0.02), "wrist": (0.34, 0.88, 0.06),
    }.items()
}  # fmt: skip

_FACE = {
    "nose": (0, 1.58), "left_eye": (0.03, 1.62), "right_eye": (-0.03, 1.62),
    "left_ear": (0.08, 1.6), "right_ear": (-0.08, 1.6),
}  # fmt: skip


def standing() -> NDArray[np.float32]:
    """Joints of somebody who stands still, (17, 3) metres."""
    return np.array([_STANDING[joint] for joint in H36M17.joints], np.float32)


def walk(path: NDArray) -> NDArray[np.float32]:
    """Joints of a walk along (frames, 3) metres on the floor, (frames, 17, 3)."""
    joints = standing() + np.asarray(path, np.float32)[:, None]
    swing = 0.3 * np.sin(2 * np.pi * np.arange(len(joints)) / 30)
    for joint, share in (("ankle", 1.0), ("knee", 0.5), ("wrist", -0.8), ("elbow", -0.3)):
        joints[:, H36M17.index(f"left_{joint}"), 2] += share * swing
        joints[:, H36M17.index(f"right_{joint}"), 2] -= share * swing
    return joints.astype(np.float32)


def poses(joints: NDArray, person: int = 1, valid: NDArray[np.bool_] | None = None) -> PoseSequence:
    """Joints as the poses of a clip."""
    frames = len(joints)
    return PoseSequence(
        joints=joints.astype(np.float32),
        scores=np.ones((frames, 17), np.float32),
        valid=np.ones(frames, bool) if valid is None else valid,
        fps=FPS,
        keypoints=np.zeros((frames, 17, 2), np.float32),
        person=person,
    )


def points_2d(
    frames: int, size: tuple[int, int], valid: NDArray[np.bool_] | None = None
) -> Keypoints2D:
    """Keypoints of somebody who stands in the middle of the picture and faces the camera."""
    places = {joint: xyz[:2] for joint, xyz in _STANDING.items()} | _FACE
    figure = np.array([places[joint] for joint in COCO17.joints])
    scale = 0.5 * size[1]  # pixels a metre
    keypoints = (figure - [0, 0.85]) * [scale, -scale] + np.array(size) / 2
    return Keypoints2D(
        keypoints=np.repeat(keypoints[None], frames, axis=0).astype(np.float32),
        scores=np.full((frames, len(COCO17)), 0.9, np.float32),
        valid=np.ones(frames, bool) if valid is None else valid,
        fps=FPS,
        image_size=size,
        joint_set=COCO17,
    )
