"""Skeletons of BVH files: how animation tools name and arrange the joints of the one fitted rig.

A dialect is a table. Each of its joints turns as a joint of the rig and sits on it, or further
along the bone that it moves; what a tool expects beyond the rig (a second neck joint, toes, finger
bases) is such a joint along a bone, which never turns against its parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...errors import UsageError
from .finger_bones import BONES_OF_A_FINGER, FINGER_BONES
from .rig import FRONT, Rig, RigMotion
from .rotations import continuous_quaternions

Vectors = NDArray[np.float64]

_SHORTEST = 1e-9  # metres


@dataclass(frozen=True)
class DialectJoint:
    """A joint of a BVH file.

    Parameters
    ----------
    name
        As the file has it.
    parent
        Name of the joint that it hangs on; None for the root.
    turns_as
        Joint of the rig whose orientation it has, and on which it sits.
    along
        Where it sits on the bone of that joint: 0 at the joint, 1 at its far end; or the H36M-17
        joint on that bone at which it sits.
    end
        Where its own bone ends, in the same measure; None where other joints hang on it.
    aside
        How far to the front of that, in lengths of the rig joint's bone.
    """

    name: str
    parent: str | None
    turns_as: str
    along: float | str = 0.0
    end: float | None = None
    aside: float = 0.0


@dataclass(frozen=True)
class Dialect:
    """A skeleton by name: its joints, every parent before its children."""

    name: str
    joints: tuple[DialectJoint, ...]

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """Number of each joint's parent, -1 for the root."""
        names = [joint.name for joint in self.joints]
        return tuple(-1 if j.parent is None else names.index(j.parent) for j in self.joints)

    def with_fingers(self) -> Dialect:
        """Return the skeleton with fingers on hands that have none of their own."""
        turning = [joint.turns_as for joint in self.joints]
        joints: list[DialectJoint] = []
        for joint in self.joints:
            bones = [bone for bone in FINGER_BONES if bone.hand == joint.turns_as]
            if not bones or turning.count(joint.turns_as) > 1:
                joints.append(joint)
                continue
            joints.append(replace(joint, end=None))
            prefix = joint.name.rpartition(":")[0] + ":" if ":" in joint.name else ""
            joints += [
                DialectJoint(
                    prefix + bone.name,
                    prefix + bone.parent if bone.number else joint.name,
                    bone.name,
                    end=1.0 if bone.number + 1 == BONES_OF_A_FINGER else None,
                )
                for bone in bones
            ]
        return Dialect(self.name, tuple(joints))

    def offsets(self, rig: Rig) -> Vectors:
        """(joints, 3) metres: each joint from its parent at rest; the root's is zero."""
        places = np.array([_at_rest(rig, joint.turns_as, joint.along) for joint in self.joints])
        return places - places[np.maximum(self.parents, 0)]

    def end_sites(self, rig: Rig) -> dict[int, Vectors]:
        """Offsets in metres of the ends of the last bones, by the number of the joint."""
        return {
            number: _at_rest(rig, joint.turns_as, joint.end, joint.aside)
            - _at_rest(rig, joint.turns_as, joint.along)
            for number, joint in enumerate(self.joints)
            if joint.end is not None
        }

    def rotations(self, motion: RigMotion) -> Vectors:
        """(frames, joints, 4) quaternions x, y, z, w in the parent's frame, continuous."""
        turns = motion.turns_by_name()
        local = np.empty((len(motion), len(self.joints), 4))
        for number, (joint, parent) in enumerate(zip(self.joints, self.parents, strict=True)):
            own = turns[joint.turns_as]
            above = turns[self.joints[parent].turns_as] if parent >= 0 else Rotation.identity()
            local[:, number] = (above.inv() * own).as_quat()
        return continuous_quaternions(local)


def _at_rest(rig: Rig, joint: str, along: float | str, aside: float = 0.0) -> Vectors:
    """Place (3,) in metres of a point of a rig joint's bone in the rest pose."""
    place, above = np.zeros(3), rig.names.index(joint)
    while above >= 0:
        place, above = place + rig.offsets[above], rig.parents[above]
    bone = rig.bones[joint]
    length = float(np.linalg.norm(bone))
    share = rig.lengths[along] / max(length, _SHORTEST) if isinstance(along, str) else along
    return place + share * bone + aside * length * FRONT


_SIDES = (("Left", "L"), ("Right", "R"))
_BALL_OF_THE_FOOT = 0.7  # of the way from the ankle to the tip of the toes


