"""Feet that carry a body while they move over the floor: on skates, skis, boards, in socks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..skeleton import H36M17
from ..smoothing import runs
from .contacts import ANKLE_HEIGHT, ANKLES, STANDING_RISE

GRAVITY = 9.81  # metres a second squared
FALLS = 0.4
"""Share of it with which a body speeds up downwards from which nothing carries it: in a jump it is
1, above a foot that steps or glides the mean is 0."""
SMOOTH = 0.07  # seconds (standard deviation) over which heights are smoothed for that

NEAR = 0.25  # metres of an ankle above that of a standing foot, at most
LEVEL = 0.3  # metres a second up or down of a foot that glides, at most
BOTH = 0.03  # metres that the other foot may be higher and glide as well
SHORTEST = 0.2  # seconds
AROUND = 0.12  # seconds beside a fall that belong to a jump: feet push off and land

_KNEES = H36M17.indices(["left_knee", "right_knee"])


def gliding(
    joints: NDArray[np.float64], contacts: NDArray[np.bool_], floor: NDArray[np.float64],
    fps: Fraction,
) -> NDArray[np.bool_]:  # fmt: skip
    """Find the frames in which a foot glides over the floor.

    A body that does not fall is carried. Where no foot stands, it is the lower one that does.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, y up; every frame holds a pose.
    contacts
        (frames, 2) bool: left and right foot stand.
    floor
        (frames,) metres of the floor, found over a longer time.
    fps
        Frames per second.

    Returns
    -------
    NDArray
        (frames, 2) bool.
    """
    rate = float(fps)
    if len(joints) < 3:
        return np.zeros((len(joints), 2), bool)
    ankles = joints[:, ANKLES]
    height = gaussian_filter1d(ankles[..., 1], SMOOTH * rate, axis=0, mode="nearest")
    lowest = height.min(axis=1, keepdims=True)
    shank = joints[:, _KNEES] - ankles
    rise = shank[..., 1] / np.linalg.norm(shank, axis=-1).clip(1e-9)
    glides = (
        (height < lowest + BOTH)
        & (height - ANKLE_HEIGHT - floor[:, None] < NEAR)
        & (np.abs(np.gradient(height, 1 / rate, axis=0)) < LEVEL)
        & (rise > STANDING_RISE)
        & ~_falls(joints[:, 0, 1], rate)[:, None]
        & ~contacts.any(axis=1, keepdims=True)
    )
    for foot in range(2):
        for run in runs(glides[:, foot]):
            glides[run, foot] = run.stop - run.start >= SHORTEST * rate
    return glides


def _falls(height: NDArray[np.float64], fps: float) -> NDArray[np.bool_]:
    """Return the frames (frames,) in which nothing carries a body, and those beside them."""
    smooth = gaussian_filter1d(height, SMOOTH * fps, mode="nearest")
    speed_up = np.gradient(np.gradient(smooth, 1 / fps), 1 / fps)
    falls = speed_up < -FALLS * GRAVITY
    for run in runs(falls):
        reach = round(AROUND * fps)
        falls[max(0, run.start - reach) : run.stop + reach] = True
    return falls
