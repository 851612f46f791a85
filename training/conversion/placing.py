"""Converts a file's unit, axes, rate and floor to those of the motion packs.

Packs are in metres, right-handed with z up, at 50 frames a second, with the floor near z = 0.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import H36M17

from .asf_amc import METRES_IN_INCH

log = logging.getLogger(__name__)

FPS = 50

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": METRES_IN_INCH, "cmu": METRES_IN_INCH / 0.45}
"""Metres in each unit; "cmu" is inches divided by 0.45."""

STANDING_HEIGHTS = (1.2, 2.2)
"""Metres: a unit is accepted when the figure is this tall."""

ANKLE_HEIGHT = 0.08
"""Metres above the floor of an ankle that stands."""

FLOOR_TOLERANCE = 0.15
"""Metres: a floor within this of z = 0 is not moved."""

_BENT = np.cos(np.radians(30))  # of thigh to shin in a knee that tells where it bends
_FEWEST_BENT = 10
_MOST_BACKWARDS = 0.2  # share of bent knees that bend forwards, below which the figure is mirrored


def metres_per_unit(height: float, unit: str | float | None) -> float:
    """Find the unit of a file.

    Parameters
    ----------
    height
        Standing height of the figure in the file's unit.
    unit
        A name of `UNITS`, which is used; or the metres in the file itself, used if they make a
        person; or None.

    Raises
    ------
    InputError
        No unit makes a person of this figure.
    """
    if isinstance(unit, str):
        return UNITS[unit]
    low, high = STANDING_HEIGHTS
    for metres in ([unit] if unit else []) + list(UNITS.values()):
        if low <= height * metres <= high:
            return metres
    raise InputError(
        f"a figure {height:.4g} units tall is no person of {low} to {high} m in any of the units "
        f"{', '.join(UNITS)}; give --unit"
    )


def up_axis(joints: NDArray[np.floating]) -> str:
    """Return the axis, "x", "-y" or another, along which the figure stands in most frames.

    The joints are (frames, 17, 3).
    """
    feet = joints[:, H36M17.indices(["left_ankle", "right_ankle"])].mean(axis=1)
    body = np.median(joints[:, H36M17.index("head")] - feet, axis=0)
    axis = int(np.argmax(np.abs(body)))
    return ("-" if body[axis] < 0 else "") + "xyz"[axis]


def stand_up(joints: NDArray[np.floating], up: str) -> NDArray[np.float64]:
    """Turn (..., 3) from an up axis to z up by a rotation, so that left stays left."""
    axis = "xyz".index(up[-1])
    turned = np.roll(joints, 2 - axis, axis=-1).astype(np.float64)
    if axis == 1:  # x stays where y is up, as everywhere
        turned = turned[..., [1, 0, 2]] * [1, -1, 1]
    return turned * [1, -1, -1] if up.startswith("-") else turned


def check_knees(joints: NDArray[np.floating], name: str) -> None:
    """Refuse a figure (frames, 17, 3) whose knees bend backwards: its left is its right.

    Raises
    ------
    InputError
        In most of the frames with bent knees they bend backwards.
    """
    place = {joint: joints[:, i] for i, joint in enumerate(H36M17.joints)}
    up = place["thorax"] - place["hip"]
    front = np.cross(place["left_hip"] - place["right_hip"], up)
    bends = []
    for side in ("left", "right"):
        thigh = place[f"{side}_knee"] - place[f"{side}_hip"]
        shin = place[f"{side}_ankle"] - place[f"{side}_knee"]
        size = np.linalg.norm(thigh, axis=-1) * np.linalg.norm(shin, axis=-1)
        bent = np.sum(thigh * shin, axis=-1) < _BENT * size
        bends.append(np.sum((thigh - shin) * front, axis=-1)[bent])
    forwards = np.concatenate(bends) > 0
    if len(forwards) >= _FEWEST_BENT and forwards.mean() < _MOST_BACKWARDS:
        raise InputError(
            f"{name}: the knees bend backwards; are left and right exchanged, or the axes those of "
            "a left-handed program?"
        )


def floor_level(joints: NDArray[np.floating]) -> float:
    """Compute the height z of the floor under (F, 17, 3) metres, z up, from the lowest ankle."""
    ankles = joints[:, H36M17.indices(["left_ankle", "right_ankle"]), 2]
    return float(np.percentile(ankles.min(axis=1), 2)) - ANKLE_HEIGHT


def put_on_floor(clips: Sequence[NDArray[np.float64]], name: str) -> list[NDArray[np.float64]]:
    """Bring the floor of one subject's clips (F, 17, 3) near z = 0.

    Where most of the subject's clips have their floor near z = 0, the recording's floor is right
    and nothing is moved: people above it have climbed. Otherwise each clip is moved by the height
    of its own lowest foot.
    """
    levels = [floor_level(joints) for joints in clips]
    if abs(float(np.median(levels))) <= FLOOR_TOLERANCE:
        return list(clips)
    log.info(
        "%s: the lowest feet are %.2f m off the floor; each clip is moved to stand on it",
        name,
        float(np.median(levels)),
    )
    return [joints - [0.0, 0.0, level] for joints, level in zip(clips, levels, strict=True)]
