"""Bones of fingers: their names, how they hang together, and where they are at rest.

At rest fingers are straight and point as the hand does, the thumb half-way to its side in the plane
of the palm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...biomechanics.fingers import FINGERS

BONES_OF_A_FINGER = 3

THUMB = FINGERS[0]

_PARTS = ("Proximal", "Intermediate", "Distal")
_PARTS_OF_THUMB = ("Metacarpal", "Proximal", "Distal")

# Millimetres of a hand of 185 mm: where the first bone begins, from the wrist along the hand, to
# the thumb's side, and out of the palm; then lengths of the bones. Those of the bones, with the
# flesh of the tips, are the means of Buryanov and Kotiuk, Proportions of Hand Segments, 2010.
_HAND = 185.0
_TABLE: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "thumb": ((22.0, 20.0, 10.0), (46.0, 32.0, 27.0)),
    "index": ((90.0, 20.0, 0.0), (40.0, 22.0, 20.0)),
    "middle": ((93.0, 0.0, 0.0), (45.0, 26.0, 21.0)),
    "ring": ((87.0, -16.0, 0.0), (41.0, 26.0, 21.0)),
    "little": ((77.0, -32.0, 0.0), (33.0, 18.0, 20.0)),
}
_THUMB_AT_REST = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
_FINGER_AT_REST = np.array([1.0, 0.0, 0.0])

PALM_LENGTH = _TABLE["middle"][0][0] / _HAND
"""From the wrist to the knuckles, as a share of the hand."""


@dataclass(frozen=True)
class FingerBone:
    """A bone of a finger.

    Parameters
    ----------
    side
        "left" or "right".
    finger
        One of `biomechanics.fingers.FINGERS`.
    number
        0 for the bone next to the palm, 2 for the last.
    """

    side: str
    finger: str
    number: int

    @property
    def name(self) -> str:
        """Its name in the rig, Mixamo's: "LeftHandIndex1"."""
        return f"{self._stem}{self.number + 1}"

    @property
    def parent(self) -> str:
        """Name of the joint of the rig that it hangs on."""
        return f"{self._stem}{self.number}" if self.number else self.hand

    @property
    def hand(self) -> str:
        """Name of the rig's joint of its hand."""
        return f"{self.side.capitalize()}Hand"

    @property
    def vrm_name(self) -> str:
        """Its name in VRM 1.0: "leftIndexProximal"."""
        parts = _PARTS_OF_THUMB if self.finger == THUMB else _PARTS
        return f"{self.side}{self.finger.capitalize()}{parts[self.number]}"

    @property
    def _stem(self) -> str:
        called = "Pinky" if self.finger == "little" else self.finger.capitalize()
        return f"{self.hand}{called}"

    @property
    def direction(self) -> NDArray[np.float64]:
        """(3,) unit vector at rest: along the hand, to the thumb's side, out of the palm."""
        return _THUMB_AT_REST if self.finger == THUMB else _FINGER_AT_REST

    @property
    def offset(self) -> NDArray[np.float64]:
        """(3,) from its parent at rest, in the same axes, in lengths of the hand."""
        root, lengths = _TABLE[self.finger]
        if self.number == 0:
            return np.array(root) / _HAND
        return self.direction * lengths[self.number - 1] / _HAND

    @property
    def length(self) -> float:
        """In lengths of the hand."""
        return _TABLE[self.finger][1][self.number] / _HAND


FINGER_BONES: tuple[FingerBone, ...] = tuple(
    FingerBone(side, finger, number)
    for side in ("left", "right")
    for finger in FINGERS
    for number in range(BONES_OF_A_FINGER)
)
"""All of both hands; every bone stands before what hangs on it."""


def fan_of(finger: str) -> float:
    """Return the angle at which a finger's knuckle lies to the thumb's side, radians."""
    along, aside, _ = _TABLE[finger][0]
    return float(np.arctan2(aside, along))
