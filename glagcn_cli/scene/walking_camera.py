"""Finds how a camera moves over the floor from feet that stand: it walks, they do not.

Near and far things pass a camera that walks at different speeds, and its path among them is not
found. But a foot that stands rests in the world, so that what moves away from it is the camera. All
people together tell of one camera, and its scale is that of their bodies.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from ..poses import PoseSequence
from ..smoothing import low_pass, runs
from .contacts import ANKLE_HEIGHT, ANKLES
from .legs import facing

LOWER = 0.03  # metres that a foot may be above the other one and stand as likely
STEADY = 6.0
"""Metres a second squared: usual change of a camera's speed against a standing foot. A foot in the
air is set off and stopped by several times as much."""

CALM = 0.04  # seconds (standard deviation) over which speeds are smoothed

BALL = 0.13
"""Metres from a standing ankle forwards to the ball of the foot, about which it turns when the heel
rises. Without it every step would be short by the way that the ankle rolls."""

DEPTH = 1.1
"""What a stride towards the camera or away from it is, over what lifters make of it
(`benchmarks.accuracy.scene`)."""

PATH_CUTOFF = 3.0  # hertz: faster, the path of somebody is that of errors of the feet

_Array = NDArray[np.float64]


def camera_by_feet(
    people: Sequence[_Array], valid: Sequence[NDArray[np.bool_]], fps: float
) -> _Array:
    """Return the path of a camera over the floor, (frames, 3) metres from where it began, y = 0.

    Parameters
    ----------
    people
        (frames, 17, 3) metres of each person, seen from the camera in axes that stand still, y up.
    valid
        (frames,) bool of each person: frames with a pose. The camera stands still without any.
    fps
        Frames per second.
    """
    steps, told = np.zeros((len(people[0]), 2)), np.zeros(len(people[0]))
    for joints, seen in zip(people, valid, strict=True):
        for run in runs(seen):
            body = _deepened(joints[run])
            steps[run][1:] -= _steps_of_standing(_balls(body, fps), fps)
            told[run][1:] += 1
    path = np.zeros((len(steps), 3))
    path[:, ::2] = np.cumsum(steps / np.maximum(told, 1)[:, None], axis=0)
    return path


def calm(path: _Array, body: PoseSequence) -> _Array:
    """Smooth the path (frames, 3) of somebody whom a camera follows that shakes."""
    return low_pass(path, body.valid, body.fps, PATH_CUTOFF)


def _deepened(joints: _Array) -> _Array:
    """Make bodies (frames, 17, 3) deeper along the line of sight, by what lifters lose of it."""
    root = joints[:, :1]
    away = root * [1, 0, 1]
    away /= np.linalg.norm(away, axis=-1, keepdims=True).clip(1e-9)
    depth = ((joints - root) * away).sum(axis=-1, keepdims=True)
    return np.asarray(joints + (DEPTH - 1) * depth * away)


def _balls(joints: _Array, fps: float) -> _Array:
    """Return the balls of the feet (frames, 2, 3), at the height of their ankles."""
    feet = joints[:, ANKLES].copy()
    lowest = minimum_filter1d(feet[..., 1].min(axis=1), 2 * round(fps) + 1, mode="nearest")
    height = feet[..., 1] - (lowest - ANKLE_HEIGHT)[:, None]
    ahead = facing(joints)[:, None] * [1, 0, 1]
    ahead /= np.linalg.norm(ahead, axis=-1, keepdims=True).clip(1e-9)
    reach = np.sqrt(np.maximum(BALL**2 + ANKLE_HEIGHT**2 - np.square(height), 0.0))
    return np.asarray(feet + ahead * reach[..., None])


def _steps_of_standing(feet: _Array, fps: float) -> _Array:
    """Return the steps (frames - 1, 2) over the floor, from frame to frame, of feet that stand.

    `feet` is (frames, 2, 3). Which of both stands is found for all frames at once: the one whose
    speed changes little, and rather the lower one (Viterbi's algorithm).
    """
    if len(feet) < 3:
        return np.zeros((len(feet) - 1, 2))
    smooth = gaussian_filter1d(feet, CALM * fps, axis=0, mode="nearest")
    speeds = np.diff(smooth[..., ::2], axis=0) * fps
    heights = smooth[1:, :, 1]
    high = np.square((heights - heights.min(axis=1, keepdims=True)) / LOWER) / fps
    # (frames, from, to): from the foot that stands in a frame to the one that does in the next
    change = np.linalg.norm(speeds[1:, None] - speeds[:-1, :, None], axis=-1)
    change = np.square(change * fps / STEADY) / fps
    costs, came_from = high[0], np.zeros((len(high), 2), np.intp)
    for frame in range(1, len(high)):
        ways = costs[:, None] + change[frame - 1]
        came_from[frame] = ways.argmin(axis=0)
        costs = ways.min(axis=0) + high[frame]
    stands = np.empty(len(high), np.intp)
    stands[-1] = costs.argmin()
    for frame in range(len(high) - 1, 0, -1):
        stands[frame - 1] = came_from[frame, stands[frame]]
    return np.asarray(np.diff(feet[..., ::2], axis=0)[np.arange(len(high)), stands])
