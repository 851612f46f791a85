"""Flexion and abduction of hips, knees, shoulders and elbows, with the conventions of biomechanics.

The first two angles of the joint coordinate system of Grood & Suntay (1983, J Biomech Eng 105:136)
need the axes of the upper body segment and the long axis of the lower one, which 17 joints give.
The third, axial rotation, needs a third point on the limb and is not computed. Axes and signs are
those of the International Society of Biomechanics (hip: Wu et al. 2002, J Biomech 35:543; shoulder,
elbow: Wu et al. 2005, J Biomech 38:981), with joint centres in place of bony landmarks;
docs/joint_angles.md has the consequences.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..poses import PoseSequence
from ..skeleton import JointSet

Vectors = NDArray[np.float64]

SIDES = ("left", "right")

ANGLES = (
    "hip_flexion", "hip_abduction", "knee_flexion",
    "shoulder_flexion", "shoulder_abduction", "shoulder_elevation", "elbow_flexion",
)  # fmt: skip
"""Angles of each side."""

NAMES: tuple[str, ...] = tuple(f"{side}_{angle}" for side in SIDES for angle in ANGLES)

RANGES: dict[str, tuple[float, float]] = {
    "hip_flexion": (-60.0, 150.0),
    "hip_abduction": (-60.0, 90.0),
    "knee_flexion": (0.0, 165.0),
    "shoulder_flexion": (-90.0, 210.0),
    "shoulder_abduction": (-75.0, 90.0),
    "shoulder_elevation": (0.0, 180.0),
    "elbow_flexion": (0.0, 165.0),
}
"""Degrees within which an angle is possible; beyond it the pose is wrong and the angle missing.

The ranges are those of people (AAOS 1965: hip -30 to 120, shoulder -60 to 180, elbow to 150;
kneeling knees 150), with 30 degrees more for the axes of the trunk, which its bending turns, and 15
for the errors of a knee or an elbow. No flexion's range is a whole turn, so none wraps around."""

FASTEST = 1500.0
"""Degrees a second of the fastest kicks and strokes. A faster change is an error of the pose."""

STEPS = (40.0, 90.0)
"""Degrees between two frames: limits of `FASTEST` at any rate. Less is noise at high rates; after a
larger change the limb's direction is ambiguous."""

LEAST_LEVER = float(np.sin(np.radians(20.0)))
"""Sine of 20 degrees: a limb nearer to its flexion axis has no flexion, such as an arm held
straight out to the side."""

_OF_THIGH = ("flexion", "abduction")

_SHORTEST = 1e-6  # metres: a bone shorter than that has no direction

