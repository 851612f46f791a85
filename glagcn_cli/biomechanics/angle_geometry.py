"""Angles between the bones of a body, frame by frame, whether or not a body can have them.

Sources and signs are in the docstring of `joint_angles.joint_angles`.
"""

from __future__ import annotations

import numpy as np

from ..skeleton import JointSet
from .angle_names import FEET, HANDS, SIDES, joint_of, names_of
from .body_axes import (
    Floats,
    Vectors,
    across,
    between,
    bone,
    components,
    pelvis_axes,
    thorax_axes,
    unit,
)

LEAST_LEVER = float(np.sin(np.radians(20.0)))
"""Sine of 20 degrees: a limb nearer to its flexion axis has no flexion, such as an arm held
straight out to the side."""

LEAST_BEND = np.radians(30.0)
"""Bend of a knee or an elbow from which the next bone tells how the limb is turned about itself."""


MIDDLE = 0.615
"""Share of the index knuckle, the other being the little finger's, in the direction of a hand."""


def angles_of_joints(joints: Vectors, joint_set: JointSet, directions: Floats | None) -> Floats:
    """Compute the angles of joints.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres; NaN for none.
    joint_set
        Joint set of the joints.
    directions
        As `path_directions` returns them; None where y does not point up.

    Returns
    -------
    NDArray
        (frames, angles) degrees of `names_of(joint_set)`, within a half turn of 0.
    """
    pelvis, thorax = pelvis_axes(joints, joint_set), thorax_axes(joints, joint_set)
    columns = _trunk(joints, joint_set, pelvis, thorax, directions)
    for side in SIDES:
        thigh, shank = _limb(joints, joint_set, side, ("hip", "knee", "ankle"))
        arm, forearm = _limb(joints, joint_set, side, ("shoulder", "elbow", "wrist"))
        columns[f"{side}_hip_flexion"] = _flexion(thigh, pelvis)
        columns[f"{side}_hip_abduction"] = _abduction(thigh, pelvis, side)
        columns[f"{side}_hip_rotation"] = _rotation(thigh, -shank, pelvis, side)
        columns[f"{side}_knee_flexion"] = between(thigh, shank)
        columns[f"{side}_shoulder_flexion"] = _flexion(arm, thorax)
        columns[f"{side}_shoulder_abduction"] = _abduction(arm, thorax, side)
        columns[f"{side}_shoulder_rotation"] = _rotation(arm, forearm, thorax, side)
        columns[f"{side}_shoulder_elevation"] = between(arm, -thorax[:, 1])
        columns[f"{side}_shoulder_plane"] = _plane(arm, thorax, side)
        columns[f"{side}_elbow_flexion"] = between(arm, forearm)
        columns |= _ends(joints, joint_set, side, shank, forearm)
    return np.degrees(np.stack([columns[name] for name in names_of(joint_set)], axis=1))


def _trunk(
    joints: Vectors, joint_set: JointSet, pelvis: Vectors, thorax: Vectors, path: Floats | None
) -> dict[str, Floats]:
    """Compute the angles that a body has once, radians."""
    found: dict[str, Floats] = {}
    turn = np.einsum(
        "fak,fbk->fab", pelvis, thorax
    )  # the thorax's axes in the pelvis's, as columns
    found["trunk_bending"] = np.arcsin(np.clip(turn[:, 2, 1], -1, 1))
    found["trunk_rotation"] = np.arctan2(-turn[:, 2, 0], turn[:, 2, 2])
    nowhere = np.full(len(joints), np.nan)
    for part, axes in (("pelvis", pelvis), ("thorax", thorax)):
        found[f"{part}_tilt"] = (
            nowhere if path is None else np.arctan2(-axes[:, 0, 1], axes[:, 1, 1])
        )
        found[f"{part}_list"] = (
            nowhere if path is None else np.arcsin(np.clip(-axes[:, 2, 1], -1, 1))
        )
    found["pelvis_rotation"] = nowhere if path is None else _heading(pelvis, path)
    if "head" in joint_set.joints:
        forward, up, right = components(unit(bone(joints, joint_set, "thorax", "head")), thorax)
        found["head_flexion"] = np.arctan2(forward, up)
        found["head_bending"] = np.arcsin(np.clip(right, -1, 1))
    return found


