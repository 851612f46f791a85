"""How feet are turned: no joint of the 17 tells, but shank and floor do, and soles where known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from .rig import FRONT, LEFT, UP

Vectors = NDArray[np.float64]

FLAT, FREE = 0.10, 0.20
"""Metres of the ankle above the floor: up to the one a foot is flat, from the other it hangs."""

UPRIGHT, LEANING = np.cos(np.radians(60.0)), np.cos(np.radians(78.0))
"""Of a shank: a foot whose shank lies does not stand, however low it is."""

TOE_HEIGHT = 0.01  # metres above the floor: where toes that touch it are
ROLL = np.radians(60.0)  # by which a foot on its toes is pitched at most
RAISED = np.radians(20.0)  # above the horizontal, to which toes are lifted off the floor at most
CONTACT_EASE = 0.05  # seconds (standard deviation) over which a contact comes and goes

ANKLE_EASE = 0.03
"""Seconds (standard deviation) over which an ankle bends. Toes caught under a shank that goes down
to the floor would be stretched backwards all at once; so they dip below it for a few frames."""

_SHORTEST = 1e-6


def foot_turns(
    shanks: Rotation, ankles: Vectors, toes: Vectors, contact: NDArray[np.bool_], rate: float,
    soles: Rotation | None = None,
) -> Rotation:  # fmt: skip
    """Orientations of a foot in the scene.

    A foot that is in the air is turned as the shank, or as its sole where that is known. The
    nearer the ankle comes to the floor, the more it is turned flat, its toes where it faces. Its
    toes stay on the floor while the heel rises, as long as the foot is in contact or leans forward.
    Toes that would still reach below the floor are lifted onto it.

    Parameters
    ----------
    shanks
        Orientations of the shank.
    ankles
        (frames, 3) metres, scene frame.
    toes
        (3,) metres: the end of the toes from the ankle, at rest.
    contact
        (frames,) bool: the foot stands on the floor.
    rate
        Frames per second.
    soles
        Orientations of the foot by its heel and toe; None where these are not known.

    Returns
    -------
    Rotation
        One for each frame.
    """
    free = shanks if soles is None else soles
    height = ankles[:, 1]
    held = gaussian_filter1d(contact.astype(np.float64), CONTACT_EASE * rate, mode="nearest")
    stands = np.maximum(_ease(height, FREE, FLAT), held)
    stands = stands * _ease(shanks.apply(UP)[:, 1], LEANING, UPRIGHT)
    ahead = free.apply(FRONT)
    pitch = _pitch(height, toes, np.arcsin(np.clip(-ahead[:, 1], 0.0, 1.0)), held)
    grounded = _heading(ahead) * Rotation.from_rotvec(pitch[:, None] * LEFT)
    turn = (free.inv() * grounded).as_rotvec()
    feet = _above_floor(free * Rotation.from_rotvec(turn * stands[:, None]), height, toes)
    bend = (shanks.inv() * feet).as_rotvec()
    bend = gaussian_filter1d(bend, ANKLE_EASE * rate, axis=0, mode="nearest")
    return shanks * Rotation.from_rotvec(bend)


def _pitch(height: Vectors, toes: Vectors, leaning: Vectors, held: Vectors) -> Vectors:
    """Radians (frames,) by which a standing foot is pitched, toes down: its heel leaves first."""
    drop, length = -toes[1], _length(toes)
    toe_height = np.clip(height - drop, 0.0, TOE_HEIGHT)
    slope = np.arcsin(np.clip((height - toe_height) / length, -1.0, 1.0))
    to_floor = np.clip(slope - np.arcsin(drop / length), -RAISED, ROLL)
    return np.minimum(to_floor, np.maximum(leaning, held * to_floor))


def _above_floor(feet: Rotation, height: Vectors, toes: Vectors) -> Rotation:
    """Lift toes that reach below the floor onto it, the shorter way."""
    ahead = feet.apply(toes)
    length = _length(toes)
    lowest = np.minimum(TOE_HEIGHT - height, length * np.sin(RAISED))
    now, wanted = (np.arcsin(np.clip(y / length, -1.0, 1.0)) for y in (ahead[:, 1], lowest))
    level = _of_unit_length(ahead * [1.0, 0.0, 1.0], feet.apply(FRONT) * [1.0, 0.0, 1.0])
    lift = np.maximum(wanted - now, 0.0)
    return Rotation.from_rotvec(lift[:, None] * np.cross(level, UP)) * feet


def _length(toes: Vectors) -> float:
    return max(float(np.linalg.norm(toes)), _SHORTEST)


def _heading(ahead: Vectors) -> Rotation:
    """Rotations about the vertical that turn the front to the level part of (frames, 3)."""
    return Rotation.from_rotvec(np.arctan2(ahead[:, 0], ahead[:, 2])[:, None] * UP)


def _ease(values: Vectors, none: float, full: float) -> Vectors:
    """From 0 at ``none`` to 1 at ``full``, without a corner."""
    share = np.clip((values - none) / (full - none), 0.0, 1.0)
    return share**2 * (3 - 2 * share)


def _of_unit_length(vectors: Vectors, otherwise: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    chosen = np.where(norms > _SHORTEST, vectors, otherwise)
    return chosen / np.maximum(np.linalg.norm(chosen, axis=-1, keepdims=True), _SHORTEST)
