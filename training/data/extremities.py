"""Places heels, big toes and knuckles on the feet and hands of a motion pack.

A pack's foot is a heel and a ball (where the toes begin), its hand a point on the way to the
fingers and a direction out of the palm. Laboratories differ in the lengths of both and agree in the
directions. The points here have the directions of the pack, and lengths that fit a person.

- The big toe lies beyond the ball on the line from the heel, by the length of the toe's bone: toes
  that bend are not told from feet that do. Markers lie on the back of the foot and of the heel, and
  ball and heel are moved towards the sole by `SOLE` of their distance, to where a picture shows the
  outline of the foot.
- The hand reaches from wrist to middle knuckle `HAND` of a forearm, along the pack's hand. Index
  and little knuckle are off that line by `INDEX` and `LITTLE` of the hand: along it, and to the
  thumb's side in the plane of the palm.
- A marker on the back of the hand bends a hand without thickness backwards. Hands of ASF/AMC are
  bent by `BENT_BACK` towards the palm, the median over arms that hang.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.skeleton import EXTREMITIES, H36M17

SOLE = 0.17
HAND = 0.31
INDEX = (1.0, 0.25)
LITTLE = (0.87, -0.40)
BENT_BACK: Mapping[str, float] = {"amc": 13.0}
"""Degrees, by the source of a clip."""

MARKS = ("heel", "ball", "toe", "hand")
"""Points of one side that a pack must have."""

Vectors = NDArray[np.floating]


def extremities(
    body: Vectors, marks: Mapping[str, Vectors], palms: Vectors, usable: NDArray[np.bool_],
    bent_back: Vectors,
) -> NDArray[np.float32]:  # fmt: skip
    """Place the eight points of `EXTREMITIES`.

    Parameters
    ----------
    body
        (frames, 17, 3) metres, H36M-17.
    marks
        (frames, 3) metres of "left_heel", "right_ball" and the like, see `MARKS`.
    palms
        (frames, 2, 3) unit vectors out of the left and the right palm.
    usable
        (frames, 4): left foot, left hand, right foot, right hand are right.
    bent_back
        (frames,) degrees by which hands are bent towards the palm.

    Returns
    -------
    NDArray
        (frames, 8, 3) metres, NaN where not usable.
    """
    at = {joint: body[:, number] for number, joint in enumerate(H36M17.joints)}
    found: dict[str, Vectors] = {}
    for number, side in enumerate(("left", "right")):
        own = {mark: marks[f"{side}_{mark}"] for mark in MARKS}
        foot = _foot(at[f"{side}_ankle"] - at[f"{side}_knee"], own)
        hand = _hand(
            at[f"{side}_elbow"], at[f"{side}_wrist"], own["hand"], palms[:, number],
            bent_back, 1.0 if side == "left" else -1.0,
        )  # fmt: skip
        for ok, points in ((usable[:, 2 * number], foot), (usable[:, 2 * number + 1], hand)):
            for name, point in points.items():
                found[f"{side}_{name}"] = np.where(ok[:, None], point, np.nan)
    return np.stack([found[joint] for joint in EXTREMITIES], axis=1).astype(np.float32)


def _foot(shin: Vectors, own: Mapping[str, Vectors]) -> dict[str, Vectors]:
    """Place heel and big toe on the outline of a foot, its shin pointing down to it."""
    sole = own["ball"] - own["heel"]
    forward = _unit(sole)
    down = _unit(shin - _along(shin, forward))
    lower = SOLE * np.linalg.norm(sole, axis=-1, keepdims=True) * down
    toe = np.linalg.norm(own["toe"] - own["ball"], axis=-1, keepdims=True)
    return {"heel": own["heel"] + lower, "big_toe": own["ball"] + toe * forward + lower}


def _hand(
    elbow: Vectors, wrist: Vectors, hand: Vectors, palm: Vectors, bent_back: Vectors, sign: float
) -> dict[str, Vectors]:
    """Place the knuckles of a hand; ``sign`` is 1 for the left, -1 for the right."""
    forward = _unit(hand - wrist)
    palm = _unit(palm - _along(palm, forward))
    thumb = sign * np.cross(palm, forward)
    angle = np.radians(bent_back)[:, None]
    forward = np.cos(angle) * forward + np.sin(angle) * palm
    length = HAND * np.median(np.linalg.norm(wrist - elbow, axis=-1))
    return {
        f"{finger}_knuckle": wrist + length * (ahead * forward + aside * thumb)
        for finger, (ahead, aside) in (("index", INDEX), ("little", LITTLE))
    }


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-6))


def _along(vectors: Vectors, direction: Vectors) -> Vectors:
    return np.asarray((vectors * direction).sum(axis=-1, keepdims=True) * direction)
