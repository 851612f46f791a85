"""How fingers bend, from 21 points a hand, and whether a hand is open, closed or points.

A knuckle's angle is measured against the back of the hand, those farther out against the bone
before. No captured truth lies here: limits are those of a healthy hand's active range, as textbooks
of goniometry give it, rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..poses import Keypoints2D

FINGERS = ("thumb", "index", "middle", "ring", "little")
JOINTS = ("mcp", "pip", "dip", "spread")
"""Bends of knuckle, middle and outer joint, and the knuckle's turn towards the thumb. Of a thumb,
the first two are the bends of its joints, the others the angles of its base out of the palm and
to the side of the index finger."""

LIMITS = np.array(
    [[(-10, 70), (-10, 90), (0, 80), (0, 90)]] + [[(-30, 95), (0, 115), (0, 90), (-30, 30)]] * 4,
    np.float64,
)
"""Least and greatest angle of each joint of each finger (5, 4, 2), degrees."""

OPEN, CLOSED, POINTING, OTHER, UNSEEN = "open", "closed", "pointing", "other", ""
SHAPES = (OPEN, CLOSED, POINTING, OTHER, UNSEEN)

SEEN = 0.2
"""Score of a hand with less of which nothing is said."""

STRAIGHT, CURLED = 1.45, 1.25
"""Of a finger: the way from the wrist to its tip, in ways to its knuckle. From the first on it is
stretched, up to the second it is curled."""

_WRIST = 0
_CHAINS = np.arange(1, 21).reshape(5, 4)  # points of each finger, from the palm outwards
_Array = NDArray[np.float64]


@dataclass(frozen=True)
class HandMotion:
    """One hand of a person over a clip.

    Parameters
    ----------
    points
        (frames, 21, 2) pixels.
    places
        (frames, 21, 3) metres from the wrist: x right, y down, z away from the camera; bones have
        one length each over the clip.
    scores
        (frames,) in 0..1.
    angles
        (frames, 5, 4) degrees, NaN where the hand was not seen: `FINGERS` by `JOINTS`.
    shapes
        (frames,) numbers of `SHAPES`.
    """

    points: NDArray[np.float32]
    places: NDArray[np.float32]
    scores: NDArray[np.float32]
    angles: NDArray[np.float32]
    shapes: NDArray[np.int8]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(frames,) bool: the hand was seen."""
        return self.scores >= SEEN


def hands_of(person: Keypoints2D) -> tuple[HandMotion, HandMotion] | None:
    """Tell how the fingers of the left and the right hand of a person bend, None if unknown."""
    if person.hands is None:
        return None
    return hand_motion(person.hands[:, 0], False), hand_motion(person.hands[:, 1], True)


def hand_motion(hand: NDArray[np.floating], right: bool) -> HandMotion:
    """Tell how the fingers of a hand bend.

    Parameters
    ----------
    hand
        (frames, 21, 6) of one hand, as `poses.Keypoints2D.hands` has it.
    right
        Whether it is the right one.
    """
    scores = hand[:, 0, 5].astype(np.float32)
    seen = scores >= SEEN
    places = with_steady_bones(hand[..., 2:5].astype(np.float64), seen)
    angles = np.where(seen[:, None, None], finger_angles(places, right), np.nan)
    shapes = np.where(seen, hand_shapes(places), SHAPES.index(UNSEEN))
    return HandMotion(
        hand[..., :2].astype(np.float32),
        places.astype(np.float32),
        scores,
        angles.astype(np.float32),
        shapes.astype(np.int8),
    )


def with_steady_bones(places: _Array, seen: NDArray[np.bool_]) -> _Array:
    """Give each bone of a hand its median length.

    Parameters
    ----------
    places
        (frames, 21, 3).
    seen
        (frames,) frames that the medians are of.

    Returns
    -------
    NDArray
        (frames, 21, 3) from the wrist.
    """
    parents = np.concatenate([np.full((5, 1), _WRIST), _CHAINS[:, :-1]], axis=1)
    bones = places[:, _CHAINS] - places[:, parents]  # frames, fingers, bones, 3
    lengths = np.linalg.norm(bones, axis=-1, keepdims=True)
    median = np.median(lengths[seen] if seen.any() else lengths, axis=0)
    steady = np.zeros_like(places)
    steady[:, _CHAINS] = np.cumsum(bones / np.maximum(lengths, 1e-9) * median, axis=2)
    return steady


