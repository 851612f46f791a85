"""The rig: named joints with rest offsets, as animation tools know them, and where they move to.

The rest pose is a T-pose: y up, the figure faces +z, its left side lies at +x, arms along x.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...skeleton import H36M17
from .finger_bones import FINGER_BONES

if TYPE_CHECKING:
    from scipy.spatial.transform import Rotation

_Places = list[NDArray[np.float64]]

LEFT: NDArray[np.float64] = np.array([1.0, 0.0, 0.0])
UP: NDArray[np.float64] = np.array([0.0, 1.0, 0.0])
FRONT: NDArray[np.float64] = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class RigJoint:
    """A joint of the rig: its name, its parent's name and the H36M-17 joint at which it sits."""

    name: str
    parent: str | None
    sits_at: str


def _limbs(side: str) -> tuple[RigJoint, ...]:
    low = side.lower()
    return (
        RigJoint(f"{side}Shoulder", "Spine1", "thorax"),
        RigJoint(f"{side}Arm", f"{side}Shoulder", f"{low}_shoulder"),
        RigJoint(f"{side}ForeArm", f"{side}Arm", f"{low}_elbow"),
        RigJoint(f"{side}Hand", f"{side}ForeArm", f"{low}_wrist"),
    )


def _legs(side: str) -> tuple[RigJoint, ...]:
    low = side.lower()
    return (
        RigJoint(f"{side}UpLeg", "Hips", f"{low}_hip"),
        RigJoint(f"{side}Leg", f"{side}UpLeg", f"{low}_knee"),
        RigJoint(f"{side}Foot", f"{side}Leg", f"{low}_ankle"),
    )


# Names are Mixamo's, which Blender's retargeting add-ons map by themselves. "Spine" sits on "Hips":
# the pelvis is rigid with the hip joints, so bending between it and the lower spine needs a joint
# of its own (the CMU rig does the same with its LowerBack).
RIG_JOINTS: tuple[RigJoint, ...] = (
    RigJoint("Hips", None, "hip"),
    RigJoint("Spine", "Hips", "hip"),
    RigJoint("Spine1", "Spine", "spine"),
    RigJoint("Neck", "Spine1", "thorax"),
    RigJoint("Head", "Neck", "neck"),
    *_limbs("Left"),
    *_limbs("Right"),
    *_legs("Left"),
    *_legs("Right"),
)
"""In depth-first order: every parent stands before its children."""

NAMES: tuple[str, ...] = tuple(joint.name for joint in RIG_JOINTS)
PARENTS: tuple[int, ...] = tuple(
    -1 if joint.parent is None else NAMES.index(joint.parent) for joint in RIG_JOINTS
)


def rest_direction(joint: str) -> NDArray[np.float64]:
    """Direction in the rest pose of the bone that ends at this H36M-17 joint, unit length."""
    if joint.startswith(("left_", "right_")):
        if joint.endswith(("knee", "ankle")):
            return -UP
        return LEFT if joint.startswith("left_") else -LEFT
    return UP


def hand_axes(side: str) -> NDArray[np.float64]:
    """(3, 3) axes of a hand in the rest pose: along it, to the thumb's side, out of the palm."""
    return np.stack([LEFT if side == "left" else -LEFT, FRONT, -UP])


# End sites have no joint of the 17 to end at, so they get the proportions of an adult body.
_HEAD_TOP_OF_NECK_TO_HEAD = 0.55  # of thorax to head: from ear height to the top of the skull
_HAND_OF_FOREARM = 0.7
_TOE_OF_SHIN = -0.16 * UP + 0.42 * FRONT


