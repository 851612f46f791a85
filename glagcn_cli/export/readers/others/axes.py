"""Axes and units of bodies: as named by an option, else as the bodies themselves show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....errors import UsageError
from ....skeleton import H36M17
from .joint_sets import CAMERA, Y_UP, Z_UP

NAMED_AXES: Mapping[str, str] = {CAMERA: "x,-y,-z", Y_UP: "x,y,z", Z_UP: "x,z,-y"}
"""Which of a file's axes are right, up and backwards (to the viewer)."""

UP_AXES: Mapping[str, str] = {
    "y": "x,y,z", "-y": "x,-y,-z", "z": "x,z,-y", "-z": "x,-z,y", "x": "-y,x,z", "-x": "y,-x,z",
}  # fmt: skip
"""The rotation for each of a file's axes that may point up."""

UNITS: Mapping[str, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001}

SHORTEST, TALLEST = 0.45, 2.6  # metres that people are tall

CLEARLY_UP = 0.75
"""Median share of the way from ankles to thorax along an axis, from which that axis points up."""

BENT = 0.08
"""Metres that a knee lies off the line from hip to ankle, from which it says what is in front: bent
by 25 degrees or so. Straight legs bend backwards in many recordings."""

LEAST_EVIDENCE, AGREEING = 5, 0.85  # frames; share of them that must agree

_IN_CAMERA = np.diag([1.0, -1.0, -1.0])  # from right, up, backwards

_ANKLES = H36M17.indices(["left_ankle", "right_ankle"])
_HIPS = H36M17.indices(["left_hip", "right_hip"])
_SHOULDERS = H36M17.indices(["left_shoulder", "right_shoulder"])
_THORAX = H36M17.index("thorax")
_HEIGHT = (
    ("ankle", "knee"), ("knee", "hip"),
)  # fmt: skip
_TRUNK = H36M17.indices(["hip", "spine", "thorax", "neck", "head"])


class Axes(NamedTuple):
    """How a file's axes lie.

    ``turn`` (3, 3) brings them to right, up, backwards; ``camera`` says that up is a camera's,
    which may be tilted.
    """

    turn: NDArray[np.float64]
    camera: bool

    @property
    def mirrored(self) -> bool:
        """Whether the file's axes are left-handed."""
        return bool(np.linalg.det(self.turn) < 0)


def parse_axes(text: str) -> Axes:
    """Read axes: a name, or the file's axes that are right, up and backwards, as in `x,z,-y`.

    Raises
    ------
    UsageError
        They are no three different axes.
    """
    parts = NAMED_AXES.get(text, text).replace(" ", "").lower().split(",")
    letters = [part.removeprefix("-").removeprefix("+") for part in parts]
    if sorted(letters) != ["x", "y", "z"]:
        raise UsageError(
            f"--axes {text}: must be {', '.join(NAMED_AXES)}, or the file's axes that are right, "
            "up and backwards, such as x,z,-y"
        )
    turn = np.zeros((3, 3))
    for row, (part, letter) in enumerate(zip(parts, letters, strict=True)):
        turn[row, "xyz".index(letter)] = -1.0 if part.startswith("-") else 1.0
    return Axes(turn, parts[1] == "-y")


def height_of(joints: NDArray[np.floating]) -> float:
    """Return the median height from ankles to ears along the bones of (frames, 17, 3) joints."""
    total = np.linalg.norm(np.diff(joints[:, _TRUNK], axis=1), axis=-1).sum(axis=1)
    for lower, upper in _HEIGHT:
        both = [
            np.linalg.norm(
                joints[:, H36M17.index(f"{side}_{lower}")]
                - joints[:, H36M17.index(f"{side}_{upper}")],
                axis=-1,
            )
            for side in ("left", "right")
        ]
        total = total + np.mean(both, axis=0)
    return float(np.median(total))


def unit_of(people: Sequence[NDArray[np.floating]]) -> str | None:
    """Find the unit in which bodies (frames, 17, 3) are as tall as people; None for none."""
    tall = height_of(np.concatenate(people))
    fitting = [unit for unit, metres in UNITS.items() if SHORTEST <= tall * metres <= TALLEST]
    return fitting[0] if fitting else None


def up_axis(people: Sequence[NDArray[np.floating]]) -> str | None:
    """Find the axis along which bodies (frames, 17, 3) stand or sit; None where none does."""
    joints = np.concatenate(people)
    rise = joints[:, _THORAX] - joints[:, _ANKLES].mean(axis=1)
    share = np.median(rise / np.linalg.norm(rise, axis=1, keepdims=True).clip(1e-12), axis=0)
    axis = int(np.abs(share).argmax())
    if abs(share[axis]) < CLEARLY_UP:
        return None
    return ("-" if share[axis] < 0 else "") + "xyz"[axis]


def is_mirrored(
    people: Sequence[NDArray[np.floating]], fronts: Sequence[NDArray[np.floating]] = ()
) -> bool:
    """Tell whether bodies are mirror images: knees bend, toes and noses point, backwards.

    Parameters
    ----------
    people
        (frames, 17, 3) metres, axes right, up, backwards.
    fronts
        (frames, 3) a person: directions in which it faces by toes and nose, zero where not known.
    """
    votes = []
    for number, joints in enumerate(people):
        left = joints[:, _HIPS[0]] - joints[:, _HIPS[1]]
        left = left + joints[:, _SHOULDERS[0]] - joints[:, _SHOULDERS[1]]
        forward = np.cross(left, [0.0, 1.0, 0.0])
        forward /= np.linalg.norm(forward, axis=1, keepdims=True).clip(1e-9)
        bulges = [_knee_bulge(joints, side) for side in ("left", "right")]
        votes += [(bulge * forward).sum(axis=1) for bulge in bulges]
        if number < len(fronts):
            votes.append((fronts[number] * forward).sum(axis=1))
    evidence = np.concatenate(votes)
    evidence = evidence[np.abs(evidence) > BENT]
    return len(evidence) >= LEAST_EVIDENCE and bool((evidence < 0).mean() >= AGREEING)


def _knee_bulge(joints: NDArray[np.floating], side: str) -> NDArray[np.floating]:
    """Return the vector (frames, 3) from the line between hip and ankle to the knee."""
    hip, knee, ankle = (
        joints[:, H36M17.index(f"{side}_{joint}")] for joint in ("hip", "knee", "ankle")
    )
    line = ankle - hip
    line = line / np.linalg.norm(line, axis=1, keepdims=True).clip(1e-9)
    off = knee - hip
    return off - (off * line).sum(axis=1, keepdims=True) * line


def in_camera_axes(points: NDArray[np.floating], axes: Axes) -> NDArray[np.float64]:
    """Turn points (..., 3) of a file to x right, y down, z away from the camera."""
    return points @ (_IN_CAMERA @ axes.turn).T
