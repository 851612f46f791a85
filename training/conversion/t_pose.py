"""Recognises a T-pose that was put before or after a captured motion, at once or blended in.

Converters and animation programs put a T-pose into the first frame, or blend it into the motion
over a few frames. Nobody moves so: all limbs set off in the same frame, turn in step with one
another, faster than muscles can, and are back in the motion as abruptly. People who really stand
in a T-pose are still in it a moment later, and take longer to lower their arms.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.skeleton import H36M17

_LONGEST = 0.35  # seconds of a blend
_FEWEST = 12  # frames in which a blend is looked for, however few frames a second there are
_LEVEL = np.cos(np.radians(25))  # of a limb in a T-pose, which is never exact
_STRAIGHT = np.cos(np.radians(25))  # of elbows and knees; DAZ figures bend their elbows by 17
_SMALLEST_WAY = 0.03  # of the height, that some joint must move in the blend
_STILL = 1e-4  # of the height in a frame: people sway more, a held T-pose does not
_ACCELERATION = 40.0  # heights/s^2, from rest to rest: 0.9 m in 0.22 s by a person of 1.8 m
_CALMER = 1.2  # the blend's mean speed over that of the motion after it
_LAST_STEP = 1.5  # the blend's last step over those of the motion after it, where one is so clear
_IN_STEP = 0.15  # of the widest turn, that a limb may be ahead of the others

_BONES = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
_LIMBS = tuple(
    (f"{side}_{start}", f"{side}_{end}") for side in ("left", "right") for start, end in _BONES
)
_STARTS, _ENDS = (H36M17.indices([limb[i] for limb in _LIMBS]) for i in (0, 1))


def without_t_pose(
    joints: NDArray[np.float64], fps: Fraction, height: float
) -> tuple[NDArray[np.float64], int, int]:
    """Cut a T-pose, with the frames that blend it in, off both ends.

    Parameters
    ----------
    joints
        (frames, 17, 3), z up.
    fps
        Frames per second.
    height
        Standing height of the figure, in the unit of the joints.

    Returns
    -------
    joints, before, after
        What is left, and the number of frames cut off at the start and at the end.
    """
    before = _frames_of_t_pose(joints, fps, height)
    rest = joints[before:]
    after = _frames_of_t_pose(rest[::-1], fps, height)
    return rest[: len(rest) - after], before, after


def _frames_of_t_pose(joints: NDArray[np.floating], fps: Fraction, height: float) -> int:
    """Count the frames at the start that hold a T-pose or leave it as no person does."""
    if len(joints) < 3 or not _is_t_pose(joints[0]):
        return 0
    inside = (joints - joints[:, :1]) / height
    held = 0
    while held + 2 < len(joints) and np.abs(inside[held + 1] - inside[0]).max() < _STILL:
        held += 1
    longest = min(max(_FEWEST, int(_LONGEST * fps)), len(joints) - held - 2)
    blend = _frames_of_blend(inside[held:], float(fps), longest)
    return held + blend if blend else 0


def _is_t_pose(pose: NDArray[np.floating]) -> bool:
    """Tell whether limbs are straight, legs upright, and arms level and opposite (17, 3)."""
    bones = pose[_ENDS] - pose[_STARTS]
    bones = bones / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), 1e-9)
    upper, lower = bones[0::2], bones[1::2]  # left arm, left leg, right arm, right leg
    straight = (np.sum(upper * lower, axis=-1) >= _STRAIGHT).all()
    legs = (bones[[2, 3, 6, 7], 2] <= -_LEVEL).all()
    arms = (np.abs(bones[[0, 1, 4, 5], 2]) <= np.sqrt(1 - _LEVEL**2)).all()
    return bool(straight and legs and arms and upper[0] @ upper[2] <= -_LEVEL)


def _frames_of_blend(inside: NDArray[np.float64], fps: float, longest: int) -> int:
    """Count the frames before the one at which a blend from frame 0 has ended; 0 for no blend.

    ``inside`` (frames, 17, 3) is relative to the hip, in heights.
    """
    steps = np.linalg.norm(np.diff(inside[: 2 * longest + 12], axis=0), axis=-1).max(axis=-1)
    likely = 0
    for frames in range(longest, 0, -1):
        way = float(np.linalg.norm(inside[frames] - inside[0], axis=-1).max())
        after = steps[frames : frames + max(longest, 11)]
        calm = float(after.max()) if len(after) else 0.0
        if (
            way > _SMALLEST_WAY
            and 4 * way * (fps / frames) ** 2 > _ACCELERATION
            and way / frames > _CALMER * calm
            and steps[frames - 1] > calm
            and _in_step(inside[: frames + 1])
        ):
            if steps[frames - 1] > _LAST_STEP * calm:
                return frames
            likely = likely or frames
    return likely


def _in_step(inside: NDArray[np.float64]) -> bool:
    """Tell whether all limbs turn by the same share of their way at the same time."""
    bones = inside[:, _ENDS] - inside[:, _STARTS]
    bones = bones / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), 1e-9)
    turned = np.arccos(np.clip(np.sum(bones * bones[0], axis=-1), -1, 1))
    share = turned.sum(axis=1, keepdims=True) / max(turned[-1].sum(), 1e-9)
    off = np.abs(turned - share * turned[-1]).max()
    return bool(off < _IN_STEP * turned[-1].max())
