"""Skeleton fit: from joint positions to a rig with constant bone lengths and joint rotations.

Joints are first moved to where bones of one length each bring all of them nearest (`bones`).
The trunk's orientation comes from three points (the hips; the shoulders), that of every other bone
from its direction. Turning about a bone's own axis cannot be seen in a direction: for upper arms
and thighs it comes from the hinge of elbow or knee (`limbs`), for feet from the floor (`feet`), for
hands and feet whose points are known from these (`extremities`), for fingers from the bends of
their joints (`finger_turns`), for all others it is that of the parent.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...biomechanics.fingers import HandMotion, hands_of
from ...errors import NobodyFoundError
from ...poses import PoseSequence
from ...scene.bones import bone_lengths, steady_bones
from ...skeleton import H36M17, H36M25
from .at_rest import with_rest
from .extremities import (
    FOREARM_SHARE,
    MOST_PRONATION,
    MOST_TIBIAL,
    NECK_SHARE,
    SHIN_SHARE,
    foot_turns_seen,
    hand_turns,
    shared,
)
from .feet import foot_turns
from .finger_turns import finger_rotations, never_seen
from .frames import frame_of, unit_of
from .heads import MOST_TURNED, Face, face_of, turned_heads
from .limbs import LIMBS, limb_turns
from .rig import LEFT, NAMES, PARENTS, RIG_JOINTS, UP, Rig, RigMotion, rest_direction
from .rotations import continuous_quaternions, swing
from .wrists import steady_hands

Vectors = NDArray[np.float64]


def fit_rig(
    joints: NDArray[np.floating],
    valid: NDArray[np.bool_],
    fps: Fraction,
    contacts: NDArray[np.bool_] | None = None,
    absent: NDArray[np.bool_] | None = None,
    face: Face | None = None,
    hands: Sequence[HandMotion] | None = None,
    scores: NDArray[np.floating] | None = None,
) -> RigMotion:
    """Fit a rig with constant bone lengths to joint positions.

    Parameters
    ----------
    joints
        (frames, 17 or 25, 3) metres, H36M-17 or H36M-25, scene frame (y up, floor at y = 0).
    valid
        (frames,) bool: frames that hold a pose. In the others the last one is held, before the
        first that one: nobody knows what was done meanwhile.
    fps
        Frames per second.
    contacts
        (frames, 2) bool: the left and the right foot stand on the floor. Where that is not known,
        None, the feet's heights tell.
    absent
        (17 or 25,) bool: joints that were never seen. Bones of a half of the body hold their rest.
    face
        The face in the picture, which tells where the head looks; None looks ahead.
    hands
        The left and the right hand in all frames; None makes a rig without fingers.
    scores
        (frames, 17 or 25) in 0..1: how surely joints were seen. Palms are steadied by them; None
        takes all as sure.

    Returns
    -------
    RigMotion
        One pose for every frame.

    Raises
    ------
    NobodyFoundError
        When no frame is valid.
    """
    if joints.shape not in [(len(valid), len(own), 3) for own in (H36M17, H36M25)]:
        raise ValueError(f"joints have shape {joints.shape}, expected ({len(valid)}, 17 or 25, 3)")
    if not valid.any():
        raise NobodyFoundError("no frame holds a pose, so there is no motion to fit a rig to")
    given = with_rest(joints[valid], absent).astype(np.float64)
    seen = steady_bones(given[:, : len(H36M17)], np.ones(int(valid.sum()), bool))
    frames = np.flatnonzero(valid)
    held = np.maximum(np.cumsum(valid) - 1, 0)
    root = seen[:, H36M17.index("hip")]
    rig = Rig(bone_lengths(seen), fingers=hands is not None)
    turns = _orientations(seen, rig.lengths, frames / float(fps))
    standing = np.zeros((len(seen), 2), bool) if contacts is None else contacts[valid]
    if face is not None:
        _turn_head(turns, seen, face.of_frames(valid), float(fps))
    sure = np.ones(given.shape[:2]) if scores is None else scores[valid].astype(np.float64)
    _turn_hands(turns, given, absent, sure, frames / float(fps))
    _turn_feet(turns, rig, root, standing, float(fps), _soles(turns, given, absent))
    local, gone = _in_parents(turns), _absent_bones(absent)
    if hands is not None:
        local = np.concatenate([local, finger_rotations(hands, fps)[valid]], axis=1)
        gone += never_seen(hands)
    return RigMotion(rig, root[held], continuous_quaternions(local[held]), valid.copy(), gone)


def fit_person(person: PoseSequence) -> RigMotion:
    """Fit a rig to a person's poses; `fit_rig` has what it raises."""
    hands = None if person.detected is None else hands_of(person.detected)
    return fit_rig(
        person.joints, person.valid, person.fps, person.contacts, person.absent, face_of(person),
        hands, person.scores,
    )  # fmt: skip


def _absent_bones(absent: NDArray[np.bool_] | None) -> tuple[str, ...]:
    """Names of the rig's joints that move bones to an absent joint of H36M-17."""
    if absent is None:
        return ()
    names = {joint for joint, gone in zip(H36M17.joints, absent, strict=False) if gone}
    moved = {j.parent for j in RIG_JOINTS if j.sits_at in names and j.parent != "Hips"}
    ends = {j.name for j in RIG_JOINTS if j.sits_at in names}
    return tuple(name for name in NAMES if name in moved | ends)