def finger_angles(places: _Array, right: bool) -> _Array:
    """Compute the bends of fingers, within `LIMITS`.

    Parameters
    ----------
    places
        (..., 21, 3): x right, y down, z away from the camera.
    right
        Whether it is a right hand.

    Returns
    -------
    NDArray
        (..., 5, 4) degrees.
    """
    out = palm_normal(places, right)[..., None, :]
    chain = places[..., _CHAINS, :]
    before = _unit(_flat(chain[..., 0, :] - places[..., None, _WRIST, :], out))
    bones = _unit(np.diff(chain, axis=-2))
    aside = np.cross(before, out)
    bend = np.degrees(np.arctan2(_dot(bones[..., 0, :], out), _dot(bones[..., 0, :], before)))
    to_thumb = _dot(bones[..., 0, :], aside) * (1.0 if right else -1.0)
    spread = np.degrees(np.arcsin(np.clip(to_thumb, -1, 1)))
    outer = _bends(bones[..., :-1, :], bones[..., 1:, :], aside[..., None, :])
    angles = np.stack([bend, outer[..., 0], outer[..., 1], spread], axis=-1)
    angles[..., 0, :] = _thumb(places, bones[..., 0, :, :], out[..., 0, :])
    return np.clip(angles, LIMITS[..., 0], LIMITS[..., 1])


def palm_normal(places: _Array, right: bool) -> _Array:
    """Return the unit vector (..., 3) out of the palm."""
    along = places[..., 9, :] - places[..., _WRIST, :]
    across = places[..., 5, :] - places[..., 17, :]
    return _unit(np.cross(along, across)) * (-1.0 if right else 1.0)


def hand_shapes(places: _Array) -> NDArray[np.intp]:
    """Tell whether hands (..., 21, 3) are open, closed or point, as numbers of `SHAPES`."""
    away = np.linalg.norm(places - places[..., :1, :], axis=-1)
    reach = away[..., _CHAINS[1:, 3]] / np.maximum(away[..., _CHAINS[1:, 0]], 1e-9)
    straight, curled = reach >= STRAIGHT, reach <= CURLED
    found = np.full(reach.shape[:-1], SHAPES.index(OTHER))
    found[straight.all(axis=-1)] = SHAPES.index(OPEN)
    found[curled.all(axis=-1)] = SHAPES.index(CLOSED)
    points = straight[..., 0] & ~straight[..., 1:].any(axis=-1)
    found[points] = SHAPES.index(POINTING)
    return found


def _thumb(places: _Array, bones: _Array, out: _Array) -> _Array:
    """Return the thumb's four angles (..., 4), degrees."""
    along = _unit(places[..., 9, :] - places[..., _WRIST, :])
    aside = _unit(_flat(places[..., 5, :] - places[..., 17, :], along))
    outer = np.degrees(np.arccos(np.clip(_dot(bones[..., :-1, :], bones[..., 1:, :]), -1, 1)))
    base = bones[..., 0, :]
    palmar = np.degrees(np.arcsin(np.clip(_dot(base, out), -1, 1)))
    radial = np.degrees(np.arctan2(_dot(base, aside), _dot(base, along)))
    return np.stack([outer[..., 0], outer[..., 1], palmar, radial], axis=-1)


def _bends(first: _Array, second: _Array, axis: _Array) -> _Array:
    """Return angles from unit vectors to others, positive about an axis, degrees."""
    turn = np.cross(first, second)
    return np.degrees(np.arctan2(_dot(turn, axis), _dot(first, second)))


def _flat(vectors: _Array, normal: _Array) -> _Array:
    return vectors - _dot(vectors, normal)[..., None] * normal


def _dot(first: _Array, second: _Array) -> _Array:
    return np.asarray((first * second).sum(axis=-1))


def _unit(vectors: _Array) -> _Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
