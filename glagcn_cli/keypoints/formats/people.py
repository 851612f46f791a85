"""Read one person, or the people of one frame, in any of the ways that programs write them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .entry import Entry
from .point_sets import COUNTS

POINTS = ("pose_keypoints_2d", "keypoints", "joints", "pose_keypoints", "body_parts", "landmarks")
"""Keys of a person's points: OpenPose's, everybody's, AlphaPose's, and old ones of OpenPose."""

SCORES = ("keypoint_scores", "keypoints_scores", "kp_score", "kp_scores", "scores")
"""Keys of their scores, where they are not among the points."""

PEOPLE = ("people", "bodies", "instances", "predictions")
"""Keys of a frame's people."""

_SCORES_OF_A_POINT = ("score", "confidence", "visibility", "likelihood", "c", "s")
_BLAZEPOSE = 33  # points, of which each has x, y, z and visibility


class FoundPerson(NamedTuple):
    """One person of one frame.

    ``points`` (points, 2) in pixels and ``scores`` (points,), 0 for points that were not seen.
    ``box`` (left, top, right, bottom) and ``box_score`` are None where the file does not say.
    ``place`` says where in the file the points are.
    """

    points: NDArray[np.float64]
    scores: NDArray[np.float64]
    box: NDArray[np.float64] | None = None
    box_score: float | None = None
    place: str = ""


def people_of_frame(frame: Entry) -> list[FoundPerson]:
    """Read the people of a frame: a list of them, or an object that has it; without nobodies."""
    people = frame if frame.is_list else frame.need(*PEOPLE)
    found = [person_of(person) for person in people.entries("people")]
    return [person for person in found if person is not None]


def person_of(entry: Entry) -> FoundPerson | None:
    """Read a person; None where not one point was seen.

    Raises
    ------
    ValueError
        Something is not as it should be; the message says what, and where.
    """
    listed = entry.need(*POINTS)
    rows, scores = _rows(listed), entry.get(*SCORES)
    if not len(rows):
        return None
    points = rows[:, :2]
    if scores is not None and scores.is_list:
        sure = scores.numbers(f"a list of {len(points)} scores", gaps=True)
        if len(sure) != len(points):
            raise scores.wrong(f"a list of {len(points)} scores")
    else:
        sure = rows[:, -1] if rows.shape[1] > 2 else np.ones(len(points))
    missing = np.isnan(points).any(axis=1) | np.isnan(sure) | ~points.any(axis=1)
    seen = ~missing & (sure > 0)
    if not seen.any():
        return None
    return FoundPerson(
        np.where(seen[:, None] | ~missing[:, None], points, 0.0),
        np.where(seen, sure, 0.0),
        _box(entry),
        _box_score(entry),
        listed.place,
    )


def _rows(listed: Entry) -> NDArray[np.float64]:
    """Return points as rows (points, 2 to 4) of x, y, what else there is, and score."""
    what = "a list of numbers, of [x, y, score] or of objects with x and y"
    if listed.first.is_list:
        rows = [row.numbers("x, y and perhaps a score", True) for row in listed.entries("points")]
        if len({len(row) for row in rows}) > 1 or not 2 <= len(rows[0]) <= 4:
            raise listed.wrong("points of two or three numbers each")
        return np.stack(rows)
    if listed.first.is_object:
        return np.array([_of_object(point) for point in listed.entries("points")])
    values = listed.numbers(what, gaps=True)
    return values.reshape(-1, _numbers_a_point(listed, len(values)))


def _numbers_a_point(listed: Entry, count: int) -> int:
    """Return how many numbers each point of a flat list has."""
    if count == 0 or (count % 3 == 0 and count // 3 in COUNTS):
        return 3
    if count % 2 == 0 and count // 2 in COUNTS:
        return 2
    if count == 4 * _BLAZEPOSE:
        return 4
    raise listed.wrong(
        f"two or three numbers for each of {', '.join(str(one) for one in sorted(COUNTS))} points"
    )


def _of_object(point: Entry) -> tuple[float, float, float]:
    place = point.get("position") or point  # as PoseNet writes it
    score = point.get(*_SCORES_OF_A_POINT)
    x, y = place.need("x").number(), place.need("y").number()
    return x, y, 1.0 if score is None else score.number()


def _box(person: Entry) -> NDArray[np.float64] | None:
    """Return a box; COCO and AlphaPose write its size, MMPose its other corner."""
    given = person.get("bbox", "box")
    if given is None or given.value == []:
        return None
    nested = given.first.is_list  # a tuple of one box, as MMPose has written it from the first
    if nested:
        given = given.first
    numbers = given.numbers("a box of 4 numbers")
    if len(numbers) not in (4, 5):
        raise given.wrong("a box of 4 numbers")
    left, top, *far = numbers[:4]
    if nested or len(numbers) == 5 or "keypoint_scores" in person:
        return np.array([left, top, *far])
    return np.array([left, top, left + far[0], top + far[1]])


def _box_score(person: Entry) -> float | None:
    for key in ("bbox_score", "score", "scores"):
        given = person.get(key)
        if given is not None and not given.is_list:
            return given.number()
    return None
