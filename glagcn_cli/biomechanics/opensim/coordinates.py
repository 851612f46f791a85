"""The model's coordinates out of joints, without OpenSim: the geometry of its joints, turned round.

This file alone knows which coordinate of the model is which angle, and its sign. The angles are the
start of inverse kinematics too, and stand in for it where OpenSim is not installed.

==================  ================================================================================
`pelvis_rotation`   about the vertical, positive to the person's left, 0 facing +x of the scene
`pelvis_list`       positive where the right side is low
`pelvis_tilt`       positive where the pelvis leans back
`L5_S1_Flex_Ext`    positive backwards; `Lat_Bending` to the right, `axial_rotation` to the left
`neck_flexion`      positive backwards; `neck_bending` to the right
`hip_flexion`       positive forwards; `hip_adduction` towards the other leg, `hip_rotation` inwards
`knee_angle`        positive bent
`arm_flex`          positive forwards; `arm_add` towards the trunk (-90 is held out to the side),
                    `arm_rot` inwards
`elbow_flex`        positive bent
==================  ================================================================================
"""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ...poses import PoseSequence
from .directions import axes, between, turns, unit
from .model import Floats, hinge_axis, markers, neutral_bodies, neutral_places

PELVIS = (
    "pelvis_tilt", "pelvis_list", "pelvis_rotation", "pelvis_tx", "pelvis_ty", "pelvis_tz",
)  # fmt: skip
TRUNK = (
    "L5_S1_Flex_Ext", "L5_S1_Lat_Bending", "L5_S1_axial_rotation", "neck_flexion", "neck_bending",
)  # fmt: skip
LEG = ("hip_flexion", "hip_adduction", "hip_rotation", "knee_angle")
ARM = ("arm_flex", "arm_add", "arm_rot", "elbow_flex")
LETTERS = {"right": "r", "left": "l"}

LENGTHS = ("pelvis_tx", "pelvis_ty", "pelvis_tz")
"""Coordinates in metres; all others are in degrees."""

SEEN_BENT = (10.0, 30.0)
"""Degrees of a knee or an elbow between which the plane of the limb becomes known, and with it the
rotation of thigh or upper arm about itself. A straighter limb has that of the shortest way from
where it hangs."""


@dataclass(frozen=True)
class CoordinateMotion:
    """Coordinates of the model over a whole clip.

    Parameters
    ----------
    names
        Of the coordinates, in the order of the columns.
    values
        (frames, coordinates) degrees, or metres for those of `LENGTHS`; NaN without a pose.
    fps
        Frames per second, exact.
    """

    names: tuple[str, ...]
    values: Floats
    fps: Fraction

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise ValueError(f"{self.values.shape} values for {len(self.names)} coordinates")

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, name: str) -> Floats:
        """Return the values (frames,) of the coordinate with this name."""
        return self.values[:, self.names.index(name)]


class _Hinge(NamedTuple):
    """A limb of two bones at rest, in the frame of the upper one: bones, and the hinge's axis."""

    upper: Floats
    lower: Floats
    axis: Floats


def coordinate_motion(sequence: PoseSequence, root: ElementTree.Element) -> CoordinateMotion:
    """Compute the coordinates of the model that joints show.

    Without an upper body the pelvis is held upright, and has no tilt.

    Parameters
    ----------
    sequence
        Scene frame, with the joints of H36M-17.
    root
        The model in the person's size.

    Raises
    ------
    UsageError
        The joint set lacks a joint.
    """
    missing = [joint for joint in markers(root) if joint not in sequence.joint_set.joints]
    if missing:
        raise UsageError(
            f"OpenSim's model needs {', '.join(missing)}, which {sequence.joint_set.name} does not "
            "have"
        )
    at = _Places(sequence, root)
    found = _pelvis(at) | _trunk(at) | _limbs(at)
    if at.trunk_unseen:
        del found["pelvis_tilt"]
    seen = {name: values for name, values in found.items() if np.isfinite(values).any()}
    return CoordinateMotion(tuple(seen), np.stack([*seen.values()], axis=1), sequence.fps)


