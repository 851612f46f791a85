"""Brings the rest pose of a character into the rig's T-pose, bone by bone.

A bone that turns with a joint of the rig has that joint's orientation, after it was turned from
where it points at rest to where the rig's bone points in its T-pose. Directions of arms, legs,
trunk, hands and head are thus those of the person, whatever the pose the character was built in;
what belongs to its build (a curved spine, the tilt of collar bones) stays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..rig.extremities import FOREARM_SHARE, MOST_PRONATION, shared
from ..rig.rig import LEFT, UP
from ..rig.rotations import swing
from .bone_names import SIDES
from .driven import SHORTEST, Driven, aligned, turning
from .hands import fingers, palm_down
from .humanoid import Humanoid
from .rest_pose import RestPose

Vectors = NDArray[np.float64]

_EARS_ABOVE_HEAD = 0.35  # of the way from between the shoulders to the head bone, beyond it
_MOST_HEAD_TILT = np.radians(30.0)


def driven_bones(rest: RestPose, body: Humanoid, toes: dict[str, Vectors]) -> list[Driven]:
    """Return the bones that move; `toes` are directions from ankles forward, upright frame."""
    none = Rotation.identity()
    driven = [Driven(body.bones["hips"], ("Hips", "Hips"), 0.0, none)]
    driven += _chain(body.spine, ("Spine", "Spine1"), none)
    if "head" in body.bones:
        nod = _head_turn(rest, body)
        driven += _chain(body.neck, ("Neck", "Neck"), nod)
        driven.append(Driven(body.bones["head"], ("Head", "Head"), 0.0, nod))
    for side in SIDES:
        driven += _arm(rest, body, side)
        driven += _leg(rest, body, side, toes[side])
    depth = {node: number for number, node in enumerate(rest.tree.order)}
    return sorted(driven, key=lambda bone: depth[bone.node])


def _chain(nodes: tuple[int, ...], joints: tuple[str, str], turn: Rotation) -> list[Driven]:
    """Share a turn out along a chain: its first bone turns as one joint, its last as the other."""
    last = max(len(nodes) - 1, 1)
    shares = [number / last if len(nodes) > 1 else 1.0 for number in range(len(nodes))]
    return [Driven(node, joints, share, turn) for node, share in zip(nodes, shares, strict=True)]


def _arm(rest: RestPose, body: Humanoid, side: str) -> list[Driven]:
    name, outwards = side.capitalize(), LEFT if side == "left" else -LEFT
    upper, lower = body.bones[f"{side}UpperArm"], body.bones[f"{side}LowerArm"]
    driven = []
    if (shoulder := body.get(f"{side}Shoulder")) is not None:
        driven.append(turning(shoulder, f"{name}Shoulder", Rotation.identity()))
    turn = aligned(Rotation.identity(), rest.place(lower) - rest.place(upper), outwards)
    driven.append(turning(upper, f"{name}Arm", turn))
    hand = body.get(f"{side}Hand")
    if hand is None:
        return [*driven, turning(lower, f"{name}ForeArm", turn)]
    forearm = aligned(turn, rest.place(hand) - rest.place(lower), outwards)
    turn = palm_down(rest, body, side, forearm)
    forearm = shared(forearm, turn, outwards, FOREARM_SHARE, MOST_PRONATION)
    driven.append(turning(lower, f"{name}ForeArm", forearm))
    driven.append(turning(hand, f"{name}Hand", turn))
    return driven + fingers(rest, body, side, turn)


def _leg(rest: RestPose, body: Humanoid, side: str, toes: Vectors) -> list[Driven]:
    name = side.capitalize()
    nodes = [body.bones[f"{side}{bone}"] for bone in ("UpperLeg", "LowerLeg", "Foot")]
    places = [rest.place(node) for node in nodes]
    thigh = aligned(Rotation.identity(), places[1] - places[0], -UP)
    shank = aligned(thigh, places[2] - places[1], -UP)
    return [
        turning(nodes[0], f"{name}UpLeg", thigh),
        turning(nodes[1], f"{name}Leg", shank),
        turning(nodes[2], f"{name}Foot", foot_turn(rest, toes)),
    ]


def foot_turn(rest: RestPose, toes: Vectors) -> Rotation:
    """Return the turn that lays the sole level and points the toes to the front."""
    level = swing(rest.floor_up, UP)
    ahead = level.apply(toes) * [1.0, 0.0, 1.0]
    if np.linalg.norm(ahead) < SHORTEST:
        return level
    return Rotation.from_rotvec(-np.arctan2(ahead[0], ahead[2]) * UP) * level


def _head_turn(rest: RestPose, body: Humanoid) -> Rotation:
    """Return the turn that sets the ears straight above the middle of the shoulders."""
    shoulders = sum(rest.place(body.bones[f"{side}UpperArm"]) for side in SIDES) / 2
    along = rest.place(body.bones["head"]) - shoulders
    along = along + UP * _EARS_ABOVE_HEAD * np.linalg.norm(along)
    along = along * [0.0, 1.0, 1.0]  # a body is as wide on both sides
    if np.linalg.norm(along) < SHORTEST:
        return Rotation.identity()
    angle = np.arctan2(along[2], along[1])
    return Rotation.from_rotvec(-np.clip(angle, -_MOST_HEAD_TILT, _MOST_HEAD_TILT) * LEFT)
