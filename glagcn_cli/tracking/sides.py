"""Give arms and legs back their sides where a detector exchanged them for some frames.

Seen from the side or turning fast, left and right limbs are taken for one another, and back again a
few frames later. In 3D the whole body would then turn round within a frame.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..poses import Keypoints2D
from ..skeleton import JointSet
from ..wording import counted

log = logging.getLogger(__name__)

_LIMBS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
_ENDS = (
    ("index_knuckle", "little_knuckle"),
    ("big_toe", "small_toe", "heel"),
)  # what goes with them, where it is known

_JUMP = 0.05
"""Of the body's size: by so much must a change of sides explain the movement better."""

_PRICE, _CHANGE = 0.3, 0.03
"""What a second of exchanged sides costs, and each change, in the body's size of movement."""

_NARROW = 0.05
"""Of the body's size: shoulders or hips that are seen no wider face no way."""

_MOST = 0.5  # of the body's size: no limb is taken to move farther in a frame


_Pair = tuple[list[int], list[int]]  # joints of the left and of the right limb

_STATES = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
"""Whether arms and legs are exchanged."""


@dataclass(frozen=True)
class Exchange:
    """Frames of a person in which limbs were exchanged: (frames,) bool of arms and of legs."""

    arms: NDArray[np.bool_]
    legs: NDArray[np.bool_]

    @property
    def frames(self) -> int:
        """In how many frames something was exchanged."""
        return int((self.arms | self.legs).sum())


def given_back(person: Keypoints2D) -> tuple[Keypoints2D, Exchange]:
    """Return a person whose limbs keep their sides, and where that changed anything.

    Of the ways to name the limbs of each frame that series is taken in which they move least and
    in which shoulders and hips face one way. A frame that is changed has its price, so that it
    takes two jumps with little time between them.
    """
    pairs = [
        (_joints(person.joint_set, "left", limb), _joints(person.joint_set, "right", limb))
        for limb in _LIMBS
    ]
    arms, legs = _exchanged(person, pairs)
    found = Exchange(arms, legs)
    if not found.frames:
        return person, found
    keypoints, scores = person.keypoints.copy(), person.scores.copy()
    for exchanged, limb, ends in zip((arms, legs), _LIMBS, _ENDS, strict=True):
        known = [end for end in ends if f"left_{end}" in person.joint_set.joints]
        left, right = (_joints(person.joint_set, s, (*limb, *known)) for s in ("left", "right"))
        rows = np.flatnonzero(exchanged)[:, None]
        for values in (keypoints, scores):
            values[rows, left], values[rows, right] = values[rows, right], values[rows, left]
    hands = person.hands
    if hands is not None:
        hands = np.where(arms[:, None, None, None], hands[:, ::-1], hands)
    return replace(person, keypoints=keypoints, scores=scores, hands=hands), found


def with_sides(person: Keypoints2D, video: Path | str) -> Keypoints2D:
    """Return a person whose limbs keep their sides, and say so where that changed anything."""
    person, exchange = given_back(person)
    if exchange.frames:
        log.info(
            "%s: left and right limbs of person %d were exchanged in %s, and are put right",
            *(video, person.person, counted(exchange.frames, "frame")),
        )
    return person


def _joints(joint_set: JointSet, side: str, limb: tuple[str, ...]) -> list[int]:
    return [joint_set.joints.index(f"{side}_{joint}") for joint in limb]


def _size(person: Keypoints2D) -> float:
    """Return the median diagonal of the box around the joints, pixels."""
    points = person.keypoints[person.valid].astype(np.float64)
    if not len(points):
        return 1.0
    return max(1.0, float(np.median(np.linalg.norm(np.ptp(points, axis=1), axis=1))))


def _exchanged(person: Keypoints2D, pairs: Sequence[_Pair]) -> NDArray[np.bool_]:
    """Find the cheapest series: (2, frames), True where arms or legs are exchanged."""
    frames = np.flatnonzero(person.valid)
    found = np.zeros((2, len(person)), bool)
    if len(frames) < 3:
        return found
    size = _size(person)
    gains = np.stack([_gain(person, frames, *pair, size) for pair in pairs], axis=1)  # (n - 1, 2)
    twist = _twist(person, frames, pairs, size)
    price = _PRICE / float(person.fps)
    lasting = np.diff(frames, prepend=frames[0] - 1)
    alike = _STATES[:, 0] == _STATES[:, 1]
    alone = price * lasting[:, None] * _STATES.sum(axis=1) + np.maximum(
        np.where(alike, twist[:, None], -twist[:, None]), 0.0
    )
    changes = _STATES[:, None] != _STATES[None]  # to, from, limbs
    cost, came_from = alone[0], np.zeros((len(frames), len(_STATES)), np.intp)
    for k in range(1, len(frames)):
        gain = gains[k - 1]
        moved = np.where(changes, np.maximum(-gain, 0.0) + _CHANGE, np.maximum(gain, 0.0))
        total = cost + moved.sum(axis=-1)
        came_from[k] = total.argmin(axis=1)
        cost = total.min(axis=1) + alone[k]
    state = int(cost.argmin())
    for k in range(len(frames) - 1, -1, -1):
        found[:, frames[k]] = _STATES[state]
        state = int(came_from[k, state])
    return found


def _twist(
    person: Keypoints2D, frames: NDArray[np.intp], pairs: Sequence[_Pair], size: float
) -> NDArray[np.float64]:
    """Return by how much shoulders and hips face opposite ways (n,), negative where they do not."""
    points = person.keypoints[frames].astype(np.float64) / size
    across = [points[:, left[0]] - points[:, right[0]] for left, right in pairs]
    widths = np.minimum(*(np.linalg.norm(one, axis=-1) for one in across))
    ends = [joints[0] for pair in pairs for joints in pair]
    sure = person.scores[frames][:, ends].min(axis=1).astype(np.float64)
    facing = np.sign((across[0] * across[1]).sum(axis=-1))
    return -facing * sure * np.maximum(widths - _NARROW, 0.0)


def _gain(
    person: Keypoints2D, frames: NDArray[np.intp], left: list[int], right: list[int], size: float
) -> NDArray[np.float64]:
    """Return by how much less limbs move between frames (n - 1,) if their sides change there."""
    points = person.keypoints[frames].astype(np.float64) / size
    sure = np.minimum(person.scores[frames][:, left], person.scores[frames][:, right])
    weight = np.minimum(sure[1:], sure[:-1]).astype(np.float64)
    moves = [
        np.linalg.norm(points[1:, to] - points[:-1, come], axis=-1)
        for come, to in ((left, left), (right, right), (left, right), (right, left))
    ]
    same, other = (np.minimum(one + two, 2 * _MOST) / 2 for one, two in (moves[:2], moves[2:]))
    mean = (weight * (same - other)).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-6)
    apart = np.diff(frames) > 1  # what lies between is not known
    gain = np.sign(mean) * np.maximum(np.abs(mean) - _JUMP, 0.0)
    return np.where(apart, 0.0, gain)
