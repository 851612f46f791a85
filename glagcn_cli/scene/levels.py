"""Tells floors at different heights apart: a roof, a stage, a bank, where they are beyond doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence
from ..smoothing import runs

STATURE = 0.12
"""Expected error of a person's size as a share of it. A child taken for an adult is put farther
away, and so are the feet below the camera."""

TILT = np.radians(4.0)
"""Expected error of the scene's up, radians: it lifts or sinks who is farther away."""

BEYOND_DOUBT = 3.0  # expected errors
LEAST_STEP = 0.5  # metres
SHORTEST = 0.5  # seconds for which feet must have stood


class Stand(NamedTuple):
    """Where a person's feet stand while the person is in sight, seen from the camera.

    ``height`` metres above the camera, ``distance`` metres over the floor, ``seconds`` for which
    they were seen to stand.
    """

    height: float
    distance: float
    seconds: float


def stands_of(
    body: PoseSequence,
    sight: NDArray[np.float64],
    floor: NDArray[np.float64],
    contacts: NDArray[np.bool_],
) -> list[Stand]:
    """Return where a body stands in each run of valid frames: who jumped off a roof is below it.

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
    away = np.linalg.norm(sight[:, ::2], axis=1)
    return [
        Stand(
            float(np.median(floor[run])), float(np.median(away[run])),
            float(contacts[run].any(axis=1).sum() / body.fps),
        )
        for run in runs(body.valid)
    ]  # fmt: skip


def on_floors(
    people: Sequence[PoseSequence], stands: Sequence[Sequence[Stand]]
) -> tuple[list[PoseSequence], NDArray[np.float64]]:
    """Put bodies on floors at their heights.

    Parameters
    ----------
    people
        Bodies that stand at y = 0.
    stands
        Of each body, as `stands_of` returns them.

    Returns
    -------
    people
        Each run of valid frames at the height of its floor.
    levels
        (people, frames) metres of the floor above the lowest; 0 where nobody is seen.
    """
    heights = iter(floor_levels([stand for person in stands for stand in person]))
    levels = np.zeros((len(people), len(people[0])))
    for number, body in enumerate(people):
        for run in runs(body.valid):
            levels[number, run] = next(heights)
    up = levels[..., None, None] * [0, 1, 0]
    raised = [
        replace(body, joints=body.joints + above) if above.any() else body
        for body, above in zip(people, up, strict=True)
    ]
    return raised, levels


def floor_levels(stands: Sequence[Stand]) -> NDArray[np.float64]:
    """Compute the height in metres (stands,) of each floor above the lowest one.

    Stands whose heights might be the same share a floor: zero for all in an ordinary clip.
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