def _heading(pelvis: Vectors, path: Floats) -> Floats:
    """Compute the pelvis's heading from that of its path, left positive: (frames,) radians."""
    # Facing along (x, z), the right side is at (-z, x).
    right, aside = pelvis[:, 2][:, [0, 2]], np.stack([-path[:, 1], path[:, 0]], axis=1)
    forwards = np.sum(right * path, axis=1)
    return np.arctan2(forwards, np.sum(right * aside, axis=1))


def _ends(
    joints: Vectors, joint_set: JointSet, side: str, shank: Vectors, forearm: Vectors
) -> dict[str, Floats]:
    """Compute the angles of ankle and wrist, radians, where the joint set goes on beyond them."""
    found: dict[str, Floats] = {}
    foot, hand = joint_of(joint_set, side, FEET), joint_of(joint_set, side, HANDS)
    if foot and f"{side}_heel" in joint_set.joints:
        sole = unit(bone(joints, joint_set, f"{side}_heel", foot))
        found[f"{side}_ankle_flexion"] = between(sole, shank) - np.pi / 2
        ankle = bone(joints, joint_set, f"{side}_heel", f"{side}_ankle")
        found[f"{side}_ankle_inversion"] = _inversion(sole, ankle, shank, side)
    if hand:
        palm = bone(joints, joint_set, f"{side}_wrist", hand)
        if (little := f"{side}_little_knuckle") in joint_set.joints:
            palm = MIDDLE * palm + (1 - MIDDLE) * bone(joints, joint_set, f"{side}_wrist", little)
        palm = unit(palm)
        found[f"{side}_wrist_bend"] = between(forearm, palm)
    return found


def _inversion(sole: Vectors, ankle: Vectors, shank: Vectors, side: str) -> Floats:
    """Compute the turn of a foot about its own length, the sole inwards positive: radians.

    Parameters
    ----------
    sole
        (frames, 3) unit vectors from the heel to the front of the foot.
    ankle
        (frames, 3) from the heel to the ankle.
    shank
        (frames, 3) unit vectors from the knee to the ankle.
    side
        "left" or "right".
    """
    foot, leg = across(ankle, sole), across(-shank, sole)  # up, apart from what is along the foot
    turn = np.arctan2(np.sum(sole * np.cross(leg, foot), axis=-1), np.sum(leg * foot, axis=-1))
    return turn if side == "right" else -turn


def _limb(
    joints: Vectors, joint_set: JointSet, side: str, names: tuple[str, str, str]
) -> tuple[Vectors, Vectors]:
    """Return directions (frames, 3) of both bones of a limb, away from the trunk."""
    start, bend, end = (f"{side}_{name}" for name in names)
    return unit(bone(joints, joint_set, start, bend)), unit(bone(joints, joint_set, bend, end))


def _flexion(limb: Vectors, axes: Vectors) -> Floats:
    """Compute the limb's angle about z, from -y towards x: (frames,) radians in -pi..pi, or NaN."""
    forward, up, _ = components(limb, axes)
    defined = np.hypot(forward, up) > LEAST_LEVER
    return np.where(defined, np.arctan2(forward, -up), np.nan)


def _abduction(limb: Vectors, axes: Vectors, side: str) -> Floats:
    """Compute the limb's angle out of the x-y plane, outwards positive: (frames,) radians."""
    sideways = components(limb, axes)[2]
    return np.arcsin(np.clip(sideways if side == "right" else -sideways, -1, 1))


def _rotation(limb: Vectors, front: Vectors, axes: Vectors, side: str) -> Floats:
    """Compute the limb's turn about itself, inwards positive: (frames,) radians.

    `front` (frames, 3) points where the limb's own front is, apart from what is along the limb.
    """
    own = across(front, limb)
    level = unit(np.cross(-limb, axes[:, 2]))  # the floating axis of Grood & Suntay
    turn = np.arctan2(np.sum(-limb * np.cross(level, own), axis=-1), np.sum(level * own, axis=-1))
    bend = between(limb, front)
    bent = (bend > LEAST_BEND) & (bend < np.pi - LEAST_BEND)
    upright = np.abs(components(limb, axes)[2]) < np.sqrt(1 - LEAST_LEVER**2)
    return np.where(bent & upright, turn if side == "right" else -turn, np.nan)


def _plane(arm: Vectors, axes: Vectors, side: str) -> Floats:
    """Compute the plane of elevation of Wu et al. 2005: (frames,) radians."""
    forward, _, right = components(arm, axes)
    raised = np.hypot(forward, right) > LEAST_LEVER
    return np.where(raised, np.arctan2(forward, right if side == "right" else -right), np.nan)
