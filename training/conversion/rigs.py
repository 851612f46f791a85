"""Maps the nodes of known rigs to the 17 joints of Human3.6M.

The joints are those of the motion packs: hip the middle of the hip joints; thorax the middle of the
resting shoulders, rigid with the node both arms hang on; neck the base of the skull; head about the
height of the ears, 0.10 m above the neck of an adult; spine 0.22 m above the hip.

CMU's ASF files are the reference. The BVH conversion of them that circulates (B. Hahne, 2008 and
2010) differs in three ways. The first two are repaired here and the third in `placing`:

- The thorax bone is lost: neck and collar bones sit on Spine1, where it begins, so that head and
  arms are 0.12 m too low. It is put back as long and in the direction of the bone before it.
- The wrist bone is lost: the hand begins where it began, so that the forearm is a third too short.
  It is put back as half the forearm, which is what it measures in CMU's skeletons.
- A T-pose stands before the first frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import H36M17

from .animation import Animation

SIDES = ("left", "right")

# Parts of the standing height of an adult, from the joints of the motion packs.
_STATURE_OF_CHAIN = 1.2  # to the sum of shin, thigh, hip to thorax and thorax to neck
_EARS_ABOVE_NECK = 0.10 / 1.75
_SPINE_SHARE = 0.42  # of the way from hip to thorax along the back
_HEAD_TO_NECK = 0.10 / 0.135  # neck to head, to thorax to neck
_WRIST_BONE = 0.5  # of CMU's forearm bone
_SHORTEST_HEAD = 0.02  # of the height: a head bone below this is a stub without a direction


@dataclass(frozen=True)
class Rig:
    """Names of the nodes that are joints; ``{s}`` and ``{Side}`` stand for the side.

    Parameters
    ----------
    name
        For messages.
    limbs
        Node of hip, knee, ankle, shoulder, elbow and wrist.
    neck
        Node at the base of the skull.
    head
        Node at the height of the ears; None: on the way to the end of what follows the neck node.
    spine
        Node 0.22 m above the hip; None: on the way along the back.
    also
        Nodes that distinguish this rig from others.
    """

    name: str
    limbs: dict[str, str]
    neck: str
    head: str | None = None
    spine: str | None = None
    also: tuple[str, ...] = ()

    def limb(self, part: str, side: str) -> str:
        """Return the node of a limb's joint on one side."""
        return self.limbs[part].format(s=side[0], Side=side.capitalize())

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes that a file must have to be of this rig."""
        limbs = [self.limb(part, side) for part in self.limbs for side in SIDES]
        trunk = [node for node in (self.neck, self.head, self.spine) if node]
        return (*limbs, *trunk, *self.also)


_MIXAMO_LIMBS = {
    "hip": "{Side}UpLeg", "knee": "{Side}Leg", "ankle": "{Side}Foot",
    "shoulder": "{Side}Arm", "elbow": "{Side}ForeArm", "wrist": "{Side}Hand",
}  # fmt: skip

# Nodes of ASF are bones and stand for their ends: the femur ends at the knee.
CMU_ASF = Rig(
    "CMU's ASF",
    {
        "hip": "{s}hipjoint", "knee": "{s}femur", "ankle": "{s}tibia",
        "shoulder": "{s}clavicle", "elbow": "{s}humerus", "wrist": "{s}wrist",
    },
    neck="upperneck", head="head", spine="lowerback",
)  # fmt: skip
CMU_BVH = Rig(
    "the common BVH conversion of CMU",
    _MIXAMO_LIMBS, neck="Head", head="EndSiteHead", spine="Spine",
    also=("LHipJoint", "RHipJoint", "LowerBack", "Spine1"),
)  # fmt: skip
MIXAMO = Rig("Mixamo", _MIXAMO_LIMBS, neck="Head")

RIGS = (CMU_ASF, CMU_BVH, MIXAMO)
"""Rigs in order of trial; a file's rig is the first whose nodes it has."""


@dataclass(frozen=True)
class Body:
    """The 17 joints of one file, in its unit and axes.

    Parameters
    ----------
    joints
        (frames, 17, 3).
    height
        Standing height of the figure, estimated from its bones in any pose.
    """

    joints: NDArray[np.float64]
    height: float


def rig_of(animation: Animation) -> Rig:
    """Find the rig of a file; raise ``InputError`` with its nodes and the expected names."""
    for rig in RIGS:
        if animation.has(*rig.nodes):
            return rig
    looked_for = "; ".join(
        f"{rig.name}: {', '.join(node for node in rig.nodes if not animation.has(node))}"
        for rig in RIGS
    )
    raise InputError(
        f"{animation.path}: unknown skeleton. Its nodes are {', '.join(animation.names)}. "
        f"Missing for {looked_for}"
    )