class _Places:
    """Joints of a person by name (frames, 3), and those of the model at rest (3,)."""

    def __init__(self, sequence: PoseSequence, root: ElementTree.Element) -> None:
        joints = sequence.joints_or_nan().astype(np.float64)
        self.valid = sequence.valid
        self.seen = {name: joints[:, k] for k, name in enumerate(sequence.joint_set.joints)}
        self.rest = neutral_places(root)
        self.elbows = {side: hinge_axis(root, f"elbow_{LETTERS[side]}") for side in LETTERS}
        self.torso = self._turn(("spine", "thorax"), ("left_shoulder", "right_shoulder"))
        self.trunk_unseen = not np.isfinite(self.torso).any()
        if self.trunk_unseen:
            for places in (self.rest, self.seen):
                places["back"] = places["hip"] + [0.0, 1.0, 0.0]
        else:
            # The spine's marker moves with the trunk: the joint below it does not.
            self.rest["back"] = neutral_bodies(root)["torso"][:3, 3]
            down = self.torso @ self.bone_at_rest("spine", "back")
            self.seen["back"] = self.seen["spine"] + down
        self.pelvis = self._turn(("left_hip", "right_hip"), ("hip", "back"))

    def bones(self, start: str, end: str) -> Floats:
        """Return vectors (frames, 3) from one joint to another."""
        return self.seen[end] - self.seen[start]

    def bone_at_rest(self, start: str, end: str) -> Floats:
        """Return the vector (3,) of the model from one joint to another."""
        return self.rest[end] - self.rest[start]

    def _turn(self, first: tuple[str, str], second: tuple[str, str]) -> Floats:
        """Return how a body has turned since rest, (frames, 3, 3), by two of its bones."""
        pairs = (first, second)
        rest, now = ([find(*pair) for pair in pairs] for find in (self.bone_at_rest, self.bones))
        return turns((rest[0], rest[1]), (now[0], now[1]))


def _pelvis(at: _Places) -> dict[str, Floats]:
    turn, lists, tilt = _angles(at.pelvis, "YXZ", at.valid)
    origin = at.seen["hip"] - at.pelvis @ at.rest["hip"]
    return dict(zip(PELVIS, (tilt, lists, turn, *origin.T), strict=True))


def _trunk(at: _Places) -> dict[str, Floats]:
    back = _angles(np.swapaxes(at.pelvis, -1, -2) @ at.torso, "ZXY", at.valid)
    now = unit(np.einsum("fji,fj->fi", at.torso, at.bones("thorax", "head")))
    ahead, up, _ = unit(at.bone_at_rest("thorax", "head"))
    # The bone bends out of the plane of x and y first, then turns in it.
    bend = np.arcsin(np.clip(now[:, 2] / up, -1.0, 1.0))
    neck = np.arctan2(now[:, 1], now[:, 0]) - np.arctan2(up * np.cos(bend), ahead)
    return dict(zip(TRUNK, (*back, np.degrees(neck), np.degrees(bend)), strict=True))


def _limbs(at: _Places) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    across = np.array([0.0, 0.0, 1.0])
    for side, letter in LETTERS.items():
        for parent, names, joints in (
            (at.pelvis, LEG, ("hip", "knee", "ankle")),
            (at.torso, ARM, ("shoulder", "elbow", "wrist")),
        ):
            start, bend, end = (f"{side}_{joint}" for joint in joints)
            # A knee's shank swings back as its angle grows, a forearm forwards.
            axis = -across if names is LEG else at.elbows[side]
            hinge = _Hinge(at.bone_at_rest(start, bend), at.bone_at_rest(bend, end), axis)
            upper, angle = _hinged(hinge, parent, at.bones(start, bend), at.bones(bend, end))
            turned = np.swapaxes(parent, -1, -2) @ upper
            flex, add, turn = _angles(turned, "ZXY", at.valid)
            sign = 1.0 if side == "right" else -1.0
            values = (flex, sign * add, sign * turn, angle)
            found |= dict(zip((f"{name}_{letter}" for name in names), values, strict=True))
    return found


