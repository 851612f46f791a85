"""People found by other programs, by the numbers that their files give to frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...poses import FrameDetections
from ...skeleton import COCO17, HALPE26, JointSet
from ..clip import FARTHEST, nobody

SURPLUS = 2
"""Frames that a file may go on for after the video's last: programs disagree about the end."""

# Joint sets by their number of points: COCO-WholeBody begins with COCO's, Halpe's with its body's.
BY_COUNT = {17: COCO17, 26: HALPE26, 133: COCO17, 136: HALPE26}


class FoundPerson(NamedTuple):
    """One person of one frame: ``keypoints`` (joints, 2) pixels, ``scores`` (joints,) in 0..1.

    ``box`` (left, top, right, bottom) and ``box_score`` are None where the file does not say.
    """

    keypoints: NDArray[np.float64]
    scores: NDArray[np.float64]
    box: NDArray[np.float64] | None = None
    box_score: float | None = None


@dataclass(frozen=True)
class NumberedDetections:
    """Detections of a clip whose length, size and rate the file does not say.

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
        (width, height) in pixels of the picture that the keypoints are of; None where the file does
        not tell.
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
    people: Iterable[tuple[int, FoundPerson | None]], joint_set: JointSet, first: int | None = None
) -> NumberedDetections:
    """Gather people by frame; None in place of a person says that the frame is there.

    Scores are clipped to 0..1, as some programs go beyond. A point at exactly (0, 0), or of a score
    below 0, was not seen: its score becomes 0. A person without any point that was seen is nobody.

    Raises
    ------
    ValueError
        Points are not finite, far beyond any picture, or shares of the picture instead of pixels.
    """
    gathered: dict[int, list[FoundPerson]] = {}
    for number, person in people:
        if not 0 <= number <= FARTHEST * 100:
            raise ValueError(f"there is no frame {number}")
        seen = [] if person is None else [_of_seen(person)]
        gathered.setdefault(number, []).extend(p for p in seen if p.scores.any())
    farthest = 0.0
    frames = {}
    for number, found in gathered.items():
        frames[number] = _together(found, joint_set, number)
        farthest = max(farthest, float(np.abs(frames[number].keypoints).max(initial=0)))
    if 0 < farthest <= 2:  # -1..1 and 0..1 are what programs offer besides pixels
        raise ValueError("its coordinates are shares of the picture; write them in pixels")
    return NumberedDetections(frames, joint_set, first)


def _together(people: Sequence[FoundPerson], joint_set: JointSet, number: int) -> FrameDetections:
    if not people:
        return nobody(joint_set)
    keypoints = np.stack([person.keypoints for person in people])
    scores = np.stack([person.scores for person in people])
    boxes = np.stack([_box(person) for person in people])
    box_scores = np.array([_sureness(person) for person in people])
    for values in (keypoints, scores, boxes, box_scores):
        if not (np.isfinite(values).all() and np.abs(values).max() <= FARTHEST):
            raise ValueError(f"frame {number} holds numbers that are far beyond any picture")
    return FrameDetections(
        boxes=boxes.astype(np.float32),
        box_scores=box_scores.clip(0, 1).astype(np.float32),
        keypoints=keypoints.astype(np.float32),
        scores=scores.clip(0, 1).astype(np.float32),
    )


def _of_seen(person: FoundPerson) -> FoundPerson:
    """Return the person with score 0 for points that were not seen."""
    seen = (person.scores > 0) & person.keypoints.any(axis=1)
    return person._replace(scores=np.where(seen, person.scores, 0.0))


def _sureness(person: FoundPerson) -> float:
    """Return the score that the file gives, else the mean of the points that were seen."""
    if person.box_score is not None:
        return person.box_score
    return float(person.scores[person.scores > 0].mean())


def _box(person: FoundPerson) -> NDArray[np.float64]:
    """Return the box that the file gives, else the one around the points that were seen."""
    if person.box is not None:
        return person.box
    seen = person.keypoints[person.scores > 0]
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)])


def person_from_triples(values: Any, joint_set: JointSet, columns: Sequence[int]) -> FoundPerson:
    """Take the wanted points out of x0, y0, score0, x1, ...; without a box."""
    triples = numbers(values, None).reshape(-1, 3)[list(columns)]
    if len(triples) != len(joint_set):
        raise ValueError(f"{len(triples)} points are not those of {joint_set.name}")
    return FoundPerson(triples[:, :2], triples[:, 2])


def numbers(values: Any, length: int | None) -> NDArray[np.float64]:
    """One row of numbers out of JSON, of this length."""
    if not (isinstance(values, list) and all(isinstance(v, (int, float)) for v in values)):
        raise ValueError("a list of numbers was expected")
    if length is not None and len(values) != length:
        raise ValueError(f"{len(values)} numbers were found, expected {length}")
    return np.array(values, dtype=np.float64)


def number(value: Any) -> float:
    """One number out of JSON."""
    return float(numbers([value], 1)[0])


def corners(box: Any) -> NDArray[np.float64]:
    """Box (left, top, right, bottom) out of left, top, width, height."""
    left, top, width, height = numbers(box, 4)
    return np.array([left, top, left + width, top + height])


def joint_set_by_count(points: int) -> JointSet:
    """Tell the joint set by how many points a person has."""
    if points not in BY_COUNT:
        known = ", ".join(str(count) for count in BY_COUNT)
        raise ValueError(f"people of {points} points are not known; those of {known} are")
    return BY_COUNT[points]