def _in_parents(turns: dict[str, Rotation]) -> Vectors:
    """Quaternions (frames, rig joints, 4) in the parent's frame of orientations in the scene."""
    local = np.stack([turns[name].as_quat() for name in NAMES], axis=1)
    for i, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, i] = (turns[NAMES[parent]].inv() * turns[NAMES[i]]).as_quat()
    return local


def _orientations(
    joints: Vectors, lengths: dict[str, float], seconds: Vectors
) -> dict[str, Rotation]:
    """Orientation in the scene of every rig joint, for frames that all hold a pose."""

    def bone(start: str, end: str) -> Vectors:
        difference = joints[:, H36M17.index(end)] - joints[:, H36M17.index(start)]
        return unit_of(difference, rest_direction(end))

    hips, shoulders = bone("right_hip", "left_hip"), bone("right_shoulder", "left_shoulder")
    low, high = bone("hip", "spine"), bone("spine", "thorax")
    turns = {
        "Hips": frame_of(hips, low, LEFT, UP),
        # Half of the twist between hips and shoulders happens below the middle of the spine.
        "Spine": frame_of(low, hips + shoulders, UP, LEFT),
        "Spine1": frame_of(high, shoulders, UP, LEFT),
    }
    swung = [("Neck", "Spine1", "thorax", "neck"), ("Head", "Neck", "neck", "head")]
    for side in ("Left", "Right"):
        swung.append((f"{side}Shoulder", "Spine1", "thorax", f"{side.lower()}_shoulder"))
    for name, parent, start, end in swung:
        carried = turns[parent].apply(rest_direction(end))
        turns[name] = swing(carried, bone(start, end)) * turns[parent]
    for limb in LIMBS:
        start, bend, end = limb.joints
        turns[limb.upper], turns[limb.lower] = limb_turns(
            limb,
            turns[limb.parent],
            (bone(start, bend), bone(bend, end)),
            (lengths[bend], lengths[end]),
            seconds,
        )
    for side in ("Left", "Right"):  # no joint tells how hands and feet are turned
        turns[f"{side}Hand"] = turns[f"{side}ForeArm"]
        turns[f"{side}Foot"] = turns[f"{side}Leg"]
    return turns


def _known(joints: Vectors, absent: NDArray[np.bool_] | None, *points: str) -> bool:
    """Tell whether points of feet or palms were seen."""
    if joints.shape[1] == len(H36M17):
        return False
    return absent is None or not absent[H36M25.indices(points)].any()


def _turn_head(turns: dict[str, Rotation], joints: Vectors, face: Face, rate: float) -> None:
    """Turn the head as the face shows, and the neck with it."""
    turns["Head"] = turned_heads(turns["Head"], joints, face, rate)
    turns["Neck"] = shared(turns["Neck"], turns["Head"], UP, NECK_SHARE, MOST_TURNED)


def _turn_hands(
    turns: dict[str, Rotation],
    joints: Vectors,
    absent: NDArray[np.bool_] | None,
    scores: Vectors,
    seconds: Vectors,
) -> None:
    """Turn hands whose palms are known, and forearms with them."""
    for side in ("Left", "Right"):
        low, forearm = side.lower(), f"{side}ForeArm"
        knuckles = f"{low}_index_knuckle", f"{low}_little_knuckle"
        if _known(joints, absent, *knuckles):
            axis = rest_direction(f"{low}_wrist")
            certain = scores[:, H36M25.indices((f"{low}_wrist", *knuckles))].min(axis=1)
            upper, lower = (turns[f"{side}{bone}"].apply(axis) for bone in ("Arm", "ForeArm"))
            elbow = np.arccos(np.sum(upper * lower, axis=-1).clip(-1.0, 1.0))
            hand = steady_hands(
                turns[forearm], hand_turns(joints, low), axis, certain, elbow, seconds
            )
            turns[forearm] = shared(turns[forearm], hand, axis, FOREARM_SHARE, MOST_PRONATION)
            turns[f"{side}Hand"] = hand


def _soles(
    turns: dict[str, Rotation], joints: Vectors, absent: NDArray[np.bool_] | None
) -> dict[str, Rotation]:
    """Return orientations of the feet whose soles are known, and turn the shins with them."""
    soles = {}
    for side in ("Left", "Right"):
        low, shin = side.lower(), f"{side}Leg"
        if _known(joints, absent, f"{low}_heel", f"{low}_big_toe"):
            soles[side] = foot_turns_seen(joints, low, turns[shin])
            turns[shin] = shared(turns[shin], soles[side], -UP, SHIN_SHARE, MOST_TIBIAL)
    return soles


def _turn_feet(
    turns: dict[str, Rotation],
    rig: Rig,
    root: Vectors,
    contacts: NDArray[np.bool_],
    rate: float,
    soles: dict[str, Rotation],
) -> None:
    """Turn the feet, which hang on their shanks so far, by the floor and their soles."""
    places = rig.positions(root, [turns[name] for name in NAMES])
    for side, contact in zip(("Left", "Right"), contacts.T, strict=True):
        foot = f"{side}Foot"
        turns[foot] = foot_turns(
            turns[f"{side}Leg"], places[NAMES.index(foot)], rig.end_sites[foot], contact, rate,
            soles.get(side),
        )  # fmt: skip
