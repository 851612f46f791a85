"""Turns of hands and feet that palms and soles show, shared out along forearms and shins.

A forearm of one bone takes half of the turn between elbow and hand, as skin does between them; the
hand takes the rest. A shin takes half of the turn of its foot. How far a foot is tilted to its side
is not taken from its points: heel, toe and ankle lie nearly in a line as seen from the front.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...skeleton import H36M25
from .frames import frame_of, unit_of
from .rig import FRONT, LEFT, UP
from .rotations import twist_about

Vectors = NDArray[np.float64]

FOREARM_SHARE, SHIN_SHARE, NECK_SHARE = 0.5, 0.5, 0.4
"""Of the turn about the limb's own axis."""

MIDDLE = 0.615
"""Share of the index knuckle in the direction of a hand, which the middle finger has."""

MOST_PRONATION, MOST_TIBIAL = np.radians(110.0), np.radians(50.0)
"""Largest turns to both sides of a hand on its elbow, and of a foot on its knee. Beyond, points are
wrong."""


def hand_turns(joints: Vectors, side: str) -> Rotation:
    """Return orientations in the scene of a hand.

    Parameters
    ----------
    joints
        (frames, 25, 3) metres, H36M-25, scene frame.
    side
        "left" or "right".
    """
    wrist, index, little = _points(joints, side, "wrist", "index_knuckle", "little_knuckle")
    outwards = LEFT if side == "left" else -LEFT
    along = unit_of(MIDDLE * index + (1 - MIDDLE) * little - wrist, outwards)
    palm = np.cross(little - wrist, index - wrist) * (1 if side == "left" else -1)
    return frame_of(along, unit_of(palm, -UP), outwards, -UP)


def foot_turns_seen(joints: Vectors, side: str, shins: Rotation) -> Rotation:
    """Return orientations in the scene of a foot: its sole from heel to toe, upright on its shin.

    Parameters
    ----------
    joints
        (frames, 25, 3) metres, H36M-25, scene frame.
    side
        "left" or "right".
    shins
        Orientations of the shin.
    """
    heel, toe = _points(joints, side, "heel", "big_toe")
    return frame_of(unit_of(toe - heel, FRONT), shins.apply(UP), FRONT, UP)


def shared(limb: Rotation, end: Rotation, axis: Vectors, share: float, most: float) -> Rotation:
    """Turn a limb about its own axis by a share of the turn of what hangs on it.

    Parameters
    ----------
    limb, end
        Orientations in the scene of the limb's last bone, and of the hand or foot.
    axis
        (3,) direction of the limb's bone at rest.
    share
        Of the turn about the axis.
    most
        Radians to which the turn is limited.
    """
    twist = twist_about(limb.inv() * end, axis).clip(-most, most)
    return limb * Rotation.from_rotvec(share * twist[..., None] * axis)


def _points(joints: Vectors, side: str, *names: str) -> list[Vectors]:
    return [joints[:, H36M25.index(f"{side}_{name}")] for name in names]
