"""Parts of a body that may rest on the floor: feet, hands, knees, the seat, the back, the head."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, percentile_filter

from ..skeleton import H36M17
from ..smoothing import runs
from .contacts import ANKLE_HEIGHT, ANKLES, LOWEST_ANKLE, SLOW, STANDING_RISE, speeds

_RESTING = {
    "hip": 0.06, "left_hip": 0.055, "left_knee": 0.055, "left_ankle": LOWEST_ANKLE, "spine": 0.07,
    "thorax": 0.065, "neck": 0.09, "head": 0.09, "left_shoulder": 0.055, "left_elbow": 0.037,
    "left_wrist": 0.025,
}  # fmt: skip

CLEARANCE = np.array(
    [_RESTING[name.replace("right_", "left_")] for name in H36M17.joints], np.float64
)
"""(17,) metres from the floor to the middle of a joint that rests on it: the lowest twentieth of a
simulated body that lies, sits and crawls, left and right alike. An ankle is that of a foot laid
down flat."""

LYING_RISE = 0.1
"""`Evidence.rise` of a shank at which its foot is laid down flat; up to `STANDING_RISE` it is
raised to stand."""

NEAR = 0.10  # metres above the floor within which a part may carry the body
LOW_HIPS = 0.35
"""Metres above the floor below which hips are those of somebody who sits, squats or lies."""

RESTS = 0.06  # metres above where it lies within which a part rests

SHORTEST = 0.3  # seconds for which it must

CARRIED_WINDOW = 0.3
"""Seconds within which what carries a body touches the floor: who sits or lies does not jump."""
ON_THE_FLOOR = 30  # percent of the frames of that window with a part on the floor, at least

_CARRYING = H36M17.indices(
    ["hip", "left_hip", "right_hip", "left_knee", "right_knee", "spine", "thorax",
     "left_shoulder", "right_shoulder", "head"]
)  # fmt: skip
_KNEES = H36M17.indices(["left_knee", "right_knee"])


def standing_height(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return heights (frames,) of an ankle that would stand where a body's lowest part is.

    Parameters
    ----------
    joints
        (frames, 17 or 25, 3) metres, y up; feet and palms do not count.
    """
    joints = joints[:, : len(H36M17)]
    heights = joints[..., 1] + (ANKLE_HEIGHT - CLEARANCE)
    shank = joints[:, _KNEES] - joints[:, ANKLES]
    rise = shank[..., 1] / np.linalg.norm(shank, axis=-1).clip(1e-9)
    lying = 1 - np.clip((rise - LYING_RISE) / (STANDING_RISE - LYING_RISE), 0, 1)
    heights[:, ANKLES] = joints[:, ANKLES, 1] + lying * (ANKLE_HEIGHT - CLEARANCE[ANKLES])
    return np.asarray(heights.min(axis=1))


def carried(
    joints: NDArray[np.float64], floor: NDArray[np.float64], fps: Fraction
) -> NDArray[np.bool_]:
    """Return the frames (frames,) in which a body cannot leave the floor.

    More than feet and hands carries it, or its hips are as low as those of who squats.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, y up; every frame holds a pose.
    floor
        (frames,) metres of the floor, found over a time longer than a jump.
    fps
        Frames per second.
    """
    low = joints[:, H36M17.root, 1] - floor < LOW_HIPS
    return _lasting(_on_parts(joints, floor) | low, fps)


def lying(
    joints: NDArray[np.float64], floor: NDArray[np.float64], fps: Fraction
) -> NDArray[np.bool_]:
    """Return the frames (frames,) with more than feet and hands on the floor, as `carried`."""
    return _lasting(_on_parts(joints, floor), fps)


def _on_parts(joints: NDArray[np.float64], floor: NDArray[np.float64]) -> NDArray[np.bool_]:
    above = joints[:, _CARRYING, 1] - CLEARANCE[_CARRYING] - floor[:, None]
    return np.asarray(np.any(above < NEAR, axis=1))


def _lasting(held: NDArray[np.bool_], fps: Fraction) -> NDArray[np.bool_]:
    """Leave out runs of frames shorter than `SHORTEST`."""
    for run in runs(held):
        held[run] = run.stop - run.start >= SHORTEST * float(fps)
    return held


def resting(
    joints: NDArray[np.float64], floor: NDArray[np.float64], held: NDArray[np.bool_], fps: Fraction
) -> NDArray[np.bool_]:
    """Return which joints (frames, 17) rest on the floor while more than feet carries the body.

    Parameters
    ----------
    joints
        (frames, 17 or 25, 3) metres, y up; every frame holds a pose.
    floor
        (frames,) metres of the floor.
    held
        (frames,) bool, as `carried` returns them.
    fps
        Frames per second.
    """
    joints = joints[:, : len(H36M17)]
    near = joints[..., 1] - CLEARANCE - floor[:, None] < RESTS
    return np.asarray(near & held[:, None] & (speeds(joints, held, float(fps)) < SLOW))


def floor_of_carried(
    lowest: NDArray[np.float64], floor: NDArray[np.float64], held: NDArray[np.bool_], fps: Fraction
) -> NDArray[np.float64]:
    """Return the floor (frames,) with that of carried frames under the lowest part at any time.

    Parameters
    ----------
    lowest
        (frames,) metres, as `standing_height` returns them.
    floor
        (frames,) metres of the floor, found over a longer time.
    held
        (frames,) bool, as `carried` returns them.
    fps
        Frames per second.
    """
    window = max(1, round(CARRIED_WINDOW * float(fps)))
    padded = np.pad(lowest, window, mode="edge")
    close = percentile_filter(padded, ON_THE_FLOOR, window)[window:-window] - ANKLE_HEIGHT
    share = gaussian_filter1d(held.astype(np.float64), window / 2, mode="nearest")
    mixed = floor + share * (gaussian_filter1d(close, window / 4, mode="nearest") - floor)
    return np.asarray(np.where(share > 0, mixed, floor))
