"""Feet of a character that stand: when, how they lie, how far they reach into the floor."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.spatial.transform import Rotation

from ...scene.contacts import ANKLE_HEIGHT, ANKLES, SHORTEST, SLOW, STEP
from ...scene.foot_lock import SETTLING, eased
from ...smoothing import runs
from ..rig.rig import FRONT, UP
from .soles import Sole

Vectors = NDArray[np.float64]

_LOW = 0.04  # metres above a standing ankle: a foot that is higher does not stand


def foot_contacts(joints: Vectors, fps: Fraction) -> NDArray[np.bool_]:
    """Find the frames in which feet stand, from the joints alone.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, scene frame.
    fps
        Frames per second.

    Returns
    -------
    NDArray
        (frames, 2) bool: left, right.
    """
    ankles, frames = joints[:, ANKLES], np.arange(len(joints))
    reach = max(1, round(STEP * float(fps)))
    before, after = np.maximum(frames - reach, 0), np.minimum(frames + reach, len(frames) - 1)
    moved = np.linalg.norm(ankles[after] - ankles[before], axis=-1)
    slow = moved * (float(fps) / np.maximum(after - before, 1))[:, None] < SLOW
    found = slow & (ankles[..., 1] < ANKLE_HEIGHT + _LOW)
    for foot in range(found.shape[1]):
        for run in runs(found[:, foot]):
            found[run, foot] = run.stop - run.start >= SHORTEST * float(fps)
    return found


def before_settling(contacts: NDArray[np.bool_], fps: Fraction) -> NDArray[np.bool_]:
    """Return contacts (frames, feet) with the moments that the foot lock takes from their ends.

    Contacts of a scene are without them already, and the lock takes them again.
    """
    frames = round(2 * SETTLING * float(fps))
    return np.asarray(maximum_filter1d(contacts, 2 * frames + 1, axis=0, mode="nearest"))


def held_feet(turns: Rotation, held: NDArray[np.bool_], fps: Fraction) -> Rotation:
    """Lay a foot flat, and pointing one way, as long as it is held.

    Parameters
    ----------
    turns
        (frames,) orientations of the foot; none lies flat and points to the front.
    held
        (frames,) bool.
    fps
        Frames per second.

    Returns
    -------
    Rotation
        Orientations that come from and go to those given without a jump.
    """
    ahead = turns.apply(FRONT)
    changes = np.zeros((len(held), 3))
    for run in runs(held):
        x, _, z = ahead[run].sum(axis=0)
        flat = Rotation.from_rotvec(np.arctan2(x, z) * UP)
        changes[run] = (turns[run].inv() * flat).as_rotvec()
    return turns * Rotation.from_rotvec(eased(changes, held, float(fps)))


def sunk(turns: Rotation, height: Vectors, sole: Sole) -> Vectors:
    """Return how far (frames,) a sole reaches below the floor, its ankle at a height above it."""
    lowest = np.minimum(turns.apply(sole.heel)[:, 1], turns.apply(sole.toe)[:, 1])
    return np.maximum(-(height + lowest), 0.0)