def body_of(animation: Animation) -> Body:
    """Find the 17 joints of a file; raise ``InputError`` where its skeleton is unknown."""
    rig = rig_of(animation)
    found = {
        f"{side}_{part}": animation.positions[:, animation.index(rig.limb(part, side))]
        for part in rig.limbs
        for side in SIDES
    }
    found["hip"] = (found["left_hip"] + found["right_hip"]) / 2
    found["thorax"] = _thorax(animation, rig)
    found["neck"] = animation.positions[:, animation.index(rig.neck)]
    if rig is CMU_BVH:
        found |= _with_lost_bones(animation, found)
    height = _height(found)
    found["spine"] = _spine(animation, rig, found)
    found["head"] = _head(animation, rig, found, height)
    return Body(np.stack([found[joint] for joint in H36M17.joints], axis=1), height)


def _thorax(animation: Animation, rig: Rig) -> NDArray[np.float64]:
    """Compute the middle of the shoulders at rest, moved with their common ancestor."""
    left, right = (animation.index(rig.limb("shoulder", side)) for side in SIDES)
    chest = animation.common_ancestor(left, right)
    return animation.attached(chest, (animation.rest[left] + animation.rest[right]) / 2)


def _with_lost_bones(
    animation: Animation, found: dict[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Add the bones of neck, thorax and arms that CMU's BVH conversion lost."""
    mended = {
        joint: path
        for joint, path in found.items()
        if joint.endswith(("thorax", "neck", "shoulder", "elbow", "wrist"))
    }
    for side in SIDES:
        if (
            not animation.has(f"{side}FingerBase")
            or animation.rest_offset(f"{side}FingerBase").any()
        ):
            continue  # a conversion that has the bone
        forearm = found[f"{side}_wrist"] - found[f"{side}_elbow"]
        mended[f"{side}_wrist"] = found[f"{side}_wrist"] + _WRIST_BONE * forearm
    lost = _lost_thorax(animation)
    return {joint: path + lost for joint, path in mended.items()}


def _lost_thorax(animation: Animation) -> NDArray[np.float64]:
    """Return the thorax bone (frames, 3) lost by CMU's BVH conversion; zero where present."""
    if not animation.has("Neck", "LeftShoulder", "RightShoulder"):
        return np.zeros(3)
    if any(animation.rest_offset(name).any() for name in ("Neck", "LeftShoulder", "RightShoulder")):
        return np.zeros(3)
    chest = animation.index("Spine1")
    return animation.rotations[:, chest] @ animation.rest_offset("Spine1")


def _height(found: dict[str, NDArray[np.float64]]) -> float:
    """Compute the standing height from bone lengths, mean of both legs, median over time."""
    chain = [("hip", "thorax"), ("thorax", "neck")]
    lengths = [np.linalg.norm(found[a] - found[b], axis=-1) for a, b in chain]
    for side in SIDES:
        for a, b in (("hip", "knee"), ("knee", "ankle")):
            lengths.append(np.linalg.norm(found[f"{side}_{a}"] - found[f"{side}_{b}"], axis=-1) / 2)
    return float(np.median(np.sum(lengths, axis=0))) * _STATURE_OF_CHAIN


def _spine(
    animation: Animation, rig: Rig, found: dict[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the rig's own node, or a point between hip and thorax along the nodes of the back."""
    if rig.spine:
        return animation.positions[:, animation.index(rig.spine)]
    left, right = (animation.index(rig.limb("shoulder", side)) for side in SIDES)
    pelvis = animation.common_ancestor(*(animation.index(rig.limb("hip", side)) for side in SIDES))
    line = animation.ancestors(animation.common_ancestor(left, right))
    back = line[: line.index(pelvis)] if pelvis in line else []
    path = [
        found["hip"],
        *(animation.positions[:, node] for node in reversed(back)),
        found["thorax"],
    ]
    lengths = [float(np.median(np.linalg.norm(b - a, axis=-1))) for a, b in pairwise(path)]
    ends = np.cumsum(lengths)
    place = _SPINE_SHARE * ends[-1]
    piece = int(np.searchsorted(ends, place))
    share = (place - (ends[piece] - lengths[piece])) / lengths[piece]
    return path[piece] * (1 - share) + path[piece + 1] * share


def _head(
    animation: Animation, rig: Rig, found: dict[str, NDArray[np.float64]], height: float
) -> NDArray[np.float64]:
    """Return the rig's own node, or a point at ear height on the way to the crown."""
    neck, node = found["neck"], animation.index(rig.neck)
    ends = animation.children(node)
    if rig.head:
        return (
            neck + animation.positions[:, animation.index(rig.head)] - animation.positions[:, node]
        )
    reach = [float(np.linalg.norm(animation.rest[end] - animation.rest[node])) for end in ends]
    if not ends or max(reach) < _SHORTEST_HEAD * height:
        return neck + _HEAD_TO_NECK * (neck - found["thorax"])
    crown = animation.positions[:, ends[int(np.argmax(reach))]]
    return neck + min(1.0, _EARS_ABOVE_NECK * height / max(reach)) * (crown - neck)