_NEEDED = (
    "hip", "spine", "thorax",
    *(f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle")),
    *(f"{side}_{joint}" for side in SIDES for joint in ("shoulder", "elbow", "wrist")),
)  # fmt: skip


@dataclass(frozen=True)
class JointAngles:
    """Angles of one person over a whole clip.

    Parameters
    ----------
    names
        Names of the columns: `NAMES`, a side and one of `ANGLES`.
    degrees
        (frames, angles), within `RANGES`; NaN without a pose, where a joint was never seen, where
        the angle is undefined, and where it is impossible.
    fps
        Frames per second, exact.
    """

    names: tuple[str, ...]
    degrees: NDArray[np.float64]
    fps: Fraction

    def __post_init__(self) -> None:
        if self.degrees.ndim != 2 or self.degrees.shape[1] != len(self.names):
            raise ValueError(f"{self.degrees.shape} degrees for {len(self.names)} angles")

    def __len__(self) -> int:
        return len(self.degrees)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return the degrees (frames,) of the angle with this name."""
        return self.degrees[:, self.names.index(name)]


def joint_angles(sequence: PoseSequence) -> JointAngles:
    """Compute the angles of both sides of the body, in degrees.

    ====================  ==========================================================================
    `hip_flexion`         first angle of Grood & Suntay: of the thigh about the pelvis's side axis,
                          0 where it points down the pelvis, positive forwards, negative behind
    `hip_abduction`       their second: of the thigh out of the pelvis's sagittal plane, positive
                          away from the other leg
    `knee_flexion`        between thigh and shank, 0 straight, positive bent; never negative, since
                          overextension needs the knee's own axis
    `shoulder_flexion`    as the hip's, of the upper arm about the thorax's side axis: in the
                          thorax's sagittal plane, 0 hanging down, positive forwards
    `shoulder_abduction`  of the upper arm out of that plane, positive outwards, at most 90
    `shoulder_elevation`  the second angle of Wu et al. 2005 (their beta, made positive): between
                          upper arm and the thorax's downward axis, in any plane, 0 to 180
    `elbow_flexion`       between upper arm and forearm, 0 straight, positive bent
    ====================  ==========================================================================

    A flexion of hip or shoulder is undefined, and NaN, where the limb lies within 20 degrees of its
    flexion axis. Every angle is NaN beyond its range (`RANGES`; a hip's abduction together with its
    flexion), and in both frames of a change faster than people move (`FASTEST`).

    Parameters
    ----------
    sequence
        Any frame of reference, since angles are between parts of the body.

    Raises
    ------
    UsageError
        The joint set lacks a needed joint.
    """
    missing = [joint for joint in _NEEDED if joint not in sequence.joint_set.joints]
    if missing:
        raise UsageError(
            f"joint angles need {', '.join(missing)}, which {sequence.joint_set.name} does not have"
        )
    joints = sequence.joints_or_nan().astype(np.float64)
    pelvis = pelvis_axes(joints, sequence.joint_set)
    thorax = thorax_axes(joints, sequence.joint_set)
    columns: dict[str, NDArray[np.float64]] = {}
    for side in SIDES:
        thigh, shank = _limb(joints, sequence.joint_set, side, ("hip", "knee", "ankle"))
        arm, forearm = _limb(joints, sequence.joint_set, side, ("shoulder", "elbow", "wrist"))
        columns[f"{side}_hip_flexion"] = _flexion(thigh, pelvis)
        columns[f"{side}_hip_abduction"] = _abduction(thigh, pelvis, side)
        columns[f"{side}_knee_flexion"] = _between(thigh, shank)
        columns[f"{side}_shoulder_flexion"] = _flexion(arm, thorax)
        columns[f"{side}_shoulder_abduction"] = _abduction(arm, thorax, side)
        columns[f"{side}_shoulder_elevation"] = _between(arm, -thorax[:, 1])
        columns[f"{side}_elbow_flexion"] = _between(arm, forearm)
    degrees = np.degrees(np.stack([columns[name] for name in NAMES], axis=1))
    degrees[~sequence.valid] = np.nan
    return JointAngles(NAMES, _possible(degrees, float(sequence.fps)), sequence.fps)


def pelvis_axes(joints: NDArray[np.floating], joint_set: JointSet) -> Vectors:
    """Return pelvis axes (frames, 3, 3), rows x forward, y up, z to the body's right.

    z runs from hip joint to hip joint (Wu et al. 2002: parallel to the line between the anterior
    superior iliac spines), y is the direction from between them to the spine's middle made
    perpendicular to z, x = y cross z. NaN where two of the points coincide.
    """
    z = _unit(_bone(joints, joint_set, "left_hip", "right_hip"))
    x = _unit(np.cross(_bone(joints, joint_set, "hip", "spine"), z))
    return np.stack([x, np.cross(z, x), z], axis=1)


def thorax_axes(joints: NDArray[np.floating], joint_set: JointSet) -> Vectors:
    """Return thorax axes (frames, 3, 3), rows x forward, y up, z to the body's right.

    y runs from the spine's middle to between the shoulders (Wu et al. 2005: from between xiphoid
    and T8 to between the jugular notch and C7), z is the line of the shoulders made perpendicular
    to y, x = y cross z. NaN where two of the points coincide.
    """
    y = _unit(_bone(joints, joint_set, "spine", "thorax"))
    x = _unit(np.cross(y, _bone(joints, joint_set, "left_shoulder", "right_shoulder")))
    return np.stack([x, y, np.cross(x, y)], axis=1)


def _limb(
    joints: Vectors, joint_set: JointSet, side: str, names: tuple[str, str, str]
) -> tuple[Vectors, Vectors]:
    """Return directions (frames, 3) of both bones of a limb, away from the trunk."""
    start, bend, end = (f"{side}_{name}" for name in names)
    upper, lower = _bone(joints, joint_set, start, bend), _bone(joints, joint_set, bend, end)
    return _unit(upper), _unit(lower)


def _bone(joints: NDArray[np.floating], joint_set: JointSet, start: str, end: str) -> Vectors:
    difference = joints[:, joint_set.index(end)] - joints[:, joint_set.index(start)]
    return np.asarray(difference, np.float64)


def _unit(vectors: Vectors) -> Vectors:
    """Return directions of (frames, 3) vectors, NaN for zero length."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(norms > _SHORTEST, norms, np.nan)


def _flexion(limb: Vectors, axes: Vectors) -> NDArray[np.float64]:
    """Compute the limb's angle about z, from -y towards x: (frames,) radians in -pi..pi, or NaN."""
    forward, up, _ = _components(limb, axes)
    defined = np.hypot(forward, up) > LEAST_LEVER
    return np.where(defined, np.arctan2(forward, -up), np.nan)


def _abduction(limb: Vectors, axes: Vectors, side: str) -> NDArray[np.float64]:
    """Compute the limb's angle out of the x-y plane, outwards positive: (frames,) radians."""
    sideways = _components(limb, axes)[2]
    return np.arcsin(np.clip(sideways if side == "right" else -sideways, -1, 1))


def _components(limb: Vectors, axes: Vectors) -> Vectors:
    """Return forward, up and rightward parts of directions: (3, frames)."""
    return np.einsum("fak,fk->af", axes, limb)


def _between(one: Vectors, other: Vectors) -> NDArray[np.float64]:
    """Compute the angle between directions: (frames,) radians, exact for nearly parallel ones."""
    across = np.linalg.norm(np.cross(one, other), axis=-1)
    return np.arctan2(across, np.sum(one * other, axis=-1))


def _possible(degrees: NDArray[np.float64], fps: float) -> NDArray[np.float64]:
    """Shift angles (frames, angles) by whole turns into their ranges; NaN where that fails."""
    ranges = np.array([RANGES[name.split("_", 1)[1]] for name in NAMES])
    middle = ranges.mean(axis=1)
    turned = middle + (degrees - middle + 180.0) % 360.0 - 180.0
    slack = 1e-6  # rounding of 180
    beyond = (turned < ranges[:, 0] - slack) | (turned > ranges[:, 1] + slack)
    for side in SIDES:
        flexion, abduction = (NAMES.index(f"{side}_hip_{angle}") for angle in _OF_THIGH)
        beyond[:, abduction] |= beyond[:, flexion]
    turned[beyond] = np.nan
    jumps = np.abs(np.diff(turned, axis=0)) > np.clip(FASTEST / fps, *STEPS)
    turned[:-1][jumps] = turned[1:][jumps] = np.nan
    return turned
