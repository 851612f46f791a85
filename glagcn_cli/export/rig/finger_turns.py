"""Rotations of finger bones from the bends of fingers, steady over time.

Angles are averaged over time, each with the score of its hand as weight. Where a hand is not seen
its fingers go over to those of a hand at rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...biomechanics.fingers import FINGERS, HandMotion
from ...smoothing import near_neighbours
from .finger_bones import FINGER_BONES, THUMB, FingerBone, fan_of
from .rig import hand_axes

Vectors = NDArray[np.float64]

RESTING = np.array(
    [(12, 18, 25, 40), (18, 28, 12, -9), (22, 30, 14, 0), (25, 32, 15, 6), (26, 32, 15, 15)],
    np.float64,
)
"""Degrees of the fingers of a hand that hangs down, as `biomechanics.fingers` tells them."""

STEADY = 0.06
"""Seconds over which angles of hands that are seen for sure are averaged."""

AT_REST = 0.015
"""Weight of the resting pose beside scores of 0..1: half a second after a hand was last seen, two
thirds of the way to it are gone."""

_THUMB_ASIDE = np.radians(45.0)  # at rest
_THUMB_PLANE = np.radians(30.0)  # by which a thumb bends out of the plane of the palm


def finger_rotations(hands: Sequence[HandMotion], fps: Fraction) -> Vectors:
    """Return the rotations of all `FINGER_BONES` in their parents.

    Parameters
    ----------
    hands
        The left and the right hand; one that was never seen is at rest (`RESTING`).
    fps
        Frames per second.

    Returns
    -------
    NDArray
        (frames, bones, 4) quaternions x, y, z, w.
    """
    angles = {
        side: np.radians(steady_angles(hand, fps))
        for side, hand in zip(("left", "right"), hands, strict=True)
    }
    turns = [_turned(bone, angles[bone.side]) for bone in FINGER_BONES]
    return np.stack([turn.as_quat() for turn in turns], axis=1)


def resting_fingers(hands: dict[str, Rotation]) -> dict[str, Rotation]:
    """Return the orientations in the scene of fingers at rest, by the names of their bones.

    Parameters
    ----------
    hands
        Orientations in the scene of hands, by "left" and "right".
    """
    angles = np.radians(RESTING)[None]
    found: dict[str, Rotation] = {}
    for bone in FINGER_BONES:
        if bone.side in hands:
            above = found.get(bone.parent, hands[bone.side])
            found[bone.name] = above * _turned(bone, angles)[0]
    return found


def _turned(bone: FingerBone, angles: Vectors) -> Rotation:
    """Return the rotations of a bone in its parent by the angles (frames, 5, 4) of its hand."""
    own = angles[:, FINGERS.index(bone.finger)]
    return _of_thumb(bone, own) if bone.finger == THUMB else _of_finger(bone, own)


def never_seen(hands: Sequence[HandMotion]) -> tuple[str, ...]:
    """Return the names of the bones of hands that were never seen."""
    gone = [
        side for side, hand in zip(("left", "right"), hands, strict=True) if not hand.seen.any()
    ]
    return tuple(bone.name for bone in FINGER_BONES if bone.side in gone)


def steady_angles(hand: HandMotion, fps: Fraction) -> Vectors:
    """Return the angles (frames, 5, 4) of a hand without gaps, averaged over time, degrees."""
    weights = np.where(hand.seen, hand.scores, 0.0).astype(np.float64)[:, None]
    seen = np.nan_to_num(hand.angles.astype(np.float64)).reshape(len(weights), -1)
    rest = np.broadcast_to(RESTING.ravel(), seen.shape)
    both = weights + AT_REST
    target = (weights * seen + AT_REST * rest) / both
    stiffness = np.full(len(weights) - 1, (STEADY * float(fps)) ** 2)
    return near_neighbours(target, both[:, 0], stiffness).reshape(hand.angles.shape)


def _of_finger(bone: FingerBone, angles: Vectors) -> Rotation:
    """Return the rotations of a bone by the angles (frames, 4) of its finger, radians."""
    along, aside, palm = hand_axes(bone.side)
    bend = _about(along, palm, angles[:, bone.number])
    if bone.number:
        return bend
    fan = _about(along, aside, np.full(len(angles), fan_of(bone.finger)))
    return fan * bend * _about(along, aside, angles[:, 3])


def _of_thumb(bone: FingerBone, angles: Vectors) -> Rotation:
    """Return the rotations of a bone of a thumb by its angles (frames, 4), radians."""
    along, aside, palm = hand_axes(bone.side)
    rest = np.cos(_THUMB_ASIDE) * along + np.sin(_THUMB_ASIDE) * aside
    if bone.number:
        across = np.sin(_THUMB_ASIDE) * along - np.cos(_THUMB_ASIDE) * aside
        to = np.cos(_THUMB_PLANE) * across + np.sin(_THUMB_PLANE) * palm
        return _about(rest, to, angles[:, bone.number - 1])
    palmar, radial = angles[:, 2], angles[:, 3]
    return _about(along, aside, radial - _THUMB_ASIDE) * _about(rest, palm, palmar)


def _about(start: Vectors, end: Vectors, angles: Vectors) -> Rotation:
    """Return turns by angles (frames,) from one unit vector towards another at right angles."""
    return Rotation.from_rotvec(np.multiply.outer(angles, np.cross(start, end)))
