"""Inverse kinematics of a leg: two bones reach a target and bend as a knee bends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..skeleton import H36M17

_FORWARD = 0.05
"""Share of a leg's length: a straighter knee is drawn to the side that the body faces."""

_HIPS = H36M17.indices(["left_hip", "right_hip"])
_TRUNK = H36M17.indices(["hip", "spine"])

_Vectors = NDArray[np.float64]


@dataclass(frozen=True)
class Leg:
    """Positions of a leg's joints in H36M-17."""

    hip: int
    knee: int
    ankle: int

    def lengths(self, joints: _Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute lengths (frames,) of thigh and shank from (frames, 17, 3) joints, metres."""
        thigh = np.linalg.norm(joints[:, self.knee] - joints[:, self.hip], axis=1)
        return thigh, np.linalg.norm(joints[:, self.ankle] - joints[:, self.knee], axis=1)

    def length(self, joints: _Vectors) -> NDArray[np.float64]:
        """Compute the length (frames,) of the straight leg, metres."""
        thigh, shank = self.lengths(joints)
        return thigh + shank


LEGS = (
    Leg(*H36M17.indices(["left_hip", "left_knee", "left_ankle"])),
    Leg(*H36M17.indices(["right_hip", "right_knee", "right_ankle"])),
)


def reach_for(joints: _Vectors, leg: Leg, target: _Vectors, longest: NDArray[np.float64]) -> None:
    """Move an ankle to a place, or as near as the leg is long, in joints (frames, 17, 3) in place.

    The hip stays, and bone lengths are unchanged. The knee bends to its own side or, the straighter
    it is, to the side that the body faces.

    Parameters
    ----------
    joints
        Metres.
    leg
        The leg to move.
    target
        (frames, 3) metres.
    longest
        (frames,) largest reach of the leg, metres.
    """
    thigh, shank = leg.lengths(joints)
    hip = joints[:, leg.hip]
    way = target - hip
    distance = np.linalg.norm(way, axis=1)
    direction = way / np.maximum(distance, 1e-9)[:, None]
    shortest = np.abs(thigh - shank) + 1e-6
    reach = np.clip(distance, shortest, np.minimum(longest, thigh + shank))
    along = (thigh**2 - shank**2 + reach**2) / (2 * reach)
    aside = np.sqrt(np.maximum(thigh**2 - along**2, 0.0))
    bend = _across(joints[:, leg.knee] - hip, direction)
    bent = np.linalg.norm(bend, axis=1) / (_FORWARD * (thigh + shank))
    drawn = np.maximum(1 - bent, 0.0) * _FORWARD * (thigh + shank)
    bend += drawn[:, None] * _across(facing(joints), direction)
    bend /= np.linalg.norm(bend, axis=1, keepdims=True).clip(1e-9)
    joints[:, leg.knee] = hip + along[:, None] * direction + aside[:, None] * bend
    joints[:, leg.ankle] = hip + reach[:, None] * direction


def _across(vectors: _Vectors, direction: _Vectors) -> _Vectors:
    """Return the part of vectors (frames, 3) at right angles to unit directions."""
    return vectors - np.sum(vectors * direction, axis=1, keepdims=True) * direction


def facing(joints: _Vectors) -> _Vectors:
    """Return directions (frames, 3) that bodies face: across the hips and along the trunk."""
    across = joints[:, _HIPS[0]] - joints[:, _HIPS[1]]
    facing = np.cross(across, joints[:, _TRUNK[1]] - joints[:, _TRUNK[0]])
    return facing / np.linalg.norm(facing, axis=1, keepdims=True).clip(1e-9)
