"""Moves a character as a person moved: bone by bone, with the character's own proportions.

Every bone that has a counterpart is turned as the person's. The path of the hips is as much longer
or shorter as the legs are. A foot that stands is laid flat and held where it stands; where legs of
other proportions take it elsewhere, they are bent to reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...scene.contacts import ANKLE_HEIGHT
from ...scene.foot_lock import lock_feet
from ...scene.legs import LEGS, reach_for
from ...skeleton import H36M17
from ..rig.finger_bones import FINGER_BONES
from ..rig.finger_turns import resting_fingers
from ..rig.rig import RigMotion
from ..rig.rotations import swing
from .bone_names import SIDES
from .character import Character
from .hands import stiff_hands
from .standing import before_settling, foot_contacts, held_feet, sunk

Vectors = NDArray[np.float64]

_SHORTEST = 1e-3  # metres of a leg that was ever seen
_TRUNK_STEPS = 3
_HIPS, _THORAX = H36M17.index("hip"), H36M17.index("thorax")


@dataclass(frozen=True)
class CharacterMotion:
    """A character in motion.

    Parameters
    ----------
    character
        Who moves.
    hips
        (frames, 3) where the node of the hips is, scene frame, in the units of the character.
    deltas
        (frames,) turns from the upright rest pose of every driven bone, by node.
    contacts
        (frames, 2) bool: the left and the right foot are held on the floor.
    observed
        (frames,) bool: there is a pose.
    """

    character: Character
    hips: Vectors
    deltas: dict[int, Rotation]
    contacts: NDArray[np.bool_]
    observed: NDArray[np.bool_]

    def positions(self, nodes: list[int]) -> dict[int, Vectors]:
        """Return where nodes are, (frames, 3), scene frame, in the units of the character."""
        return self.character.positions(nodes, self.deltas, self.hips)


def retarget(
    motion: RigMotion,
    character: Character,
    fps: Fraction,
    contacts: NDArray[np.bool_] | None = None,
) -> CharacterMotion:
    """Move a character as a person moved.

    Parameters
    ----------
    motion
        The person.
    character
        Who is to move like that.
    fps
        Frames per second.
    contacts
        (frames, 2) bool: the left and the right foot stand on the floor; None where that is not
        known: heights and speeds of the ankles tell.

    Returns
    -------
    CharacterMotion
        One pose for every frame.
    """
    return _Retargeting(motion, character, fps).run(contacts)


class _Retargeting:
    """A person's motion on its way to a character."""

    def __init__(self, motion: RigMotion, character: Character, fps: Fraction) -> None:
        self.person, self.character, self.fps = motion, character, fps
        self.joints = motion.joint_positions()
        self.turns = motion.turns_by_name()
        self._rest_unseen_fingers()
        legs = [motion.rig.lengths[f"{s}_{j}"] for s in SIDES for j in ("knee", "ankle")]
        own = sum(legs) / len(SIDES)
        self.scale = character.leg_length() / own if own > _SHORTEST else 1.0
        self.bones = character.body.bones
        self.ankle = sum(character.soles[side].height for side in SIDES) / len(SIDES)

    def _rest_unseen_fingers(self) -> None:
        """Bend fingers that nobody saw as of a hand at rest; those that are bent stay as built."""
        for bone in FINGER_BONES:
            if bone.name in self.person.absent:
                self.turns.pop(bone.name, None)
        stiff = stiff_hands(self.character.driven)
        resting = resting_fingers({side: self.turns[f"{side.capitalize()}Hand"] for side in stiff})
        self.turns = resting | self.turns

    def run(self, contacts: NDArray[np.bool_] | None) -> CharacterMotion:
        """Turn the trunk, place the hips, hold the feet."""
        deltas = self.character.deltas(self.turns)
        self._straighten_trunk(deltas)
        body = self._body(deltas)
        if contacts is None:
            contacts = foot_contacts(self.joints, self.fps)
        else:
            contacts = before_settling(contacts, self.fps)
        contacts = contacts & self.person.observed[:, None]
        placed, held = lock_feet(body, contacts, self.fps)
        self._turn_feet(deltas, placed, held)
        self._turn_legs(deltas, body, placed)
        lowered = (placed[:, _HIPS] - body[:, _HIPS]) * self.scale
        hips = self._hips_node(deltas) + lowered
        return CharacterMotion(self.character, hips, deltas, held, self.person.observed.copy())

    def _middle(self, deltas: dict[int, Rotation], bone: str) -> Vectors:
        """Return the middle (frames, 3) between both sides of a bone, from the hips' node."""
        nodes = [self.bones[f"{side}{bone}"] for side in SIDES]
        zero = np.zeros((len(self.person), 3))
        places = self.character.positions(nodes, deltas, zero)
        return np.asarray(sum(places[node] for node in nodes) / len(nodes))

    def _straighten_trunk(self, deltas: dict[int, Rotation]) -> None:
        """Turn the spine as one, until the trunk points as the person's."""
        wanted = _directions(self.joints[:, _THORAX] - self.joints[:, _HIPS])
        for _ in range(_TRUNK_STEPS):
            along = self._middle(deltas, "UpperArm") - self._middle(deltas, "UpperLeg")
            turn = swing(_directions(along), wanted)
            for node in self.character.body.spine:
                deltas[node] = turn * deltas[node]

    def _hips_node(self, deltas: dict[int, Rotation]) -> Vectors:
        """Return where the node of the hips is, so that the hip joints are where they belong."""
        path = self.person.root
        start = path[int(np.argmax(self.person.observed))] * [1.0, 0.0, 1.0]
        middle = start + (path - start) * self.scale
        middle[:, 1] = (path[:, 1] - ANKLE_HEIGHT) * self.scale + self.ankle
        return np.asarray(middle - self._middle(deltas, "UpperLeg"))

    def _body(self, deltas: dict[int, Rotation]) -> Vectors:
        """Return (frames, 17, 3) joints: the person's with the character's legs, as large as it."""
        nodes = [self.bones[f"{s}{b}"] for s in SIDES for b in ("UpperLeg", "LowerLeg", "Foot")]
        places = self.character.positions(nodes, deltas, self._hips_node(deltas))
        hips = [self._to_person(places[nodes[first]]) for first in (0, 3)]
        body = self.joints + ((hips[0] + hips[1]) / 2 - self.joints[:, _HIPS])[:, None]
        for leg, first in zip(LEGS, (0, 3), strict=True):
            for joint, node in zip((leg.hip, leg.knee, leg.ankle), nodes[first:], strict=False):
                body[:, joint] = self._to_person(places[node])
        return body

    def _to_person(self, places: Vectors) -> Vectors:
        """Scale places of the character to the size of the person, ankles at the same height."""
        return (places - [0.0, self.ankle, 0.0]) / self.scale + [0.0, ANKLE_HEIGHT, 0.0]

    def _turn_feet(
        self, deltas: dict[int, Rotation], placed: Vectors, held: NDArray[np.bool_]
    ) -> None:
        """Lay standing feet flat, and lift what would reach below the floor."""
        for number, (side, leg) in enumerate(zip(SIDES, LEGS, strict=True)):
            node, sole = self.bones[f"{side}Foot"], self.character.soles[side]
            turn = self.turns[f"{side.capitalize()}Foot"]
            flat = held_feet(turn, held[:, number], self.fps)
            deltas[node] = flat * turn.inv() * deltas[node]
            self._keep_toes(deltas, side, node)
            height = (placed[:, leg.ankle, 1] - ANKLE_HEIGHT) * self.scale + self.ankle
            raised = placed[:, leg.ankle].copy()
            raised[:, 1] += sunk(flat, height, sole) / self.scale
            reach_for(placed, leg, raised, leg.length(placed))

    def _keep_toes(self, deltas: dict[int, Rotation], side: str, foot: int) -> None:
        """Let toes go with the foot."""
        if (toes := self.character.body.get(f"{side}Toes")) is not None:
            deltas[toes] = deltas[foot]

    def _turn_legs(self, deltas: dict[int, Rotation], body: Vectors, placed: Vectors) -> None:
        """Turn thighs and shanks from where they pointed to where they reach the feet."""
        for side, leg in zip(SIDES, LEGS, strict=True):
            ends = (leg.hip, leg.knee), (leg.knee, leg.ankle)
            for bone, (top, bottom) in zip(("UpperLeg", "LowerLeg"), ends, strict=True):
                before, after = (_directions(j[:, bottom] - j[:, top]) for j in (body, placed))
                node = self.bones[f"{side}{bone}"]
                deltas[node] = swing(before, after) * deltas[node]


def _directions(vectors: Vectors) -> Vectors:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
