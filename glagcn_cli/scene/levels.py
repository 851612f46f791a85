"""Tells floors at different heights apart: a roof, a stage, a bank, where they are beyond doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence

STATURE = 0.12
"""Expected error of a person's size as a share of it. A child taken for an adult is put farther
away, and so are the feet below the camera."""

TILT = np.radians(4.0)
"""Expected error of the scene's up, radians: it lifts or sinks who is farther away."""

BEYOND_DOUBT = 3.0  # expected errors
LEAST_STEP = 0.5  # metres
SHORTEST = 0.5  # seconds for which feet must have stood


class Stand(NamedTuple):
    """Where a person's feet stand, seen from the camera.

    ``height`` metres above the camera, ``distance`` metres over the floor, ``seconds`` for which
    they were seen to stand.
    """

    height: float
    distance: float
    seconds: float


def stand_of(
    body: PoseSequence,
    sight: NDArray[np.float64],
    floor: NDArray[np.float64],
    contacts: NDArray[np.bool_],
) -> Stand:
    """Return where a body stands.

    Parameters
    ----------
    body
        Poses, for valid frames and rate.
    sight
        (frames, 3) metres from the camera to the body, y up.
    floor
        (frames,) metres of the floor above the camera.
    contacts
        (frames, 2) bool: feet that stand.
    """
    if not body.valid.any():
        return Stand(0.0, 0.0, 0.0)
    away = np.linalg.norm(sight[body.valid][:, ::2], axis=1)
    seconds = float(contacts.any(axis=1).sum() / body.fps)
    return Stand(float(np.median(floor[body.valid])), float(np.median(away)), seconds)


def raised_to(body: PoseSequence, level: float) -> PoseSequence:
    """Put a body on a floor at another height, metres."""
    return replace(body, joints=body.joints + np.array([0.0, level, 0.0])) if level else body


def floor_levels(stands: Sequence[Stand]) -> NDArray[np.float64]:
    """Compute the height in metres (people,) of each person's floor above the lowest one.

    People whose heights might be the same share a floor: zero for all in an ordinary clip.
    """
    levels = np.zeros(len(stands))
    sure = [k for k, stand in enumerate(stands) if stand.seconds >= SHORTEST]
    order = sorted(sure, key=lambda k: stands[k].height)
    for before, number in pairwise(order):
        step = stands[number].height - stands[before].height
        apart = step > max(LEAST_STEP, BEYOND_DOUBT * _doubt(stands[before], stands[number]))
        levels[number] = levels[before] + (step if apart else 0.0)
    for k in set(range(len(stands))) - set(sure):
        if sure:
            levels[k] = levels[min(sure, key=lambda s: abs(stands[s].height - stands[k].height))]
    return levels


def _doubt(one: Stand, other: Stand) -> float:
    """Return the expected error of the difference of two heights, metres."""
    sizes = STATURE * np.hypot(one.height, other.height)
    return float(np.hypot(sizes, TILT * abs(one.distance - other.distance)))
