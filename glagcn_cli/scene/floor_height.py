"""Finds the height of the floor under a body at every time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, percentile_filter

from ..poses import PoseSequence
from ..smoothing import runs
from .contacts import ANKLE_HEIGHT
from .supports import carried, floor_of_carried, standing_height

FLOOR_WINDOW = 1.5
"""Seconds within which a foot touches the floor: longer than a jump or a stride."""

ON_THE_FLOOR = 20
"""Percent of the frames of `FLOOR_WINDOW` with a foot on the floor, at least. The lowest ankle of
all has the largest error, and would let the person hover."""


def floor_height(joints: NDArray[np.float64], sequence: PoseSequence) -> NDArray[np.float64]:
    """Compute the floor's height (frames,), as `floor_under`."""
    return floor_under(joints, sequence)[0]


def floor_under(
    joints: NDArray[np.float64], sequence: PoseSequence
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Compute the floor's height (frames,) under the lowest part of a body at every time.

    Errors of depth and tilt let the height drift as a person walks, unlike the feet. The floor
    follows the lowest ankle over `FLOOR_WINDOW`, so that a jump remains; or the lowest part, where
    hands or head carry the body. Whoever sits, kneels or lies touches the floor all the time.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, y up.
    sequence
        Poses of the joints, for valid frames and rate.

    Returns
    -------
    floor, held
        Metres, and in which frames more than feet and hands carry the body (`supports.carried`).
    """
    found, held = np.zeros(len(joints)), np.zeros(len(joints), bool)
    window = max(1, round(FLOOR_WINDOW * float(sequence.fps)))
    for run in runs(sequence.valid):
        lowest = standing_height(joints[run])
        # Padded here, since some versions of scipy fail for windows longer than the values.
        padded = np.pad(lowest, window, mode="edge")
        floor = percentile_filter(padded, ON_THE_FLOOR, window)[window:-window]
        found[run] = gaussian_filter1d(floor, window / 4, mode="nearest") - ANKLE_HEIGHT
        held[run] = carried(joints[run], found[run], sequence.fps)
        if held[run].any():
            found[run] = floor_of_carried(lowest, found[run], held[run], sequence.fps)
    return found, held
