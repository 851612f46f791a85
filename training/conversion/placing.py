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

_LEVEL = np.cos(np.radians(25))  # of a limb in a T-pose, which is never exact
_JUMP = 5.0  # times the fastest of the next steps, more than any real start
_SMALLEST_JUMP = 0.03  # of the height, within one frame


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
    """Return the axis, "y" or "z", along which the figure stands in most frames (F, 17, 3)."""
    feet = joints[:, H36M17.indices(["left_ankle", "right_ankle"])].mean(axis=1)
    body = joints[:, H36M17.index("head")] - feet
    return "y" if np.median(body[:, 1]) >= np.median(body[:, 2]) else "z"


def stand_up(joints: NDArray[np.floating], up: str) -> NDArray[np.float64]:
    """Turn (..., 3) from an up axis to z up by a rotation, so that left stays left."""
    if up == "z":
        return np.asarray(joints, dtype=np.float64)
    x, y, z = np.moveaxis(joints, -1, 0)
    return np.stack([x, -z, y], axis=-1)


def starts_with_t_pose(joints: NDArray[np.floating], height: float, up: str) -> bool:
    """Tell whether the first frame of (F, 17, 3), in the file's unit, is an isolated T-pose.

    A captured person is still in the T-pose a frame later.
    """
    if len(joints) < 3:
        return False
    first = {name: joints[0, i] for i, name in enumerate(H36M17.joints)}

    def along(start: str, end: str) -> float:
        bone = first[end] - first[start]
        return float(bone["xyz".index(up)] / max(np.linalg.norm(bone), 1e-9))

    legs = min(along(f"{side}_ankle", f"{side}_hip") for side in ("left", "right"))
    arms = max(abs(along(f"{side}_shoulder", f"{side}_wrist")) for side in ("left", "right"))
    if legs < _LEVEL or arms > np.sqrt(1 - _LEVEL**2):
        return False
    inside = joints[:12] - joints[:12, :1]
    steps = np.linalg.norm(np.diff(inside, axis=0), axis=-1).max(axis=-1)
    return bool(steps[0] > max(_JUMP * steps[1:].max(), _SMALLEST_JUMP * height))


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
