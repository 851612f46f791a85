"""Skeleton fit: from joint positions to a rig with constant bone lengths and joint rotations.

The trunk's orientation comes from three points (the hips; the shoulders), that of every other bone
from its direction. Turning about a bone's own axis cannot be seen in a direction: for upper arms
and thighs it comes from the hinge of elbow or knee, for all others it is that of the parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.spatial.transform import Rotation

from .bones import bone_lengths
from .errors import NobodyFoundError
from .rig import FRONT, LEFT, NAMES, PARENTS, UP, Rig, RigMotion, rest_direction
from .rotations import continuous_quaternions, slerp_gaps, swing
from .skeleton import H36M17

Vectors = NDArray[np.float64]

# Below these flexions the plane of a limb is noise: 5 mm of error in a joint turn a limb bent by 15
# degrees about itself by 6. A limb that seems bent against its joint is believed only when it is
# bent much (legs crossed, arm behind the back), otherwise it is a straight limb with an error.
_TRUSTED_FLEXION = np.radians(15.0)
_TRUSTED_FLEXION_REVERSED = np.radians(40.0)

_PLANE_NOISY, _PLANE_CLEAR = 0.35, 0.7  # sines of the flexion: smoothed below, as it is above

_CARRY_SECONDS = 0.03  # time over which the twist of a limb bent by 90 degrees is smoothed
_NEARLY_PARALLEL = 0.05  # sine of the angle below which two directions span no plane


@dataclass(frozen=True)
class _Limb:
    """Two bones with a hinge between them.

    `hinge` is the axis, at rest, about which the joint bends by a positive angle. `middle` is a
    direction of the upper bone whose opposite no body reaches: carrying the rest frame along by way
    of it keeps the twist free of the jump that a shortest rotation has at 180 degrees.
    """

    upper: str
    lower: str
    parent: str
    joints: tuple[str, str, str]
    hinge: Vectors
    middle: Vectors


def _limbs(side: str) -> tuple[_Limb, _Limb]:
    low = side.lower()
    outwards = rest_direction(f"{low}_elbow")
    arm = _Limb(
        f"{side}Arm",
        f"{side}ForeArm",
        f"{side}Shoulder",
        (f"{low}_shoulder", f"{low}_elbow", f"{low}_wrist"),
        hinge=np.cross(outwards, FRONT),
        middle=outwards - UP + 0.5 * FRONT,
    )
    leg = _Limb(
        f"{side}UpLeg",
        f"{side}Leg",
        "Hips",
        (f"{low}_hip", f"{low}_knee", f"{low}_ankle"),
        hinge=LEFT,
        middle=-UP + 0.6 * FRONT,
    )
    return arm, leg


_LIMBS = (*_limbs("Left"), *_limbs("Right"))


def fit_rig(joints: NDArray[np.floating], valid: NDArray[np.bool_], fps: Fraction) -> RigMotion:
    """Fit a rig with constant bone lengths to joint positions.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, H36M-17 joints, scene frame (y up).
    valid
        (frames,) bool: frames that hold a pose. In the others rotations are interpolated on the
        sphere and the root on a line; before the first and after the last one the pose is held.
    fps
        Frames per second.

    Returns
    -------
    RigMotion
        One pose for every frame.

    Raises
    ------
    NobodyFoundError
        When no frame is valid.
    """
    if joints.shape != (len(valid), len(H36M17), 3):
        raise ValueError(f"joints have shape {joints.shape}, expected ({len(valid)}, 17, 3)")
    if not valid.any():
        raise NobodyFoundError("no frame holds a pose, so there is no motion to fit a rig to")
    seen = joints[valid].astype(np.float64)
    frames = np.flatnonzero(valid)
    turns = _orientations(seen, frames / float(fps))
    local = np.stack([turns[name].as_quat() for name in NAMES], axis=1)
    for i, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, i] = (turns[NAMES[parent]].inv() * turns[NAMES[i]]).as_quat()
    root = seen[:, H36M17.index("hip")]
    rig = Rig(bone_lengths(seen))
    return RigMotion(
        rig,
        _interpolate(root, frames, len(valid)),
        continuous_quaternions(slerp_gaps(local, frames, len(valid))),
        valid.copy(),
    )


def _orientations(joints: Vectors, seconds: Vectors) -> dict[str, Rotation]:
    """Orientation in the scene of every rig joint, for frames that all hold a pose."""

    def bone(start: str, end: str) -> Vectors:
        difference = joints[:, H36M17.index(end)] - joints[:, H36M17.index(start)]
        return _unit(difference, rest_direction(end))

    hips, shoulders = bone("right_hip", "left_hip"), bone("right_shoulder", "left_shoulder")
    low, high = bone("hip", "spine"), bone("spine", "thorax")
    turns = {
        "Hips": _frame(hips, low, LEFT, UP),
        # Half of the twist between hips and shoulders happens below the middle of the spine.
        "Spine": _frame(low, hips + shoulders, UP, LEFT),
        "Spine1": _frame(high, shoulders, UP, LEFT),
    }
    swung = [("Neck", "Spine1", "thorax", "neck"), ("Head", "Neck", "neck", "head")]
    for side in ("Left", "Right"):
        swung.append((f"{side}Shoulder", "Spine1", "thorax", f"{side.lower()}_shoulder"))
    for name, parent, start, end in swung:
        carried = turns[parent].apply(rest_direction(end))
        turns[name] = swing(carried, bone(start, end)) * turns[parent]
    for limb in _LIMBS:
        start, bend, end = limb.joints
        turns[limb.upper], turns[limb.lower] = _hinged(
            limb, turns[limb.parent], bone(start, bend), bone(bend, end), seconds
        )
    for side in ("Left", "Right"):  # no joint tells how hands and feet are turned
        turns[f"{side}Hand"] = turns[f"{side}ForeArm"]
        turns[f"{side}Foot"] = turns[f"{side}Leg"]
    return turns


def _hinged(
    limb: _Limb, parent: Rotation, upper: Vectors, lower: Vectors, seconds: Vectors
) -> tuple[Rotation, Rotation]:
    """Orientations of both bones of a limb from their directions (frames, 3) in the scene."""
    rest = rest_direction(limb.joints[1])
    middle = limb.middle / np.linalg.norm(limb.middle)
    reference = parent * swing(middle, parent.inv().apply(upper)) * swing(rest, middle)
    normal = reference.inv().apply(np.cross(upper, lower))
    twist = np.arctan2(normal @ np.cross(rest, limb.hinge), normal @ limb.hinge)
    sine, cosine = np.linalg.norm(normal, axis=-1), np.sum(upper * lower, axis=-1)
    reversed_ = np.abs(twist) > np.pi / 2
    least = np.where(reversed_, _TRUSTED_FLEXION_REVERSED, _TRUSTED_FLEXION)
    weights = np.where(np.arctan2(sine, cosine) > least, sine**2, 0.0)
    steady = _steady_angle(twist, weights, seconds)
    # A limb that is clearly bent takes its own plane: then elbow and knee are pure hinges, and
    # their Euler angles have nothing to jump with when the hinge's passes 90 degrees.
    bent = np.clip((sine - _PLANE_NOISY) / (_PLANE_CLEAR - _PLANE_NOISY), 0.0, 1.0)
    own = bent**2 * (3 - 2 * bent) * (weights > 0)
    steady += own * np.angle(np.exp(1j * (twist - steady)))
    turned = reference * Rotation.from_rotvec(steady[:, None] * rest)
    return turned, swing(upper, lower) * turned


def _steady_angle(angles: Vectors, weights: Vectors, seconds: Vectors) -> Vectors:
    """Smooth an angle (frames,) that is known as well as its weight says; zero when never known.

    Minimises the weighted squared distance to the angles plus the squared steps over time
    (Whittaker's smoother): a straight limb takes its twist from the frames in which it bends.
    """
    known = weights > 0
    if not known.any():
        return np.zeros_like(angles)
    target = np.zeros_like(angles)
    target[known] = np.unwrap(angles[known])
    if len(angles) == 1:
        return target
    rate = 1.0 / np.median(np.diff(seconds))
    stiffness = _CARRY_SECONDS**2 * rate / np.diff(seconds)
    bands = np.zeros((2, len(angles)))
    bands[0] = weights
    bands[0, :-1] += stiffness
    bands[0, 1:] += stiffness
    bands[1, :-1] = -stiffness
    return solveh_banded(bands, weights * target, lower=True)


def _carried(vectors: Vectors, good: NDArray[np.bool_], otherwise: Vectors) -> Vectors:
    """Replace bad rows by the good row before them (the leading ones by the first good row)."""
    if good.all():
        return vectors
    if not good.any():
        return np.tile(otherwise, (len(vectors), 1))
    last = np.maximum.accumulate(np.where(good, np.arange(len(good)), -1))
    return vectors[np.where(last < 0, np.argmax(good), last)]


def _unit(vectors: Vectors, otherwise: Vectors) -> Vectors:
    """Directions of (frames, 3) vectors; where there is none, that of the frame before."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    good = norms[:, 0] > 1e-6
    return _carried(vectors / np.where(norms > 1e-6, norms, 1.0), good, otherwise)


def _frame(primary: Vectors, secondary: Vectors, first: Vectors, second: Vectors) -> Rotation:
    """Rotations that take axis ``first`` to ``primary`` and ``second`` towards ``secondary``."""
    across = np.cross(primary, secondary)
    norms = np.linalg.norm(across, axis=-1)
    spread = norms > _NEARLY_PARALLEL
    third = _carried(across, spread, np.cross(first, second))
    third = _unit(third - np.sum(third * primary, axis=-1, keepdims=True) * primary, second)
    scene = np.stack([primary, np.cross(third, primary), third], axis=-1)
    rest = np.stack([first, second, np.cross(first, second)], axis=-1)
    return Rotation.from_matrix(scene @ rest.T)


def _interpolate(values: Vectors, frames: NDArray[np.intp], count: int) -> Vectors:
    """Values (known frames, 3) on all frames, on lines between known ones and held at the ends."""
    everywhere = np.arange(count)
    return np.stack([np.interp(everywhere, frames, column) for column in values.T], axis=-1)
