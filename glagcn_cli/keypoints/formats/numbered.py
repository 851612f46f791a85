"""People found by other programs, by the numbers that their files give to frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...poses import FrameDetections
from ...skeleton import COCO17, JointSet
from ..clip import FARTHEST, nobody
from ..picture_size import SHARES
from .people import FoundPerson
from .point_sets import PointSet, point_set_by_count, point_set_by_names

SURPLUS = 2
"""Frames that a file may go on for after the video's last: programs disagree about the end."""

LARGEST_SHARE = 2.0
"""No picture is so few pixels large: coordinates below are shares of it."""

LEAST_INSIDE = 0.8
"""Of such coordinates, those in 0..1; with fewer they are between -1 and 1 or something else."""


@dataclass(frozen=True)
class NumberedDetections:
    """Detections of a clip whose length and rate the file does not say.

    Parameters
    ----------
    frames
        Detections by number of frame; a frame that is not there has nobody.
    joint_set
        What the keypoints are.
    first
        Number of the video's first frame; None where the file does not tell: then 0, or 1 where the
        highest number is how many frames the video has.
    image_size
        (width, height) in pixels of the picture that the keypoints are of; `SHARES` where they are
        shares of it; None where the file does not tell.
    """

    frames: Mapping[int, FrameDetections]
    joint_set: JointSet
    first: int | None = None
    image_size: tuple[int, int] | None = None

    @property
    def length(self) -> int:
        """How many frames the file speaks of, up to the last that it has."""
        return max(self.frames, default=-1) - (self.first or 0) + 1

    def laid_out(self, length: int) -> list[FrameDetections]:
        """Return detections of a video of this many frames; raise `ValueError` for too few."""
        last = max(self.frames, default=0)
        first = int(last == length) if self.first is None else self.first
        if last - first >= length + SURPLUS:
            raise ValueError(f"it goes on to frame {last - first + 1} of a video of {length}")
        nothing = nobody(self.joint_set)
        return [self.frames.get(first + index, nothing) for index in range(length)]


def number_detections(
    frames: Iterable[tuple[int, Sequence[FoundPerson]]],
    names: Sequence[str] | None = None,
    first: int | None = None,
    image_size: tuple[int, int] | None = None,
) -> NumberedDetections:
    """Gather people by frame, and convert their points to a joint set that lifting knows.

    Scores are clipped to 0..1, as some programs go beyond.

    Parameters
    ----------
    frames
        Number of a frame, and people in it; a frame may come several times.
    names
        Names of the points; without them the set is told by their number.
    first, image_size
        As in `NumberedDetections`.

    Raises
    ------
    ValueError
        People differ in their number of points, the set is not known, or points are far beyond any
        picture.
    """
    gathered: dict[int, list[FoundPerson]] = {}
    for number, people in frames:
        if not 0 <= number <= FARTHEST * 100:
            raise ValueError(
                f"expected numbers of frames from 0 to {FARTHEST * 100:.0f}, found {number}"
            )
        gathered.setdefault(number, []).extend(people)
    everybody = [person for people in gathered.values() for person in people]
    point_set = _point_set(everybody, names)
    joint_set = COCO17 if point_set is None else point_set.joint_set
    found = {
        number: nobody(joint_set)
        if not people or point_set is None
        else _together(people, point_set)
        for number, people in gathered.items()
    }
    return NumberedDetections(found, joint_set, first, image_size or _size_of_shares(everybody))


def _point_set(people: Sequence[FoundPerson], names: Sequence[str] | None) -> PointSet | None:
    """Tell the set of everybody's points; None where there is nobody."""
    by_names = None if names is None else point_set_by_names(names)
    if not people:
        return by_names
    count = len(people[0].points) if by_names is None else by_names.count
    for person in people:
        if len(person.points) != count:
            raise ValueError(
                f"{person.place}: expected {count} points, as "
                f"{'people before it have' if names is None else 'the file names'}, found "
                f"{len(person.points)}"
            )
    return by_names or point_set_by_count(count, ((one.points, one.scores) for one in people))


def _size_of_shares(people: Sequence[FoundPerson]) -> tuple[int, int] | None:
    """Return `SHARES` where coordinates are shares of the picture; raise for -1..1."""
    if not people:
        return None
    seen = np.concatenate([person.points[person.scores > 0] for person in people])
    if np.abs(seen).max() > LARGEST_SHARE:
        return None
    if ((seen >= 0) & (seen <= 1)).all(axis=1).mean() < LEAST_INSIDE:
        raise ValueError(
            "expected coordinates in pixels, or shares of the picture from 0 to 1, found numbers "
            f"from {seen.min():.2f} to {seen.max():.2f}"
        )
    return SHARES


def _together(people: Sequence[FoundPerson], point_set: PointSet) -> FrameDetections:
    columns = list(point_set.columns)
    body = columns[: len(point_set.joint_set.body)]
    # Joints that the set has not are the last point: nothing, not seen.
    people = [
        person._replace(
            points=np.pad(person.points, ((0, 1), (0, 0))), scores=np.pad(person.scores, (0, 1))
        )
        for person in people
    ]
    keypoints = np.stack([person.points[columns] for person in people])
    scores = np.stack([person.scores[columns] for person in people])
    boxes = np.stack([_box(person, body) for person in people])
    box_scores = np.array([_sureness(person, body) for person in people])
    for person, *values in zip(people, keypoints, scores, boxes, box_scores, strict=True):
        if not all(np.isfinite(some).all() and np.abs(some).max() <= FARTHEST for some in values):
            raise ValueError(
                f"{person.place}: expected places in a picture, found numbers that are far beyond "
                "any"
            )
    return FrameDetections(
        boxes=boxes.astype(np.float32),
        box_scores=box_scores.clip(0, 1).astype(np.float32),
        keypoints=keypoints.astype(np.float32),
        scores=scores.clip(0, 1).astype(np.float32),
    )


def _sureness(person: FoundPerson, columns: list[int]) -> float:
    """Return the score that the file gives, else the mean of the joints that were seen."""
    if person.box_score is not None:
        return person.box_score
    scores = person.scores[columns]
    return float(scores.sum() / max(1, np.count_nonzero(scores)))


def _box(person: FoundPerson, columns: list[int]) -> NDArray[np.float64]:
    """Return the box that the file gives, else the one around the joints that were seen."""
    if person.box is not None:
        return person.box
    joints = [column for column in columns if person.scores[column] > 0]
    seen = person.points[joints] if joints else person.points[person.scores > 0]
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)])
