"""Brings hands and fingers of a character's rest pose into the rig's T-pose."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...biomechanics.fingers import FINGERS
from ..rig.finger_bones import FINGER_BONES, THUMB, FingerBone
from ..rig.rig import hand_axes
from .driven import SHORTEST, Driven, aligned, turning
from .humanoid import Humanoid
from .rest_pose import RestPose

Vectors = NDArray[np.float64]

STRAIGHT = np.radians(15.0)
"""Bend of fingers at rest, mean over their middle joints, up to which they are stiff: a pose to
bind a mesh in, not one to be seen."""

_KNUCKLES = tuple(f"{finger.capitalize()}Proximal" for finger in FINGERS[1:])


def palm_down(rest: RestPose, body: Humanoid, side: str, forearm: Rotation) -> Rotation:
    """Return the turn that makes a hand point sideways, its palm down where knuckles tell that.

    Parameters
    ----------
    rest, body
        The character.
    side
        "left" or "right".
    forearm
        The turn of the forearm.
    """
    outwards, aside, _ = hand_axes(side)
    turn = aligned(forearm, _to_fingers(rest, body, side), outwards)
    index, little = (body.get(f"{side}{finger}Proximal") for finger in ("Index", "Little"))
    if index is None or little is None:
        return turn
    across = turn.apply(rest.place(index) - rest.place(little))
    across = across - (across @ outwards) * outwards
    if np.linalg.norm(across) < SHORTEST:
        return turn
    angle = np.arctan2(np.cross(across, aside) @ outwards, across @ aside)
    return Rotation.from_rotvec(angle * outwards) * turn


def _to_fingers(rest: RestPose, body: Humanoid, side: str) -> Vectors:
    """Return the direction from a wrist to the middle knuckle, or to what hangs on the hand.

    It is zero where nothing tells.
    """
    tree, hand = rest.tree, body.bones[f"{side}Hand"]
    roots = [body.bones[side + name] for name in _KNUCKLES if side + name in body.bones]
    middle = body.get(f"{side}MiddleProximal")
    if middle is not None:
        roots = [middle]
    if not roots:
        roots = [n for n, parent in enumerate(tree.parents) if parent == hand]
        roots = [n for n in roots if "thumb" not in tree.name(n).lower()] or roots
    if not roots:
        return np.zeros(3)
    return np.mean([rest.place(n) for n in roots], axis=0) - rest.place(hand)


def fingers(rest: RestPose, body: Humanoid, side: str, hand: Rotation) -> list[Driven]:
    """Return the bones of the fingers that were found, straight as those of the rig.

    Parameters
    ----------
    rest, body, side
        As of `palm_down`.
    hand
        The turn of the hand.
    """
    driven = []
    turns: dict[str, Rotation] = {}
    for bone in FINGER_BONES:
        node = body.get(bone.vrm_name)
        if bone.side != side or node is None:
            continue
        wanted = bone.direction @ hand_axes(side)
        turn = aligned(turns.get(bone.finger, hand), _along(rest, body, bone), wanted)
        turns[bone.finger] = turn
        driven.append(turning(node, bone.name, turn))
    return driven


def stiff_hands(driven: Iterable[Driven]) -> frozenset[str]:
    """Return the sides of hands whose fingers are straight at rest, of the bones that move."""
    turns = {bone.joints[0]: bone.to_t_pose for bone in driven}
    bends: dict[str, list[float]] = {}
    for bone in FINGER_BONES:
        if bone.finger != THUMB and bone.number == 1 and {bone.name, bone.parent} <= turns.keys():
            bend = (turns[bone.parent].inv() * turns[bone.name]).magnitude()
            bends.setdefault(bone.side, []).append(float(bend))
    return frozenset(side for side, found in bends.items() if np.mean(found) <= STRAIGHT)


def _along(rest: RestPose, body: Humanoid, bone: FingerBone) -> Vectors:
    """Return where a bone points at rest: to the next, or to what hangs on it, else as before."""
    node = body.bones[bone.vrm_name]
    chain = [
        body.bones[b.vrm_name]
        for b in FINGER_BONES
        if (b.side, b.finger) == (bone.side, bone.finger) and b.vrm_name in body.bones
    ]
    place = chain.index(node)
    if place + 1 < len(chain):
        return rest.place(chain[place + 1]) - rest.place(node)
    tips = [n for n, parent in enumerate(rest.tree.parents) if parent == node]
    if tips:
        return np.mean([rest.place(n) for n in tips], axis=0) - rest.place(node)
    return rest.place(node) - rest.place(chain[place - 1]) if place else np.zeros(3)
