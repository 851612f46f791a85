"""The halves of a body, of which one may never be in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .skeleton import EXTREMITIES, H36M17, JointSet


@dataclass(frozen=True)
class Half:
    """Half of a body.

    Parameters
    ----------
    name
        For messages.
    joints
        Joints that are missing where it was never seen. The hips belong to neither half:
        everything hangs on them.
    shown_by
        Those of the joints that tell whether it is seen.
    """

    name: str
    joints: tuple[str, ...]
    shown_by: tuple[str, ...]

    def mask(self, joint_set: JointSet = H36M17) -> NDArray[np.bool_]:
        """Return which joints of a set belong to it, (joints,)."""
        return np.array([joint in self.joints for joint in joint_set.joints])


_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_ARMS = tuple(
    f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow", "wrist")
)
_HANDS = tuple(joint for joint in EXTREMITIES if joint.endswith("knuckle"))
_LEGS = tuple(f"{side}_{joint}" for side in ("left", "right") for joint in ("knee", "ankle"))
_FEET = tuple(
    f"{side}_{joint}" for side in ("left", "right") for joint in ("heel", "big_toe", "small_toe")
)

UPPER = Half(
    "upper body",
    ("spine", "thorax", "neck", "head", "head_top", *_FACE, *_ARMS, *_HANDS),
    ("head", "left_shoulder", "right_shoulder"),
)
LOWER = Half("lower body", (*_LEGS, *_FEET), _LEGS)
HALVES = (UPPER, LOWER)


def half_of(absent: NDArray[np.bool_] | None, joint_set: JointSet = H36M17) -> Half | None:
    """Return the half whose joints are those of a mask (joints,); None for any other mask.

    Feet and hands that were never seen say nothing: no detector may have looked for them.
    """
    if absent is None:
        return None
    body = joint_set.body
    own = absent[: len(body)]
    return next((half for half in HALVES if np.array_equal(half.mask(body), own)), None)


def may_be_absent(absent: NDArray[np.bool_], joint_set: JointSet) -> bool:
    """Tell whether these joints (joints,) may never have been seen: a half, feet and hands."""
    if not absent.any() or absent.all():
        return False
    return not absent[: len(joint_set.body)].any() or half_of(absent, joint_set) is not None
