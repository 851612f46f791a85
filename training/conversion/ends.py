"""Finds heel, ball, toe and hand, and the direction of palms, where a rig has bones for them.

They are those of the packs (`data.extremities`): the ball is where the toes begin, the hand a point
on the way to the middle finger. No rig has a heel: it lies at the height of the ball below the
ankle, and `HEEL` behind that, and moves with the foot. What is below the ankle is told by frames in
which the foot lies flat, as rest poses may have their toes down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .animation import Animation
from .placing import up_axis
from .rigs import SIDES, Rig

HEEL = 0.06 / 1.75
"""Of the height: from below the ankle back to the heel."""

POINTS = ("heel", "ball", "toe", "hand", "palm")
"""Points of a side. The last is as far out of the palm from the hand as the hand from the wrist."""

THUMB_TURN = np.radians(59.04)
"""By which CMU's thumbs, which never move, lie out of the plane of the palm."""

_TOE = 0.5  # of the way from ankle to ball, where a rig has no end of the toes
_FLAT = 0.015  # of the height: ankle and ball this near to their lowest are those of a flat foot
_LOWEST = 5  # percentile of heights
_FEWEST = 10  # frames
_MOST_OFF = np.cos(np.radians(45.0))  # of the sole's up from the shin at rest
_SHORTEST = 1e-6

Vectors = NDArray[np.float64]


@dataclass(frozen=True)
class Ends:
    """Feet and hands of one motion.

    Parameters
    ----------
    points
        (frames, 10, 3) `POINTS` of the left and the right side.
    usable
        (4,) bool: left foot, left hand, right foot, right hand are there.
    """

    points: Vectors
    usable: NDArray[np.bool_]


def ends_of(
    animation: Animation, rig: Rig, joints: Mapping[str, Vectors], body: Vectors, height: float
) -> Ends | None:
    """Find feet and hands; None where the rig has bones for none.

    Parameters
    ----------
    animation, rig
        The file and its skeleton.
    joints
        (frames, 3) of ankles, wrists and the like, by name.
    body
        (frames, 17, 3) of all.
    height
        Of the figure.
    """
    axis = up_axis(body)
    up = np.eye(3)["xyz".index(axis[-1])] * (-1.0 if axis.startswith("-") else 1.0)
    points, usable = [], []
    for side in SIDES:
        ankle, wrist = joints[f"{side}_ankle"], joints[f"{side}_wrist"]
        foot = _foot(animation, rig, side, up, height)
        hand = _hand(animation, rig, side, wrist)
        points += foot or [ankle] * 3
        points += hand or [wrist] * 2
        usable += [foot is not None, hand is not None]
    if not any(usable):
        return None
    return Ends(np.stack(points, axis=1), np.array(usable))


def _foot(
    animation: Animation, rig: Rig, side: str, up: Vectors, height: float
) -> list[Vectors] | None:
    """Return heel, ball and end of the toes (frames, 3); None without a bone of the toes."""
    name = rig.toes_of(side)
    if name is None or not animation.has(name):
        return None
    ball, ankle = animation.index(name), animation.index(rig.limb("ankle", side))
    knee = animation.index(rig.limb("knee", side))
    foot = ball if rig.ends_of_bones else ankle  # whose turn is the foot's
    above, front = animation.rest[ankle], animation.rest[ball]
    if np.linalg.norm(front - above) < _SHORTEST * height:
        return None
    shin = _unit(animation.rest[knee] - above)
    sole_up = _flat_up(animation, foot, (ankle, ball), up, height)
    if sole_up is None or sole_up @ shin < _MOST_OFF:
        sole_up = shin
    below = above - (above - front) @ sole_up * sole_up
    forward = _unit(front - below)
    heel = animation.attached(foot, below - HEEL * height * forward)
    ends = [animation.rest[node] for node in animation.children(ball)]
    ways = [end - front for end in ends if (end - front) @ forward > _SHORTEST * height]
    if ways:  # CMU's nodes are ends of bones: its toes hang on the foot
        longest = max(ways, key=lambda way: float(np.linalg.norm(way)))
        toe = animation.attached(foot if rig.ends_of_bones else ball, front + longest)
    else:
        toe = animation.attached(foot, front + _TOE * np.linalg.norm(front - above) * forward)
    return [heel, animation.positions[:, ball], toe]


def _flat_up(
    animation: Animation, foot: int, ends: tuple[int, int], up: Vectors, height: float
) -> Vectors | None:
    """Return what is up for a foot that lies flat, in its axes at rest; None if it never does."""
    heights = animation.positions[:, ends] @ up
    low = heights - np.percentile(heights, _LOWEST, axis=0) < _FLAT * height
    flat = low.all(axis=1)
    if flat.sum() < _FEWEST:
        return None
    # Rotations go from rest to the world; their transposes bring the world's up to rest.
    return _unit(np.median(up @ animation.rotations[flat, foot], axis=0))


def _hand(animation: Animation, rig: Rig, side: str, wrist: Vectors) -> list[Vectors] | None:
    """Return the hand and a point out of its palm (frames, 3); None without bones that tell."""
    sign = 1.0 if side == "left" else -1.0
    if rig.thumb is not None:
        names = tuple(name.format(s=side[0]) for name in rig.thumb)
        if not animation.has(*names):
            return None
        hand, thumb = (animation.positions[:, animation.index(name)] for name in names)
        tilted = sign * np.cross(hand - wrist, thumb - wrist)
        palm = _about(_unit(hand - wrist), _unit(tilted), -sign * THUMB_TURN)
    else:
        names = rig.knuckles_of(side)
        if not names or not animation.has(*names):
            return None
        hand, index, little = (animation.positions[:, animation.index(name)] for name in names)
        palm = sign * np.cross(little - wrist, index - wrist)
    length = np.linalg.norm(hand - wrist, axis=1, keepdims=True)
    if length.min() < _SHORTEST or np.linalg.norm(palm, axis=1).min() < _SHORTEST**2:
        return None
    return [hand, hand + length * _unit(palm)]


def _about(axis: Vectors, vectors: Vectors, angle: float) -> Vectors:
    """Turn vectors (frames, 3) at right angles to axes about them."""
    return np.cos(angle) * vectors + np.sin(angle) * np.cross(axis, vectors)


def _unit(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12))
