"""Hands on their forearms: as their points show, within what wrists do, and steady.

A palm is known by three points that lie close together. Where a detector hardly sees them, or a
palm is seen from its edge, it may be turned round the forearm by any angle. So each frame counts by
its score and by whether a wrist can be turned like that, and the others take their share of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...smoothing import near_neighbours
from .rotations import swing, twist_about

Vectors = NDArray[np.float64]

MOST_TURNED, MOST_BENT = np.radians(95.0), np.radians(85.0)
"""Turn of a palm about the forearm, to both sides of a thumb that points up, and bend of a wrist.
Textbooks of goniometry give 80 to 90 degrees for both."""

BEYOND = np.radians(15.0)
"""Degrees beyond these at which a frame counts exp(-1/2)."""

STEADY = 0.02
"""Seconds over which palms that are seen for sure are averaged."""

AT_REST = 0.002
"""Weight of a straight wrist, its thumb up, beside scores of 0..1."""

_HINGE_KNOWN = np.radians(30.0)  # bend of an elbow that tells how the forearm is turned


def steady_hands(
    forearm: Rotation,
    hand: Rotation,
    axis: Vectors,
    certain: Vectors,
    elbow: Vectors,
    seconds: Vectors,
) -> Rotation:
    """Return orientations of a hand, steady and within the limits of its wrist.

    Parameters
    ----------
    forearm, hand
        (frames,) orientations in the scene, the forearm's as its elbow bends, the hand's as its
        points show.
    axis
        (3,) direction of the forearm at rest.
    certain
        (frames,) scores of the hand's points, in 0..1.
    elbow
        (frames,) its bend, radians. A straight arm does not tell how its forearm is turned, so that
        no turn of the hand is too far.
    seconds
        (frames,) increasing: when the frames are.
    """
    own = forearm.inv() * hand
    along = own.apply(axis)
    bend = np.arccos((along @ axis).clip(-1.0, 1.0))
    turn = twist_about(own, axis)
    told = np.minimum(elbow / _HINGE_KNOWN, 1.0)
    weights = certain**2 * _within(bend, MOST_BENT) * (1 - told * (1 - _within(turn, MOST_TURNED)))
    both = weights + AT_REST
    turned = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    target = np.concatenate([along, turned], axis=1) * weights[:, None]
    target = (target + AT_REST * np.array([*axis, 1.0, 0.0])) / both[:, None]
    steady = target
    if len(target) > 1:
        steps = np.diff(seconds)
        steady = near_neighbours(target, both, STEADY**2 / np.median(steps) / steps)
    length = np.linalg.norm(steady[:, :3], axis=1, keepdims=True)
    bent = swing(np.broadcast_to(axis, along.shape), steady[:, :3] / np.maximum(length, 1e-9))
    angle = np.arctan2(steady[:, 4], steady[:, 3])
    return forearm * bent * Rotation.from_rotvec(angle[:, None] * axis)


def _within(angles: Vectors, most: float) -> Vectors:
    """Return 1 for angles up to a limit, less for those beyond it."""
    beyond = np.maximum(np.abs(angles) - most, 0.0) / BEYOND
    return np.asarray(np.exp(-0.5 * beyond**2))
