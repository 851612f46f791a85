"""Tells people of whom one half is never in the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..halves import HALVES, LOWER, UPPER, Half, half_of
from ..poses import Keypoints2D
from ..skeleton import H36M17, H36M25, JointSet

SEEN = 0.3
"""Score from which a joint inside the picture shows its half of the body."""

NEVER = 0.05
"""Share of the frames up to which a half may seem to be seen and never was."""

OFTEN = 0.5
"""Share of the frames in which the other half must be seen; with less, neither is judged."""

_OF_LENGTH = {len(joint_set): joint_set for joint_set in (H36M17, H36M25)}

_SHOWN_BY = 2
"""Joints of a half that must be seen in a frame for the half to be seen."""


def without_half(person: Keypoints2D, absent: NDArray[np.bool_] | None) -> Keypoints2D:
    """Return a person's 2D with score 0 for the points of a half that was never seen.

    Parameters
    ----------
    person
        Of any joint set.
    absent
        (17 or 25,) bool: the half's joints of H36M-17 or H36M-25; None for none.
    """
    if absent is None or (half := half_of(absent, _OF_LENGTH[len(absent)])) is None:
        return person
    seen = ~half.mask(person.joint_set)
    scores = person.scores * seen.astype(np.float32)
    hands = None if half is UPPER else person.hands
    return replace(person, scores=scores, hands=hands)


def unseen_half(
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating],
    valid: NDArray[np.bool_],
    image_size: tuple[int, int],
) -> Half | None:
    """Return the half of a body that was never seen in a clip; None for a whole body.

    Legs that a table hides for a while have been seen before or after, and are no unseen half.

    Parameters
    ----------
    keypoints
        (frames, 17, 2) pixels, H36M-17.
    scores
        (frames, 17) in 0..1.
    valid
        (frames,) bool: the person was found in this frame.
    image_size
        (width, height) in pixels.
    """
    if not valid.any():
        return None
    share = seen_shares(keypoints, scores, valid, image_size)
    for half, other in ((UPPER, LOWER), (LOWER, UPPER)):
        if share[half] <= NEVER and share[other] >= OFTEN:
            return half
    return None


def unseen_extremities(
    scores: NDArray[np.floating], valid: NDArray[np.bool_], joint_set: JointSet
) -> NDArray[np.bool_]:
    """Return which feet and palms were never seen in a clip, (joints,); False for the body.

    Parameters
    ----------
    scores
        (frames, joints) in 0..1.
    valid
        (frames,) bool: the person was found in this frame.
    joint_set
        Joint set of the scores.
    """
    never = np.zeros(len(joint_set), bool)
    if valid.any():
        never = (scores[valid] >= SEEN).mean(axis=0) <= NEVER
    never[: len(joint_set.body)] = False
    return never


def seen_shares(
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating],
    valid: NDArray[np.bool_],
    image_size: tuple[int, int],
    least: float = SEEN,
) -> dict[Half, float]:
    """Return the share of the frames in which each half is seen.

    Parameters
    ----------
    keypoints, scores, valid, image_size
        As `unseen_half` takes them, with a valid frame.
    least
        Score from which a joint inside the picture is seen.
    """
    inside = ((keypoints >= 0) & (keypoints < image_size)).all(axis=-1)
    shown = (inside & (scores >= least))[valid]
    return {
        half: float((shown[:, H36M17.indices(half.shown_by)].sum(axis=1) >= _SHOWN_BY).mean())
        for half in HALVES
    }