def _hinged(hinge: _Hinge, parent: Floats, upper: Floats, lower: Floats) -> tuple[Floats, Floats]:
    """Return the turn of a limb's upper bone since rest (frames, 3, 3), and its hinge in degrees.

    Parameters
    ----------
    hinge
        The limb at rest.
    parent
        (frames, 3, 3) turn of the body that it hangs on.
    upper, lower
        (frames, 3) both bones.
    """
    from scipy.spatial.transform import Rotation  # slow to import

    angles = np.radians(np.arange(0.0, 161.0))
    swung = Rotation.from_rotvec(angles[:, None] * hinge.axis).apply(hinge.lower)
    opened = between(hinge.upper, swung)
    least = int(opened.argmin())
    bent = between(upper, lower)
    angle = np.interp(bent, opened[least:], angles[least:], left=angles[least])
    straight = _shortest_way(hinge.upper, parent, upper)
    lower_at_rest = Rotation.from_rotvec(np.nan_to_num(angle)[:, None] * hinge.axis)
    folded = axes(upper, lower) @ np.swapaxes(
        axes(np.broadcast_to(hinge.upper, upper.shape), lower_at_rest.apply(hinge.lower)), -1, -2
    )
    # How far it is from the one to the other about the bone itself, of which a share is gone.
    along = unit(upper)
    side = straight[..., :, 2]
    way = folded[..., :, 2]
    apart = np.arctan2(
        np.einsum("fi,fi->f", np.cross(side, way), along), np.einsum("fi,fi->f", side, way)
    )
    low, high = np.radians(SEEN_BENT)
    share = np.clip((bent - low) / (high - low), 0.0, 1.0)
    gone = np.nan_to_num(share * apart)[:, None] * np.nan_to_num(along)
    turned = Rotation.from_rotvec(gone).as_matrix() @ straight
    turned[~np.isfinite(upper).all(axis=-1)] = np.nan
    return turned, np.degrees(angle)


def _shortest_way(rest: Floats, parent: Floats, bone: Floats) -> Floats:
    """Return the turn (frames, 3, 3) that brings a bone from rest on its body to where it is."""
    from scipy.spatial.transform import Rotation

    start = parent @ (rest / np.linalg.norm(rest))
    end = unit(bone)
    axis = np.cross(start, end)
    lengths = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(lengths[:, 0], np.einsum("fi,fi->f", start, end))
    about = axis / np.where(lengths > 1e-9, lengths, 1.0) * angle[:, None]
    return Rotation.from_rotvec(np.nan_to_num(about)).as_matrix() @ parent


def _angles(turned: Floats, order: str, valid: NDArray[np.bool_]) -> Floats:
    """Return body-fixed angles (3, frames) of turns (frames, 3, 3), degrees, without jumps.

    Of the two triples for a turn, the one nearer to the last pose is taken: an arm that is
    raised by the side goes on over the head.
    """
    from scipy.spatial.transform import Rotation

    known = np.isfinite(turned).all(axis=(-1, -2))
    found = np.full((len(turned), 3), np.nan)
    if known.any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of two angles about one axis, whose sum is known
            found[known] = Rotation.from_matrix(turned[known]).as_euler(order)
    other = np.stack([found[:, 0] + np.pi, np.pi - found[:, 1], found[:, 2] + np.pi], axis=1)
    for last, frame in pairwise(np.flatnonzero(valid & known).tolist()):
        before = found[last]
        near = [_near(one[frame], before) for one in (found, other)]
        # Where an arm is held straight out both are near: the smaller angles are taken.
        apart = [float((np.abs(one - before) + 3.0 * np.abs(one)).sum()) for one in near]
        found[frame] = near[int(apart[1] < apart[0])]
    return np.degrees(found).T


def _near(angles: Floats, before: Floats) -> Floats:
    """Shift angles by whole turns to where they were before."""
    turned: Floats = before + (angles - before + np.pi) % (2 * np.pi) - np.pi
    return turned
