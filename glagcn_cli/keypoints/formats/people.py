"""Read one person, or the people of one frame, in any of the ways that programs write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...skeleton import COCO17
from .entry import Entry
from .named_points import place_of
from .point_sets import COUNTS

POINTS = (
    "pose_keypoints_2d", "keypoints", "joints", "pose_keypoints", "body_parts", "landmarks",
    "keypoints_2d", "pose_landmarks", "poseLandmarks",
)  # fmt: skip
"""Keys of a person's points: OpenPose's, everybody's, AlphaPose's, old ones of OpenPose, and
MediaPipe's."""

SCORES = ("keypoint_scores", "keypoints_scores", "kp_score", "kp_scores", "scores")
"""Keys of their scores, where they are not among the points."""

PEOPLE = ("people", "bodies", "instances", "predictions")
"""Keys of a frame's people."""

NUMBERS = ("image_id", "frame_id", "frame", "frame_index", "frame_idx", "frame_number", "frameId")
"""Keys of a frame's number."""

SCORES_OF_A_POINT = (
    "score", "confidence", "visibility", "likelihood", "visible", "conf", "prob", "c", "s",
)  # fmt: skip
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
    """Read the people of a frame, without nobodies.

    They are a list, or an object that has one, or stand under keys of their own; of one person
    there may be the points alone.
    """
    if is_rows(frame):
        people = [Entry({"keypoints": frame.value}, frame.place)]
    elif any(key in frame for key in POINTS):
        people = [frame]
    elif frame.is_object and not any(key in frame for key in PEOPLE) and frame.value:
        people = [person for _, person in frame.items()]
        if not all(any(key in person for key in POINTS) for person in people):
            frame.need(*PEOPLE)  # which is not there
    else:
        people = (frame if frame.is_list else frame.need(*PEOPLE)).entries("people")
        people = [Entry({"keypoints": p.value}, p.place) if is_rows(p) else p for p in people]
    found = [person_of(person) for person in people]
    return [person for person in found if person is not None]


def is_rows(entry: Entry) -> bool:
    """Tell whether it is a list of points, each a list of two to four numbers."""
    row = entry.first
    inside = [Entry(value) for value in row.value] if row.is_list else []
    return 2 <= len(inside) <= 4 and not any(one.is_list or one.is_object for one in inside)


def person_of(entry: Entry, count: int | None = None) -> FoundPerson | None:
    """Read a person; None where not one point was seen.

    Parameters
    ----------
    entry
        The person.
    count
        How many points a person has, where the file says so.

    Raises
    ------
    ValueError
        Something is not as it should be; the message says what, and where.
    """
    listed = entry.need(*POINTS)
    rows, scores = _rows(listed, count), entry.get(*SCORES)
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


def _rows(listed: Entry, count: int | None) -> NDArray[np.float64]:
    """Return points as rows (points, 2 to 4) of x, y, what else there is, and score."""
    what = "a list of numbers, of [x, y, score] or of objects with x and y"
    if listed.is_object:
        return (
            _of_columns(listed)
            if "x" in listed
            else by_place({place_of(name): point for name, point in listed.items()}, listed)
        )
    if listed.first.is_list:
        rows = [row.numbers("x, y and perhaps a score", True) for row in listed.entries("points")]
        if len({len(row) for row in rows}) > 1 or not 2 <= len(rows[0]) <= 4:
            raise listed.wrong("points of two or three numbers each")
        return np.stack(rows)
    if listed.first.is_object:
        points = listed.entries("points")
        names = [point.get("name", "part") for point in points]
        told = [place_of(name.text()) for name in names if name is not None]
        if len(told) == len(points) and told[: len(COCO17)] != [*range(len(COCO17))]:
            return by_place(dict(zip(told, points, strict=True)), listed)
        return np.array([_of_object(point) for point in points])
    values = listed.numbers(what, gaps=True)
    return values.reshape(-1, _numbers_a_point(listed, len(values), count))


def _numbers_a_point(listed: Entry, count: int, points: int | None) -> int:
    """Return how many numbers each point of a flat list has."""
    if points and count in (2 * points, 3 * points):
        return count // points
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
    score = point.get(*SCORES_OF_A_POINT)
    x, y = place.need("x").number(), place.need("y").number()
    return x, y, 1.0 if score is None else score.number()


def _of_columns(points: Entry) -> NDArray[np.float64]:
    """Return points whose x, y and scores are lists of their own, as Ultralytics writes them."""
    scores = points.get(*SCORES_OF_A_POINT)
    columns = [points.need("x"), points.need("y"), *([scores] if scores else [])]
    rows = [column.numbers("a list of numbers", gaps=True) for column in columns]
    if len({len(row) for row in rows}) > 1:
        raise points.wrong("as many x as y and scores")
    return np.stack(rows, axis=1)


def by_place(points: Mapping[int | None, Entry], listed: Entry) -> NDArray[np.float64]:
    """Return COCO's 17 points (17, 3) by their places; those that are not there have score 0."""
    rows = np.zeros((len(COCO17), 3))
    known = {place: point for place, point in points.items() if place is not None}
    if not known:
        raise listed.wrong("names of COCO's points, as left_shoulder")
    for place, point in known.items():
        if point.is_object:
            rows[place] = _of_object(point)
        elif point.value is not None:
            row = point.numbers("x, y and perhaps a score", gaps=True)
            if not 2 <= len(row) <= 4:
                raise point.wrong("x, y and perhaps a score")
            rows[place] = *row[:2], row[-1] if len(row) > 2 else 1.0
    return rows


def _box(person: Entry) -> NDArray[np.float64] | None:
    """Return a box; COCO and AlphaPose write its size, MMPose its other corner."""
    given = person.get("bbox", "box")
    if given is None or given.value == []:
        return None
    if given.is_object:
        return _box_of_object(given)
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


def _box_of_object(given: Entry) -> NDArray[np.float64]:
    left, top = given.need("x1", "xmin", "left", "x"), given.need("y1", "ymin", "top", "y")
    right, bottom = given.get("x2", "xmax", "right"), given.get("y2", "ymax", "bottom")
    corner = np.array([left.number(), top.number()])
    if right is not None and bottom is not None:
        return np.array([*corner, right.number(), bottom.number()])
    size = [given.need("width", "w").number(), given.need("height", "h").number()]
    return np.array([*corner, *(corner + size)])


def _box_score(person: Entry) -> float | None:
    for key in ("bbox_score", "score", "scores", "confidence"):
        given = person.get(key)
        if given is not None and not given.is_list:
            return given.number()
    return None
