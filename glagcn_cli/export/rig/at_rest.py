"""Places at rest of joints of a half of the body that was never seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...halves import LOWER, Half, half_of
from ...skeleton import H36M17, H36M25
from .rig import LEFT, UP

# Lengths of bones as multiples of the trunk (hip to thorax) and of the thigh: medians over the CMU
# motion pack.
_OF_TRUNK = {"knee": 0.77, "ankle": 0.85}
_OF_THIGH = {
    "spine": 0.55, "thorax": 0.74, "neck": 0.34, "head": 0.25,
    "shoulder": 0.46, "elbow": 0.74, "wrist": 0.69,
}  # fmt: skip
_SHORTEST = 1e-6  # metres


def with_rest(joints: NDArray[np.floating], absent: NDArray[np.bool_] | None) -> NDArray:
    """Put joints that were never seen where they are at rest.

    Legs hang straight below the trunk; a trunk stands straight above the hips, with arms to both
    sides. Points of feet and palms lie at ankles and wrists.

    Parameters
    ----------
    joints
        (frames, 17 or 25, 3) metres, H36M-17 or H36M-25, scene frame (y up); the absent ones may be
        NaN.
    absent
        (17 or 25,) bool: the joints of `halves.UPPER` or of `halves.LOWER`, feet and palms; None
        for none.
    """
    if absent is None:
        return joints
    filled = joints.copy()
    half = half_of(absent)
    if half is not None:
        _half_at_rest(filled, half)
    for parent, child in H36M25.bone_indices:  # from the body outwards
        if child >= len(H36M17) and child < len(absent) and absent[child]:
            filled[:, child] = filled[:, parent]
    return filled


def _half_at_rest(filled: NDArray[np.floating], half: Half) -> None:
    """Put a half of the body at rest, in place."""

    def at(joint: str) -> NDArray[np.floating]:
        return filled[:, H36M17.index(joint)]

    if half is LOWER:
        trunk = at("thorax") - at("hip")
        for side in ("left", "right"):
            at(f"{side}_knee")[:] = at(f"{side}_hip") - _OF_TRUNK["knee"] * trunk
            at(f"{side}_ankle")[:] = at(f"{side}_knee") - _OF_TRUNK["ankle"] * trunk
        return
    thigh = np.mean(
        [
            np.linalg.norm(at(f"{side}_knee") - at(f"{side}_hip"), axis=-1)
            for side in ("left", "right")
        ]
    )
    below = "hip"
    for joint in ("spine", "thorax", "neck", "head"):
        at(joint)[:] = at(below) + _OF_THIGH[joint] * thigh * UP
        below = joint
    across = at("left_hip") - at("right_hip")
    across = across * (1 - UP)
    wide = np.linalg.norm(across, axis=-1, keepdims=True)
    across = np.where(wide > _SHORTEST, across / np.maximum(wide, _SHORTEST), LEFT)
    for side, outwards in (("left", across), ("right", -across)):
        below = "thorax"
        for joint in ("shoulder", "elbow", "wrist"):
            at(f"{side}_{joint}")[:] = at(below) + _OF_THIGH[joint] * thigh * outwards
            below = f"{side}_{joint}"
