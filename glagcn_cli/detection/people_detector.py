"""Person boxes of every Nth frame, and between them by where people were and where they will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..similarity import best_pairs, box_overlap
from ..skeleton import JointSet
from .apart import PeopleApart
from .continued import sure_or_continued
from .feet_and_hands import FeetAndHands
from .interface import BoxDetector, Boxes, Frame, KeypointDetector
from .still import NOT_THERE, Between, largest, with_joints, with_joints_of_those_who_move

LEAST_OVERLAP = 0.7
"""Of a person's boxes in two key frames; with less, boxes are looked for in between too. With every
second frame a key frame, keypoints of the example clip move by 0.58, 0.41 and 0.21 pixels at 0.5,
0.7 and 0.8, and boxes are looked for in 133, 160 and 193 of its 230 frames."""

LEAST_SCORE = 0.8
"""Score of the keypoints between key frames, as a share of the worse key frame's; with less, the
box is taken to have missed its person, and boxes are looked for."""


class ClipDetector:
    """Both steps of the 2D stage over the frames of one clip, which come in order.

    Boxes are looked for in the key frames: every so many, the last of each batch, and the first of
    the clip. In a stretch between two of them with the same people in about the same places, boxes
    are interpolated; in any other, and wherever keypoints turn out worse than in the key frames,
    they are looked for as well. Joints of people who are still from one key frame to the next are
    interpolated too (`still`).

    Parameters
    ----------
    boxes, keypoints
        The two networks.
    every
        Distance of key frames; 1 to look for boxes in all.
    last
        What was found in the frame before the first; None at the beginning of a clip.
    new_score
        Boxes with a lower score are kept only where somebody was in the frame before.
    extremities
        Adds feet and palms to the joints.
    """

    def __init__(
        self,
        boxes: BoxDetector,
        keypoints: KeypointDetector,
        every: int = 1,
        last: FrameDetections | None = None,
        new_score: float = 0.0,
        extremities: FeetAndHands | None = None,
    ) -> None:
        self._find_boxes, self._find_keypoints = boxes, keypoints
        self._every, self._last = every, last
        self._new_score = new_score
        self._extremities = extremities

    def __call__(self, frames: Sequence[Frame]) -> list[FrameDetections]:
        """Find all people and their joints in the next frames.

        Parameters
        ----------
        frames
            Pictures (height, width, 3) uint8, RGB, as many as fit in memory at once; best a
            multiple of the distance of key frames.

        Returns
        -------
        list of FrameDetections
            One for each frame, people by falling box score in the key frames.
        """
        if not frames:
            return []
        keys = [*range(self._every - 1, len(frames) - 1, self._every), len(frames) - 1]
        if self._last is None and keys[0] > 0:
            keys.insert(0, 0)
        boxes, between = self._boxes(frames, keys)
        found = with_joints_of_those_who_move(
            self._find_keypoints, frames, boxes, between, self._last
        )
        self._mend(frames, found, keys)
        self._last = found[-1]
        return found if self._extremities is None else self._extremities(frames, found)

    def _boxes(
        self, frames: Sequence[Frame], keys: Sequence[int]
    ) -> tuple[list[Boxes], dict[int, Between]]:
        """Boxes of all frames, of which those numbered `keys` are key frames, and the others."""
        boxes: dict[int, Boxes] = {}
        places: dict[int, Between] = {}
        latest = None
        if self._last is not None:
            latest = boxes[-1] = Boxes(self._last.boxes, self._last.box_scores)
        for key, found in zip(keys, self._find_boxes([frames[key] for key in keys]), strict=True):
            latest = boxes[key] = sure_or_continued(latest, found, self._new_score)
        stretches = [*pairwise(sorted(boxes))]
        for before, after in stretches:
            rows = same_people(boxes[before], boxes[after])
            for index in range(before + 1, after):
                places[index] = Between(before, after, rows, (index - before) / (after - before))
                if all_there(boxes[before], rows[:, 0]) and all_there(boxes[after], rows[:, 1]):
                    boxes[index] = interpolated(boxes, places[index])
        unknown = [index for index in range(len(frames)) if index not in boxes]
        looked_for = self._find_boxes([frames[index] for index in unknown]) if unknown else []
        for index, found in zip(unknown, looked_for, strict=True):
            boxes[index] = sure_or_continued(boxes.get(index - 1), found, self._new_score)
            if index in places:
                places[index] = found_again(boxes, index, places[index])
        return [boxes[index] for index in range(len(frames))], places

    def _mend(
        self, frames: Sequence[Frame], found: list[FrameDetections], keys: Sequence[int]
    ) -> None:
        """Look for boxes where those between key frames missed somebody, in place."""
        known = {key: _worst(found[key]) for key in keys}
        if self._last is not None:
            known[-1] = _worst(self._last)
        missed = [
            index
            for before, after in pairwise(sorted(known))
            for index in range(before + 1, after)
            if _worst(found[index]) < LEAST_SCORE * min(known[before], known[after])
        ]
        if missed:
            for index, better in zip(missed, self._anew(frames, found, missed), strict=True):
                found[index] = better

    def _anew(
        self, frames: Sequence[Frame], found: Sequence[FrameDetections], missed: Sequence[int]
    ) -> list[FrameDetections]:
        """Look for boxes and joints in the frames numbered `missed`."""
        pictures = [frames[index] for index in missed]
        boxes = [
            sure_or_continued(
                Boxes(found[index].boxes, found[index].box_scores), looked_for, self._new_score
            )
            for index, looked_for in zip(missed, self._find_boxes(pictures), strict=True)
        ]
        return with_joints(self._find_keypoints, pictures, boxes)


def _worst(people: FrameDetections) -> float:
    """Mean keypoint score of the person who is seen worst; 1 where there is nobody."""
    return float(people.scores.mean(axis=1).min()) if len(people) else 1.0


def same_people(before: Boxes, after: Boxes) -> NDArray[np.intp]:
    """Return the rows (people, 2) before and after of people in about the same place."""
    overlap = np.array([box_overlap(box, after.boxes) for box in before.boxes])
    overlap = overlap.reshape(len(before), len(after))
    pairs = np.stack(best_pairs(overlap), axis=1)
    return pairs[overlap[pairs[:, 0], pairs[:, 1]] >= LEAST_OVERLAP]


def all_there(boxes: Boxes, rows: NDArray[np.intp]) -> bool:
    """Whether these rows hold all people of a frame, or the largest of many."""
    return set(np.flatnonzero(largest(boxes))) <= set(rows)


def interpolated(boxes: Mapping[int, Boxes], place: Between) -> Boxes:
    """Boxes of the people of a frame between two others, some of whose boxes are known."""
    share = np.float32(place.share)
    before, after = boxes[place.before], boxes[place.after]
    first, second = place.rows.T
    return Boxes(
        (1 - share) * before.boxes[first] + share * after.boxes[second],
        (1 - share) * before.scores[first] + share * after.scores[second],
    )


def found_again(boxes: Mapping[int, Boxes], index: int, place: Between) -> Between:
    """Return who in a frame in which boxes were looked for is in both frames around."""
    now = boxes[index]
    rows = np.full((len(now), 2), NOT_THERE)
    expected, there = same_people(interpolated(boxes, place), now).T
    rows[there] = place.rows[expected]
    return place._replace(rows=rows)


class TwoStageDetector:
    """Person boxes, then keypoints in each box.

    Parameters
    ----------
    box_detector, keypoint_detector
        The two stages; each batches over the frames and people it is given.
    boxes_every
        Of a clip, boxes are looked for in every frame of this number; see `ClipDetector`.
    frames_at_once
        Frames of a clip that suit the device and its memory; best a multiple of `boxes_every`.
    new_score, extremities
        As of `ClipDetector`.
    """

    def __init__(
        self,
        box_detector: BoxDetector,
        keypoint_detector: KeypointDetector,
        boxes_every: int = 1,
        frames_at_once: int = 8,
        new_score: float = 0.0,
        extremities: FeetAndHands | None = None,
    ) -> None:
        self.box_detector = box_detector
        self.keypoint_detector: KeypointDetector = PeopleApart(keypoint_detector)
        self.boxes_every = boxes_every
        self.frames_at_once = frames_at_once
        self.new_score = new_score
        self.extremities = extremities

    @property
    def joint_set(self) -> JointSet:
        """What the joints are."""
        found = self.keypoint_detector if self.extremities is None else self.extremities
        return found.joint_set

    def __call__(self, frames: Sequence[Frame]) -> list[FrameDetections]:
        """Find all people and their joints in frames that need have nothing in common.

        Parameters
        ----------
        frames
            Pictures (height, width, 3) uint8, RGB. As many as fit in memory at once; sizes may
            differ.

        Returns
        -------
        detections
            One for each frame, people by falling box score.
        """
        found = [
            sure_or_continued(None, boxes, self.new_score) for boxes in self.box_detector(frames)
        ]
        people = with_joints(self.keypoint_detector, frames, found)
        return people if self.extremities is None else self.extremities(frames, people)

    def of_clip(self, last: FrameDetections | None = None) -> ClipDetector:
        """Detector for the frames of one clip in order, after one in which `last` was found."""
        if last is not None and self.extremities is not None:
            last = self.extremities.without(last)
        return ClipDetector(
            self.box_detector,
            self.keypoint_detector,
            self.boxes_every,
            last,
            self.new_score,
            self.extremities,
        )