def _mixamo() -> Dialect:
    """As Adobe's Mixamo names its characters; its add-ons look for the prefix too."""
    joints = [
        DialectJoint("Hips", None, "Hips"),
        DialectJoint("Spine", "Hips", "Spine"),
        DialectJoint("Spine1", "Spine", "Spine1"),
        DialectJoint("Spine2", "Spine1", "Spine1", along=0.5),
        DialectJoint("Neck", "Spine2", "Neck"),
        DialectJoint("Head", "Neck", "Head", end=1.0),
    ]
    for side, _ in _SIDES:
        joints += [
            DialectJoint(f"{side}Shoulder", "Spine2", f"{side}Shoulder"),
            DialectJoint(f"{side}Arm", f"{side}Shoulder", f"{side}Arm"),
            DialectJoint(f"{side}ForeArm", f"{side}Arm", f"{side}ForeArm"),
            DialectJoint(f"{side}Hand", f"{side}ForeArm", f"{side}Hand", end=1.0),
        ]
    for side, _ in _SIDES:
        joints += _leg(side, "Hips")
    prefix = "mixamorig:"
    return Dialect(
        "mixamo",
        tuple(
            replace(j, name=prefix + j.name, parent=None if j.parent is None else prefix + j.parent)
            for j in joints
        ),
    )


def _leg(side: str, hangs_on: str) -> list[DialectJoint]:
    toes = DialectJoint(f"{side}ToeBase", f"{side}Foot", f"{side}Foot", _BALL_OF_THE_FOOT, end=1.0)
    return [
        DialectJoint(f"{side}UpLeg", hangs_on, f"{side}UpLeg"),
        DialectJoint(f"{side}Leg", f"{side}UpLeg", f"{side}Leg"),
        DialectJoint(f"{side}Foot", f"{side}Leg", f"{side}Foot"),
        toes,
    ]


def _cmu() -> Dialect:
    """As the BVH conversions of the CMU Graphics Lab's database: the same 31 joints."""
    joints = [DialectJoint("Hips", None, "Hips")]
    for side, letter in _SIDES:
        joints += [
            DialectJoint(f"{letter}HipJoint", "Hips", "Hips"),
            *_leg(side, f"{letter}HipJoint"),
        ]
    joints += [
        DialectJoint("LowerBack", "Hips", "Spine"),
        DialectJoint("Spine", "LowerBack", "Spine1"),
        DialectJoint("Spine1", "Spine", "Spine1", along=1.0),
        DialectJoint("Neck", "Spine1", "Neck"),
        DialectJoint("Neck1", "Neck", "Neck", along=0.5),
        DialectJoint("Head", "Neck1", "Head", end=1.0),
    ]
    for side, letter in _SIDES:
        hand = f"{side}Hand"
        joints += [
            DialectJoint(f"{side}Shoulder", "Spine1", f"{side}Shoulder"),
            DialectJoint(f"{side}Arm", f"{side}Shoulder", f"{side}Arm"),
            DialectJoint(f"{side}ForeArm", f"{side}Arm", f"{side}ForeArm"),
            DialectJoint(hand, f"{side}ForeArm", hand),
            DialectJoint(f"{side}FingerBase", hand, hand),
            DialectJoint(f"{hand}Index1", f"{side}FingerBase", hand, along=0.55, end=1.0),
            DialectJoint(f"{letter}Thumb", hand, hand, end=0.5, aside=0.5),
        ]
    return Dialect("cmu", tuple(joints))


def _h36m() -> Dialect:
    """Return Human3.6M's 17 joints by name, and three more where two bones turn on one joint."""
    joints = [
        DialectJoint("Hip", None, "Hips"),
        DialectJoint("LowerBack", "Hip", "Spine"),
        DialectJoint("Spine", "LowerBack", "Spine1"),
        DialectJoint("Thorax", "Spine", "Neck"),
        DialectJoint("Neck", "Thorax", "Head"),
        DialectJoint("Head", "Neck", "Head", along="head", end=1.0),
    ]
    for side, _ in _SIDES:
        joints += [
            DialectJoint(f"{side}Collar", "Spine", f"{side}Shoulder"),
            DialectJoint(f"{side}Shoulder", f"{side}Collar", f"{side}Arm"),
            DialectJoint(f"{side}Elbow", f"{side}Shoulder", f"{side}ForeArm"),
            DialectJoint(f"{side}Wrist", f"{side}Elbow", f"{side}Hand", end=1.0),
        ]
    for side, _ in _SIDES:
        joints += [
            DialectJoint(f"{side}Hip", "Hip", f"{side}UpLeg"),
            DialectJoint(f"{side}Knee", f"{side}Hip", f"{side}Leg"),
            DialectJoint(f"{side}Ankle", f"{side}Knee", f"{side}Foot", end=1.0),
        ]
    return Dialect("h36m", tuple(joints))


DIALECTS: Mapping[str, Dialect] = {d.name: d for d in (_mixamo(), _cmu(), _h36m())}

DEFAULT_DIALECT = "mixamo"
"""What most characters are rigged as, and what retargeting add-ons map without a hand's turn."""


def dialect_of(settings: Mapping[str, Any]) -> Dialect:
    """Return the dialect of ``settings["bvh_skeleton"]``; ``UsageError`` for an unknown one."""
    name = settings.get("bvh_skeleton", DEFAULT_DIALECT)
    if not isinstance(name, str) or name not in DIALECTS:
        known = ", ".join(DIALECTS)
        raise UsageError(f"the BVH skeleton {name!r} is unknown; it is one of {known}")
    return DIALECTS[name]