@dataclass(frozen=True)
class Rig:
    """A rig of one person: the joints of `RIG_JOINTS` with bone lengths.

    Parameters
    ----------
    lengths
        Metres, for every bone of H36M-17 by the name of the joint at its end.
    fingers
        Whether it has the joints of `FINGER_BONES` besides, behind the others.
    """

    lengths: dict[str, float]
    fingers: bool = False

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of its joints."""
        return NAMES + tuple(bone.name for bone in FINGER_BONES) if self.fingers else NAMES

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """Number of each joint's parent, -1 for the root."""
        if not self.fingers:
            return PARENTS
        return PARENTS + tuple(self.names.index(bone.parent) for bone in FINGER_BONES)

    @cached_property
    def offsets(self) -> NDArray[np.float64]:
        """(rig joints, 3) metres: each joint in its parent's frame; the root's is zero."""
        offsets = np.zeros((len(self.names), 3))
        for i, (joint, parent) in enumerate(zip(RIG_JOINTS, PARENTS, strict=True)):
            if parent >= 0 and RIG_JOINTS[parent].sits_at != joint.sits_at:
                offsets[i] = rest_direction(joint.sits_at) * self.lengths[joint.sits_at]
        for i, bone in enumerate(FINGER_BONES[: len(offsets) - len(NAMES)], start=len(NAMES)):
            offsets[i] = self.hand_length(bone.side) * (bone.offset @ hand_axes(bone.side))
        return offsets

    def hand_length(self, side: str) -> float:
        """Metres from the wrist to the tip of the middle finger."""
        return _HAND_OF_FOREARM * self.lengths[f"{side}_wrist"]

    @cached_property
    def end_sites(self) -> dict[str, NDArray[np.float64]]:
        """Offsets in metres of head top, ends of hands and toes from the joints they end.

        Where a rig has fingers, those of their tips too.
        """
        neck, head = self.lengths["neck"], self.lengths["head"]
        ends = {"Head": UP * (head + _HEAD_TOP_OF_NECK_TO_HEAD * (neck + head))}
        for side, outwards in (("Left", LEFT), ("Right", -LEFT)):
            low = side.lower()
            ends[f"{side}Hand"] = outwards * self.hand_length(low)
            ends[f"{side}Foot"] = _TOE_OF_SHIN * self.lengths[f"{low}_ankle"]
        for bone in FINGER_BONES if self.fingers else ():
            along = bone.direction @ hand_axes(bone.side)
            ends[bone.name] = self.hand_length(bone.side) * bone.length * along
        return ends

    @cached_property
    def bones(self) -> dict[str, NDArray[np.float64]]:
        """(3,) metres at rest: the bone that each joint moves; the hips move none of their own."""
        bones = {name: np.zeros(3) for name in self.names}
        for i, parent in reversed(list(enumerate(self.parents))):  # of several, the first counts
            if parent > 0:
                bones[self.names[parent]] = self.offsets[i]
        return bones | self.end_sites

    def positions(self, root: NDArray[np.float64], turns: list[Rotation]) -> _Places:
        """Where the joints are: forward kinematics.

        Parameters
        ----------
        root
            (frames, 3) metres.
        turns
            Orientations in the scene of the rig's joints, or of the first of them.

        Returns
        -------
        list
            (frames, 3) metres for each of these joints.
        """
        positions = [root]
        for i, parent in enumerate(self.parents[: len(turns)]):
            if parent >= 0:
                positions.append(positions[parent] + turns[parent].apply(self.offsets[i]))
        return positions


@dataclass(frozen=True)
class RigMotion:
    """A rig moving through a clip.

    Parameters
    ----------
    rig
        Bone lengths and rest pose.
    root
        (frames, 3) metres, scene frame: where the hips are.
    rotations
        (frames, rig joints, 4) unit quaternions x, y, z, w of each joint in its parent's frame
        (of the root in the scene); the sign is continuous over time.
    observed
        (frames,) bool: false where the pose was interpolated or held.
    absent
        Names of joints of the rig whose bones were never seen and hold their rest.
    """

    rig: Rig
    root: NDArray[np.float64]
    rotations: NDArray[np.float64]
    observed: NDArray[np.bool_]
    absent: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.root)

    def joint_positions(self) -> NDArray[np.float64]:
        """Compute H36M-17 joints (frames, 17, 3) by forward kinematics: metres, scene frame."""
        turns = self.turns()
        positions = self.rig.positions(self.root, turns)
        joints = np.empty((len(self), len(H36M17), 3))
        for i, joint in enumerate(RIG_JOINTS):
            joints[:, H36M17.index(joint.sits_at)] = positions[i]
        head = NAMES.index("Head")
        reach = UP * self.rig.lengths["head"]
        joints[:, H36M17.index("head")] = positions[head] + turns[head].apply(reach)
        return joints

    def turns(self) -> list[Rotation]:
        """Orientations in the scene of every rig joint."""
        from scipy.spatial.transform import Rotation

        turns: list[Rotation] = []
        for i, parent in enumerate(self.rig.parents):
            local = Rotation.from_quat(self.rotations[:, i])
            turns.append(local if parent < 0 else turns[parent] * local)
        return turns

    def turns_by_name(self) -> dict[str, Rotation]:
        """Orientations in the scene by the names of the joints."""
        return dict(zip(self.rig.names, self.turns(), strict=True))
