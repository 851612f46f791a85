"""Skeleton fit: from joint positions to a rig with constant bone lengths and joint rotations.

Joints are first moved to where bones of one length each bring all of them nearest (`bones`).
The trunk's orientation comes from three points (the hips; the shoulders), that of every other bone
from its direction. Turning about a bone's own axis cannot be seen in a direction: for upper arms
and thighs it comes from the hinge of elbow or knee (`limbs`), for feet from the floor (`feet`), for
all others it is that of the parent.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...errors import NobodyFoundError
from ...scene.bones import bone_lengths, steady_bones
from ...skeleton import H36M17
from .at_rest import with_rest
from .feet import foot_turns
from .limbs import LIMBS, limb_turns
from .rig import LEFT, NAMES, PARENTS, RIG_JOINTS, UP, Rig, RigMotion, rest_direction
from .rotations import continuous_quaternions, swing

Vectors = NDArray[np.float64]

_NEARLY_PARALLEL = 0.05  # sine of the angle below which two directions span no plane


def fit_rig(
    joints: NDArray[np.floating],
    valid: NDArray[np.bool_],
    fps: Fraction,
    contacts: NDArray[np.bool_] | None = None,
    absent: NDArray[np.bool_] | None = None,
) -> RigMotion:
    """Fit a rig with constant bone lengths to joint positions.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, H36M-17 joints, scene frame (y up, floor at y = 0).
    valid
        (frames,) bool: frames that hold a pose. In the others the last one is held, before the
        first that one: nobody knows what was done meanwhile.
    fps
        Frames per second.
    contacts
        (frames, 2) bool: the left and the right foot stand on the floor. Where that is not known,
        None, the feet's heights tell.
    absent
        (17,) bool: joints of a half that was never seen, whose bones hold their rest.

    Returns
    -------
    RigMotion
        One pose for every frame.

    Raises
    ------
    NobodyFoundError
        When no frame is valid.
    """
    if joints.shape != (len(valid), len(H36M17), 3):
        raise ValueError(f"joints have shape {joints.shape}, expected ({len(valid)}, 17, 3)")
    if not valid.any():
        raise NobodyFoundError("no frame holds a pose, so there is no motion to fit a rig to")
    seen = steady_bones(with_rest(joints[valid], absent), np.ones(int(valid.sum()), bool))
    frames = np.flatnonzero(valid)
    held = np.maximum(np.cumsum(valid) - 1, 0)
    root = seen[:, H36M17.index("hip")]
    rig = Rig(bone_lengths(seen))
    turns = _orientations(seen, rig.lengths, frames / float(fps))
    standing = np.zeros((len(seen), 2), bool) if contacts is None else contacts[valid]
    _turn_feet(turns, rig, root, standing, float(fps))
    return RigMotion(
        rig,
        root[held],
        continuous_quaternions(_in_parents(turns)[held]),
        valid.copy(),
        _absent_bones(absent),
    )


def _absent_bones(absent: NDArray[np.bool_] | None) -> tuple[str, ...]:
    """Names of the rig's joints that move bones to an absent joint of H36M-17."""
    if absent is None:
        return ()
    names = {joint for joint, gone in zip(H36M17.joints, absent, strict=True) if gone}
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
        return _unit(difference, rest_direction(end))

    hips, shoulders = bone("right_hip", "left_hip"), bone("right_shoulder", "left_shoulder")
    low, high = bone("hip", "spine"), bone("spine", "thorax")
    turns = {
        "Hips": _frame(hips, low, LEFT, UP),
        # Half of the twist between hips and shoulders happens below the middle of the spine.
        "Spine": _frame(low, hips + shoulders, UP, LEFT),
        "Spine1": _frame(high, shoulders, UP, LEFT),
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


def _turn_feet(
    turns: dict[str, Rotation],
    rig: Rig,
    root: Vectors,
    contacts: NDArray[np.bool_],
    rate: float,
) -> None:
    """Turn the feet, which hang on their shanks so far, with regard to the floor."""
    places = rig.positions(root, [turns[name] for name in NAMES])
    for side, contact in zip(("Left", "Right"), contacts.T, strict=True):
        foot = f"{side}Foot"
        turns[foot] = foot_turns(
            turns[f"{side}Leg"], places[NAMES.index(foot)], rig.end_sites[foot], contact, rate
        )


def _carried(vectors: Vectors, good: NDArray[np.bool_], otherwise: Vectors) -> Vectors:
    """Replace bad rows by the good row before them (the leading ones by the first good row)."""
    if good.all():
        return vectors
    if not good.any():
        return np.tile(otherwise, (len(vectors), 1))
    last = np.maximum.accumulate(np.where(good, np.arange(len(good)), -1))
    return vectors[np.where(last < 0, np.argmax(good), last)]


def _unit(vectors: Vectors, otherwise: Vectors) -> Vectors:
    """Directions of (frames, 3) vectors; where there is none, that of the frame before."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    good = norms[:, 0] > 1e-6
    return _carried(vectors / np.where(norms > 1e-6, norms, 1.0), good, otherwise)


def _frame(primary: Vectors, secondary: Vectors, first: Vectors, second: Vectors) -> Rotation:
    """Rotations that take axis ``first`` to ``primary`` and ``second`` towards ``secondary``."""
    across = np.cross(primary, secondary)
    norms = np.linalg.norm(across, axis=-1)
    spread = norms > _NEARLY_PARALLEL
    third = _carried(across, spread, np.cross(first, second))
    third = _unit(third - np.sum(third * primary, axis=-1, keepdims=True) * primary, second)
    scene = np.stack([primary, np.cross(third, primary), third], axis=-1)
    rest = np.stack([first, second, np.cross(first, second)], axis=-1)
    return Rotation.from_matrix(scene @ rest.T)
