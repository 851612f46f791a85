"""Input that motion capture rarely shows: odd postures, hidden limbs, other rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.takes import TakeSet
from glagcn_training.evaluation.evaluate import Observation

_TRUNK = ("spine", "thorax", "left_shoulder", "right_shoulder", "left_hip", "right_hip")
_HEAD = ("neck", "head")
_ARMS = ("left_elbow", "left_wrist", "right_elbow", "right_wrist")
_THIGHS, _SHANKS = ("left_knee", "right_knee"), ("left_ankle", "right_ankle")
_ALL = (*_TRUNK, *_HEAD, *_ARMS, *_THIGHS, *_SHANKS)


def _bent(*parts: tuple[Sequence[str], float]) -> dict[str, float]:
    return {joint: degrees for joints, degrees in parts for joint in joints}


POSTURES: Mapping[str, Mapping[str, float]] = {
    "as captured": {},
    "upside down": _bent((_ALL, 180)),
    "lying on the front": _bent((_ALL, 90)),
    "lying on the back": _bent((_ALL, -90)),
    "on all fours": _bent((_TRUNK, 90), (_HEAD, 60), (_SHANKS, 90)),
    "sitting": _bent((_THIGHS, -90)),
}
"""Degrees by which bones, named by their outer joint, fall forward about the body's left-right
axis; the others keep their direction."""

LOWEST = 0.05  # metres from the floor to the lowest joint of a body that is put down
_AXIS_SMOOTHING = 0.2  # seconds

LEGS_BELOW_THE_HIPS = ("left_knee", "left_ankle", "right_knee", "right_ankle")
LEGS = ("hip", "spine", "left_hip", "right_hip", *LEGS_BELOW_THE_HIPS)
UPPER_BODY = ("thorax", *_HEAD, "left_shoulder", "right_shoulder", *_ARMS)

UNSURE = 0.1
"""Score of a point that a detector guesses out of the picture."""


def in_posture(takes: TakeSet, posture: str) -> TakeSet:
    """Return free motion with everybody in one of `POSTURES`, on the floor, moving as before."""
    degrees = POSTURES[posture]
    if not degrees:
        return takes
    return replace(
        takes,
        takes=tuple(
            replace(take, joints=bend(take.joints, degrees, takes.fps)) for take in takes.takes
        ),
    )


def bend(
    joints: NDArray[np.floating], degrees: Mapping[str, float], fps: int
) -> NDArray[np.float32]:
    """Turn bones forward about the body's own left-right axis and put the body on the floor.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, H36M-17, world frame (right-handed, z up).
    degrees
        By a bone's outer joint: 90 turns a bone from up to the body's front.
    fps
        Frames per second.

    Returns
    -------
    NDArray
        (frames, 17, 3): bones of unchanged length, the hip on its old path over the floor, the
        lowest joint `LOWEST` above it in every frame.
    """
    motion = joints.astype(np.float64)
    axis = _left(motion, fps)
    bent = motion.copy()
    for parent, child in H36M17.bone_indices:  # from the root outwards
        turn = np.radians(degrees.get(H36M17.joints[child], 0.0))
        bone = motion[:, child] - motion[:, parent]
        bent[:, child] = bent[:, parent] + Rotation.from_rotvec(turn * axis).apply(bone)
    bent[..., 2] += LOWEST - bent[..., 2].min(axis=1, keepdims=True)
    return bent.astype(np.float32)


def _left(motion: NDArray[np.float64], fps: int) -> NDArray[np.float64]:
    """Return level directions (frames, 3) to the body's left, smooth over time."""
    sides = [H36M17.indices((f"{s}_shoulder", f"{s}_hip")) for s in ("left", "right")]
    left = motion[:, sides[0]].mean(axis=1) - motion[:, sides[1]].mean(axis=1)
    left[:, 2] = 0
    left = gaussian_filter1d(left, _AXIS_SMOOTHING * fps, axis=0, mode="nearest")
    return left / np.linalg.norm(left, axis=1, keepdims=True).clip(1e-6)


def hide(seen: Observation, joints: Sequence[str], score: float) -> Keypoints2D:
    """Remove joints for the whole take, below an edge of the picture or behind something.

    A detector that sees no wrist still guesses a place for it. Here that is the nearest visible
    joint further in, or the thorax for lost hips.

    Parameters
    ----------
    seen
        Observation of H36M-17.
    joints
        Lost joints.
    score
        Score of those joints: `UNSURE` for a guess, 0 for a joint known to be missing.
    """
    keypoints = seen.keypoints.astype(np.float32)
    scores = np.ones(keypoints.shape[:2], np.float32)
    for joint in joints:
        visible = H36M17.index(joint)
        while visible >= 0 and H36M17.joints[visible] in joints:
            visible = H36M17.parents[visible]
        if visible < 0:
            visible = H36M17.index("thorax")
        keypoints[:, H36M17.index(joint)] = seen.keypoints[:, visible]
        scores[:, H36M17.index(joint)] = score
    valid = np.ones(len(keypoints), dtype=bool)
    return Keypoints2D(
        keypoints, scores, valid, Fraction(seen.fps), seen.image_size, joint_set=H36M17
    )


def at_rate(values: NDArray[np.floating], source: int, rate: Fraction | int) -> NDArray[np.float64]:
    """Resample a smooth motion (frames, ...) to a camera of another rate.

    The result ends within the take. Nothing is smoothed, as in a camera. The motion has at least
    four frames.
    """
    frames = int((len(values) - 1) * Fraction(rate) / source) + 1
    spline = make_interp_spline(np.arange(len(values)), values, k=3)
    return np.asarray(spline(np.arange(frames) * float(source / Fraction(rate))))


def about_first(pose: NDArray[np.floating], joints: Sequence[str]) -> NDArray[np.floating]:
    """Return some joints of H36M-17 (frames, 17, 3), relative to the first of them."""
    chosen = H36M17.indices(joints)
    return pose[:, chosen] - pose[:, chosen[:1]]
