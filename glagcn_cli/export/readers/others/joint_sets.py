"""Table of the sets of 3D points that other programs write, and how they become H36M-17.

Every set says its points in order, the axes and the unit of its program's documentation, and where
these are from. Axes and units of a file are checked against the bodies in it (`axes.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ....keypoints.formats.point_sets import BLAZEPOSE_33, BODY_25
from ....skeleton import COCO17, H36M17, HALPE26, MPI_INF_3DHP17

CAMERA, Y_UP, Z_UP = "camera", "y-up", "z-up"
"""Axes: x right, y down, z away from the camera; right-handed with y up; right-handed with z up."""

Weights = Mapping[str, float]


@dataclass(frozen=True)
class PointSet3D:
    """Points of another program.

    Parameters
    ----------
    name
        What `--joints` calls it.
    points
        Names of the points in order, as far as any joint is made of them.
    counts
        How many points arrays of it have; all but the first `points` are passed over.
    axes, unit
        What its program's documentation says: one of `CAMERA`, `Y_UP`, `Z_UP`, and m, cm or mm.
    written_by
        Programs that write it.
    joints
        H36M-17 joints as weighted means of points, where they are not what `usual_weights` says.
    """

    name: str
    points: tuple[str, ...]
    counts: tuple[int, ...]
    axes: str
    unit: str
    written_by: str
    joints: Mapping[str, Weights] = field(default_factory=dict)

    def matrix(self) -> NDArray[np.float64]:
        """Return the linear map (17, points) to H36M-17."""
        return matrix_of(self.points, self.joints)


# Shares of the resting body that `skeleton.py` uses for 2D: spine 0.22 m of the 0.46 m from hip to
# thorax, neck 0.135 m of the 0.235 m from thorax to ears; and 0.13 m from there to the top.
_SPINE, _NECK, _EARS = 0.22 / 0.46, 0.135 / 0.235, 0.235 / 0.365
_EARS_BEYOND_NECK = 0.10 / 0.135


def _mix(*parts: tuple[Weights, float]) -> dict[str, float]:
    """Add weighted means up."""
    total: dict[str, float] = {}
    for weights, share in parts:
        for point, weight in weights.items():
            total[point] = total.get(point, 0.0) + share * weight
    return total


def _between(start: Weights, end: Weights, share: float) -> dict[str, float]:
    return _mix((start, 1 - share), (end, share))


def usual_weights(points: Sequence[str]) -> dict[str, Weights]:
    """Make H36M-17 joints of points with our names; joints that cannot be made are left out."""

    def middle(joint: str) -> Weights | None:
        both = (f"left_{joint}", f"right_{joint}")
        return dict.fromkeys(both, 0.5) if set(both) <= set(points) else None

    made: dict[str, Weights] = {joint: {joint: 1.0} for joint in H36M17.joints if joint in points}
    for joint, pair in (("hip", "hip"), ("thorax", "shoulder")):
        if found := middle(pair):
            made[joint] = found
    if "thorax" in made and (ears := middle("ear")):
        made["head"] = ears
    elif "thorax" in made and "head_top" in points and "head" not in points:
        made["head"] = _between(made["thorax"], {"head_top": 1.0}, _EARS)
    if {"hip", "thorax"} <= made.keys() and "spine" not in points:
        made["spine"] = _between(made["hip"], made["thorax"], _SPINE)
    if {"thorax", "head"} <= made.keys():
        made["neck"] = _between(made["thorax"], made["head"], _NECK)
    return made


def matrix_of(points: Sequence[str], joints: Mapping[str, Weights]) -> NDArray[np.float64]:
    """Return the linear map (17, points) to H36M-17; ``ValueError`` names what is missing."""
    made = usual_weights(points) | dict(joints)
    if missing := [joint for joint in H36M17.joints if joint not in made]:
        raise ValueError(f"no {', '.join(missing)} can be made of its points")
    return np.array([[made[joint].get(point, 0.0) for point in points] for joint in H36M17.joints])


def _both(*names: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names for side in ("left", "right"))


SMPL_24 = (
    "pelvis", *_both("hip"), "spine1", *_both("knee"), "spine2", *_both("ankle"), "spine3",
    *_both("foot"), "low_neck", *_both("collar"), "skull_base",
    *_both("shoulder", "elbow", "wrist", "hand"),
)  # fmt: skip

_FINGERS = tuple(
    f"{finger}_{part}"
    for finger in ("thumb", "index", "middle", "ring", "pinky")
    for part in ("tip", "first", "second", "third")
)
MHR_70 = (
    "nose", *_both("eye", "ear", "shoulder", "elbow", "hip", "knee", "ankle"),
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
    *(f"right_{part}" for part in _FINGERS), "right_wrist",
    *(f"left_{part}" for part in _FINGERS), "left_wrist",
    *_both("olecranon", "cubital_fossa", "acromion"), "low_neck",
)  # fmt: skip

_SHOULDERS = {"left_shoulder": 0.5, "right_shoulder": 0.5}
_SKULL = {"skull_base": 1.0}

_HIPS = {"left_hip": 0.5, "right_hip": 0.5}
_HEAD_ON_TRUNK = _mix((_SHOULDERS, 1 + 0.235 / 0.46), (_HIPS, -0.235 / 0.46))
STIFF_HEAD: Mapping[str, Weights] = {
    "head": _HEAD_ON_TRUNK,
    "neck": _between(_SHOULDERS, _HEAD_ON_TRUNK, _NECK),
}
"""Neck and head in line with the trunk, for points among which there is no head."""

POINT_SETS_3D = (
    PointSet3D(
        "h36m17", H36M17.joints, (17,), CAMERA, "m", "VideoPose3D, MotionBERT, MMPose",
        {joint: {joint: 1.0} for joint in H36M17.joints},
    ),
    PointSet3D("mpi_inf_3dhp17", MPI_INF_3DHP17.joints, (17,), CAMERA, "mm", "P-STMO's packs"),
    PointSet3D("coco17", COCO17.joints, (17, 133), CAMERA, "m", "whole-body estimators in 3D"),
    PointSet3D("mediapipe33", BLAZEPOSE_33, (33,), CAMERA, "m", "MediaPipe's world landmarks"),
    PointSet3D(
        "freemocap", BLAZEPOSE_33, (543, 553), Z_UP, "mm", "FreeMoCap: body, hands and face"
    ),
    PointSet3D(
        "smpl24", SMPL_24[:22], (24, 22, 45), CAMERA, "m",
        "joints of SMPL: GVHMR, WHAM, TRAM, HumanML3D (22), smplx (45)",
        {
            "neck": _SKULL,
            "head": _mix((_SKULL, 1 + _EARS_BEYOND_NECK), (_SHOULDERS, -_EARS_BEYOND_NECK)),
        },
    ),
    PointSet3D("sam3d70", MHR_70, (70,), CAMERA, "m", "SAM 3D Body (MHR-70)"),
    PointSet3D("halpe26", HALPE26.joints, (26,), Y_UP, "m", "Pose2Sim, Sports2D"),
    PointSet3D("body25", BODY_25, (25,), Y_UP, "m", "OpenPose 3D"),
)  # fmt: skip
"""Of sets of one count the more frequent one comes first."""

BY_NAME: dict[str, PointSet3D] = {known.name: known for known in POINT_SETS_3D}


def sets_of(count: int) -> list[PointSet3D]:
    """Return the sets whose arrays have so many points; ``ValueError`` where there is none."""
    found = [known for known in POINT_SETS_3D if count in known.counts]
    if not found:
        raise ValueError(f"its bodies have {count} points, expected one of {described()}")
    return found


def described() -> str:
    """Describe all sets as `33 (mediapipe33), ...`."""
    return ", ".join(
        f"{'/'.join(map(str, known.counts))} ({known.name})" for known in POINT_SETS_3D
    )
