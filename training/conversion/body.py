"""Places the 17 joints of Human3.6M on the nodes of a known rig.

The joints are those of the motion packs: hip the middle of the hip joints; thorax the middle of the
resting shoulders, rigid with the node both arms hang on; neck the base of the skull; head about the
height of the ears, 0.10 m above the neck of an adult; spine 0.22 m above the hip.

CMU's ASF files are the reference. The BVH conversions of them that circulate (B. Hahne, 2008 to
2010) differ. Those for MotionBuilder and 3ds Max have CMU's skeletons, with two losses that are
repaired here; that for DAZ has one DAZ figure, whose joints are taken as they are.

- The thorax bone is lost: neck and collar bones sit on Spine1, where it begins, so that head and
  arms are 0.12 m too low. It is put back as long and in the direction of the bone before it.
- The wrist bone is lost: the hand begins where it began, so that the forearm is a third too short.
  It is put back as half the forearm, which is what it measures in CMU's skeletons.
- A T-pose stands before the first frame; `t_pose` cuts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.skeleton import H36M17

from .animation import Animation
from .ends import Ends, ends_of
from .rigs import SIDES, LostBones, Rig, rig_of

# Parts of the standing height of an adult, from the joints of the motion packs.
_STATURE_OF_CHAIN = 1.2  # to the sum of shin, thigh, hip to thorax and thorax to neck
_EARS_ABOVE_NECK = 0.10 / 1.75
_SPINE_SHARE = 0.42  # of the way from hip to thorax along the back
_WRIST_BONE = 0.5  # of CMU's forearm bone
_SHORTEST_HEAD = 0.02  # of the height: a head bone below this is a stub without a direction
_UPRIGHT = np.cos(np.radians(45))  # a node this far off the way up from the neck is no crown


@dataclass(frozen=True)
class Body:
    """The 17 joints of one file, in its unit and axes.

    Parameters
    ----------
    joints
        (frames, 17, 3).
    height
        Standing height of the figure, estimated from its bones in any pose.
    rig
        Name of its rig.
    ends
        Its feet and hands; None where the rig has none.
    """

    joints: NDArray[np.float64]
    height: float
    rig: str
    ends: Ends | None = None


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
    if rig.lost:
        found |= _with_lost_bones(animation, rig.lost, found)
    height = _height(found)
    found["spine"] = _spine(animation, rig, found)
    found["head"] = _head(animation, rig, found, height)
    joints = np.stack([found[joint] for joint in H36M17.joints], axis=1)
    return Body(joints, height, rig.name, ends_of(animation, rig, found, joints, height))


def _thorax(animation: Animation, rig: Rig) -> NDArray[np.float64]:
    """Compute the middle of the shoulders at rest, moved with their common ancestor."""
    left, right = (animation.index(rig.limb("shoulder", side)) for side in SIDES)
    chest = animation.common_ancestor(left, right)
    return animation.attached(chest, (animation.rest[left] + animation.rest[right]) / 2)


def _with_lost_bones(
    animation: Animation, lost: LostBones, found: dict[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Add the bones of neck, thorax and arms that a BVH conversion of CMU lost."""
    mended = {
        joint: path
        for joint, path in found.items()
        if joint.endswith(("thorax", "neck", "shoulder", "elbow", "wrist"))
    }
    for side in SIDES:
        hand = lost.hand.format(s=side[0], Side=side.capitalize())
        if not animation.has(hand) or animation.rest_offset(hand).any():
            continue  # a conversion that has the bone
        forearm = found[f"{side}_wrist"] - found[f"{side}_elbow"]
        mended[f"{side}_wrist"] = found[f"{side}_wrist"] + _WRIST_BONE * forearm
    thorax = _lost_thorax(animation, lost)
    return {joint: path + thorax for joint, path in mended.items()}


def _lost_thorax(animation: Animation, lost: LostBones) -> NDArray[np.float64]:
    """Return the thorax bone (frames, 3) that a BVH conversion lost; zero where present."""
    if not animation.has(*lost.on_chest):
        return np.zeros(3)
    if any(animation.rest_offset(name).any() for name in lost.on_chest):
        return np.zeros(3)
    chest = animation.index(lost.chest)
    return animation.rotations[:, chest] @ animation.rest_offset(lost.chest)


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
    back = line[: line.index(animation.common_ancestor(line[0], pelvis))]
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
    """Return the rig's own node, or a point at ear height on the way to the crown.

    The crown is the farthest child of the neck's node, eyes and the like excepted. Without one the
    way is that from the pelvis to the neck at rest.
    """
    neck, node = found["neck"], animation.index(rig.neck)
    if rig.head:
        return (
            neck + animation.positions[:, animation.index(rig.head)] - animation.positions[:, node]
        )
    hips = [animation.rest[animation.index(rig.limb("hip", side))] for side in SIDES]
    way = animation.rest[node] - np.mean(hips, axis=0)
    way /= np.linalg.norm(way)
    reach = {end: animation.rest[end] - animation.rest[node] for end in animation.children(node)}
    up = {end: bone @ way for end, bone in reach.items()}
    crown = max(
        (end for end in reach if up[end] >= _UPRIGHT * np.linalg.norm(reach[end])),
        key=lambda end: up[end],
        default=None,
    )
    if crown is not None and up[crown] >= _SHORTEST_HEAD * height:
        bone = animation.positions[:, crown] - animation.positions[:, node]
        length = float(np.linalg.norm(reach[crown]))
        return neck + min(1.0, _EARS_ABOVE_NECK * height / length) * bone
    ears = animation.rest[node] + _EARS_ABOVE_NECK * height * way
    return neck + animation.attached(node, ears) - animation.positions[:, node]
