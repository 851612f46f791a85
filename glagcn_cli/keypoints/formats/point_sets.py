"""The sets of points that programs write, and which of them lifting uses.

A set is told by the names that a file gives to its points, else by their number. Where two sets
have one number, that is taken in which the bones of the body are shorter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ...detection.blazepose.points import BLAZEPOSE_33 as BLAZEPOSE_33
from ...skeleton import COCO17, COCO25, EXTREMITIES, HALPE26, JointSet
from .named_points import extremity_of, place_of


@dataclass(frozen=True)
class PointSet:
    """Points of another program.

    Parameters
    ----------
    name
        As its program calls it.
    count
        How many points a person has.
    joint_set
        What they become.
    columns
        Where the joints of ``joint_set`` stand among the points; -1 for those that are not there.
    """

    name: str
    count: int
    joint_set: JointSet
    columns: tuple[int, ...]


# Points in the order of OpenPose's and MediaPipe's own lists; only joints that COCO-17 has need a
# name that it has.
_LIMBS = ("shoulder", "elbow", "wrist")
_LEGS = ("hip", "knee", "ankle")
_UPPER = ("nose", "neck", *(f"right_{j}" for j in _LIMBS), *(f"left_{j}" for j in _LIMBS))
_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_EYES_AND_EARS = ("right_eye", "left_eye", "right_ear", "left_ear")
_RIGHT_LEG, _LEFT_LEG = tuple(f"right_{j}" for j in _LEGS), tuple(f"left_{j}" for j in _LEGS)
_FEET = tuple(f"{s}_{p}" for s in ("left", "right") for p in ("big_toe", "small_toe", "heel"))

BODY_25 = (*_UPPER, "hip", *_RIGHT_LEG, *_LEFT_LEG, *_EYES_AND_EARS, *_FEET)
BODY_25B = (*COCO17.joints, "neck", "head_top", *_FEET)
COCO_18 = (*_UPPER, *_RIGHT_LEG, *_LEFT_LEG, *_EYES_AND_EARS)
COCO_WHOLE_FEET = (*COCO17.joints, *_FEET)


def _hands(first: int, apart: int, wrist: bool = True) -> dict[str, int]:
    """Return where knuckles stand: among 20 points a hand, thumb first, a wrist before them or not.

    `first` is the first point of the left hand, `apart` the way to the same of the right.
    """
    return {
        f"{side}_{finger}_knuckle": first + apart * right + wrist + point
        for right, side in enumerate(("left", "right"))
        for finger, point in (("index", 4), ("little", 16))
    }


def _named(
    name: str,
    points: Sequence[str],
    count: int | None = None,
    hands: Mapping[str, int] = MappingProxyType({}),
) -> PointSet:
    """Describe a set whose first points have these names; further ones may be of hands."""
    places = {**{joint: place for place, joint in enumerate(points)}, **hands}
    has_ends = any(joint in places for joint in EXTREMITIES)
    joint_set = COCO25 if has_ends else COCO17
    columns = tuple(places.get(joint, -1) for joint in joint_set.joints)
    return PointSet(name, count or len(points), joint_set, columns)


def _begins_with(name: str, count: int, joint_set: JointSet) -> PointSet:
    return PointSet(name, count, joint_set, tuple(range(len(joint_set))))


POINT_SETS = (
    _begins_with("COCO-17", 17, COCO17),
    _named("OpenPose's COCO-18", COCO_18),
    _named("BODY_25", BODY_25),
    _named("BODY_25B", BODY_25B),
    _begins_with("HALPE_26", 26, HALPE26),
    _named("BlazePose 33", BLAZEPOSE_33),
    _named("HALPE_68", HALPE26.joints, 68, _hands(26, 21)),
    _named("COCO-133 whole body", COCO_WHOLE_FEET, 133, _hands(91, 21)),
    _named("BODY_135", BODY_25B, 135, _hands(25, 20, wrist=False)),
    _named("HALPE_136", HALPE26.joints, 136, _hands(94, 21)),
)
"""Of sets of one number the more frequent one comes first."""

COUNTS = frozenset(point_set.count for point_set in POINT_SETS)


def point_set_by_names(names: Sequence[str]) -> PointSet:
    """Tell a set by the names of its points, in their order; trunk and limbs must be among them."""
    # Its further points have more than one name each.
    if len(names) == len(HALPE26) and tuple(names[: len(COCO17)]) == COCO17.joints:
        return _begins_with("HALPE_26", len(HALPE26), HALPE26)
    places = {place_of(name): column for column, name in reversed([*enumerate(names)])}
    columns = tuple(places.get(place, -1) for place in range(len(COCO17)))
    missing = [j for j, c in zip(COCO17.joints, columns, strict=True) if c < 0 and j not in _FACE]
    if missing:
        raise ValueError(
            f"expected shoulders, hips and limbs among the names of its points, found no "
            f"{missing[0]!r}"
        )
    ends = {extremity_of(name): column for column, name in reversed([*enumerate(names)])}
    further = tuple(ends.get(joint, -1) for joint in EXTREMITIES)
    if max(further) < 0:
        return PointSet("points by their names", len(names), COCO17, columns)
    return PointSet("points by their names", len(names), COCO25, columns + further)


def point_set_by_count(count: int, people: Iterable[tuple[NDArray, NDArray]]) -> PointSet:
    """Tell a set by how many points a person has.

    Parameters
    ----------
    count
        Points of a person.
    people
        Points (count, 2) and scores (count,) of people, which decide between sets of one count.
    """
    sets = [point_set for point_set in POINT_SETS if point_set.count == count]
    if not sets:
        known = ", ".join(f"{one.count} ({one.name})" for one in POINT_SETS)
        raise ValueError(f"expected people of {known} points, found people of {count}")
    if len(sets) == 1:
        return sets[0]
    lengths = np.array([_bone_lengths(*person, sets) for person in people]).reshape(-1, len(sets))
    known_in_all = np.isfinite(lengths).all(axis=1)
    return sets[int(np.argmin(lengths[known_in_all].sum(axis=0)))]


def _bone_lengths(
    points: NDArray[np.float64], scores: NDArray[np.float64], sets: Sequence[PointSet]
) -> list[float]:
    """Return the mean length of a person's bones under each set, NaN where none was seen."""
    lengths = []
    for point_set in sets:
        bones = np.array(point_set.columns)[np.array(point_set.joint_set.body.bone_indices)]
        seen = (scores[bones] > 0).all(axis=1)
        ends = points[bones[seen]]
        apart = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        lengths.append(float(apart.mean()) if seen.any() else np.nan)
    return lengths
