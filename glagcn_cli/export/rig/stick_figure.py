"""A mesh for a rig: one capsule a bone, each moved by one joint, in the colours of its side."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .finger_bones import FINGER_BONES, PALM_LENGTH
from .rig import NAMES, UP, Rig

Floats = NDArray[np.float32]

SIDES = ("left", "right", "middle")

_AROUND, _ROUND_END = 12, 3  # corners around a capsule, rings of each of its ends
_THICK = 0.14  # of a bone's length, its radius
_THICKEST, _THINNEST = 0.055, 0.018  # metres
_HEAD_THICK = 0.40
_FINGER_THICK = 0.008  # metres
_SHORTEST = 1e-3
_FINGERS = frozenset(bone.name for bone in FINGER_BONES)


@dataclass(frozen=True)
class Mesh:
    """Part of a figure in the rest pose.

    Parameters
    ----------
    side
        One of `SIDES`.
    positions, normals
        (corners, 3) metres and unit vectors; the rig's root lies at zero.
    joints
        (corners,) number of the rig joint that moves each corner.
    triangles
        (triangles, 3) corners, counter-clockwise as seen from outside.
    """

    side: str
    positions: Floats
    normals: Floats
    joints: NDArray[np.uint8]
    triangles: NDArray[np.uint16]


def stick_figure(rig: Rig, absent: Collection[str] = ()) -> list[Mesh]:
    """Meshes of the left, the right and the middle of a rig, without the bones of some joints."""
    parts: dict[str, list[tuple[Floats, Floats, int]]] = {side: [] for side in SIDES}
    for joint, start, end, radius in _bones(rig):
        name = rig.names[joint]
        if name in absent:
            continue
        side = next((s for s in SIDES if name.lower().startswith(s)), "middle")
        parts[side].append((*_capsule(start, end, radius), joint))
    return [_joined(side, capsules) for side, capsules in parts.items()]


def rest_places(rig: Rig) -> Floats:
    """(rig joints, 3) metres from the root in the rest pose."""
    places = np.zeros((len(rig.names), 3))
    for i, parent in enumerate(rig.parents):
        if parent >= 0:
            places[i] = places[parent] + rig.offsets[i]
    return places.astype(np.float32)


def standing_height(rig: Rig) -> float:
    """Metres of the root above the floor on which the T-pose stands."""
    foot = NAMES.index("LeftFoot")
    return -float(rest_places(rig)[foot, 1] + rig.end_sites["LeftFoot"][1])


def _bones(rig: Rig) -> Iterator[tuple[int, Floats, Floats, float]]:
    """Every bone: its joint, both ends at rest, its radius."""
    places = rest_places(rig)
    for i, parent in enumerate(rig.parents):
        if parent == 0 and rig.offsets[i].any():  # the pelvis
            yield parent, places[parent], places[i], _radius(rig.offsets[i])
    for name, bone in rig.bones.items():
        joint = rig.names.index(name)
        if rig.parents[joint] >= 0:
            if rig.fingers and name.endswith("Hand"):
                bone = PALM_LENGTH * bone
            # A limb that was never seen may have no length; its capsule is a dot.
            shown = bone if np.linalg.norm(bone) > _SHORTEST else _SHORTEST * UP
            yield (
                joint,
                places[joint],
                places[joint] + shown.astype(np.float32),
                _thick(name, shown),
            )


def _thick(name: str, bone: NDArray[np.float64]) -> float:
    if name in _FINGERS:
        return _FINGER_THICK
    return _radius(bone, _HEAD_THICK, np.inf) if name == "Head" else _radius(bone)


def _radius(bone: NDArray[np.float64], thick: float = _THICK, most: float = _THICKEST) -> float:
    return min(max(thick * float(np.linalg.norm(bone)), _THINNEST), most)


def _capsule(start: Floats, end: Floats, radius: float) -> tuple[Floats, Floats]:
    """Corners and normals of a tube with round ends that reach as far as the bone does."""
    along = end - start
    length = float(np.linalg.norm(along))
    along = along / length
    across = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    across /= np.linalg.norm(across)
    angles = 2 * np.pi * np.arange(_AROUND) / _AROUND
    ring = np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * np.cross(along, across)
    corners, normals = [], []
    rises = np.radians(np.linspace(-90.0, 90.0, 2 * _ROUND_END + 2))
    middles = np.repeat([min(radius, length / 2), max(length - radius, length / 2)], _ROUND_END + 1)
    for rise, middle in zip(rises, middles, strict=True):
        normal = np.cos(rise) * ring + np.sin(rise) * along
        normals.append(normal)
        corners.append(start + middle * along + radius * normal)
    return np.concatenate(corners).astype(np.float32), np.concatenate(normals).astype(np.float32)


def _joined(side: str, capsules: list[tuple[Floats, Floats, int]]) -> Mesh:
    corners = 2 * (_ROUND_END + 1) * _AROUND
    tube = _tube_triangles()
    return Mesh(
        side,
        np.concatenate([positions for positions, _, _ in capsules]),
        np.concatenate([normals for _, normals, _ in capsules]),
        np.repeat(np.array([joint for _, _, joint in capsules], np.uint8), corners),
        np.concatenate([tube + corners * i for i in range(len(capsules))]).astype(np.uint16),
    )


def _tube_triangles() -> NDArray[np.int64]:
    """(triangles, 3) corners of a capsule: two between neighbours of neighbouring rings."""
    rings = np.arange(2 * _ROUND_END + 1)[:, None] * _AROUND
    here = np.arange(_AROUND)[None]
    ahead = (here + 1) % _AROUND
    low, low_next = (rings + here).ravel(), (rings + ahead).ravel()
    high, high_next = low + _AROUND, low_next + _AROUND
    return np.concatenate(
        [np.stack([low, low_next, high_next], -1), np.stack([low, high_next, high], -1)]
    )
