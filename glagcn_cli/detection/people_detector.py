"""Both steps of the 2D stage: boxes in some frames of a clip, and joints in each box."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ..poses import FrameDetections
from ..skeleton import JointSet
from ..video.picture import AnyFrame
from .apart import PeopleApart
from .continued import sure_or_continued
from .followed import Followed
from .interface import BoxDetector, Boxes, KeypointDetector
from .key_boxes import BEFORE, KeyBoxes, key_frames, places_between
from .still import with_joints, with_joints_of_those_who_move

if TYPE_CHECKING:
    from .feet_and_hands import FeetAndHands  # which brings torch

JOINTS_EVERY = 2
"""Distance of the frames in which joints are looked for of who is still or moves evenly too."""

LEAST_SCORE = 0.8
"""Score of the keypoints between key frames, as a share of the worse key frame's; with less, the
box is taken to have missed its person, and boxes are looked for."""


class ClipDetector:
    """Both steps of the 2D stage over the frames of one clip, which come in order.

    Boxes are looked for in key frames, and between them where people are not in about the same
    places (`key_boxes`) or keypoints turn out worse than in the key frames. Joints of people who
    are still or move evenly are looked for in every `JOINTS_EVERY`th frame (`still`).

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
        self._followed = Followed(keypoints)
        self._every = every
        self._last = self._last_whole = last
        if last is not None and extremities is not None:
            self._last = extremities.without(last)
        self._new_score = new_score
        self._extremities = extremities

    def __call__(self, frames: Sequence[AnyFrame]) -> list[FrameDetections]:
        """Find all people and their joints in the next frames.

        Parameters
        ----------
        frames
            Arrays (height, width, 3) uint8, RGB, or `VideoPicture`; as many as fit in memory at
            once, best a multiple of the distance of key frames.

        Returns
        -------
        list of FrameDetections
            One for each frame, people by falling box score in the key frames.
        """
        if not frames:
            return []
        is_first = self._last is None
        keys = key_frames(len(frames), self._every, is_first)
        boxes = KeyBoxes(self._find_boxes, frames, self._last_boxes(), self._new_score)
        by_frame = boxes.by_frame(keys)
        between = places_between(
            by_frame, key_frames(len(frames), min(self._every, JOINTS_EVERY), is_first)
        )
        found, guessed = with_joints_of_those_who_move(
            self._find_keypoints,
            frames,
            [by_frame[index] for index in range(len(frames))],
            between,
            self._last,
        )
        mended = {*self._mend(frames, found, keys)}
        mended |= {*self._followed(frames, found, self._last)}
        guessed = {
            index: one for index, one in guessed.items()
            if not mended & {index, one.place.before, one.place.after}
        }  # fmt: skip
        self._last = found[-1]
        if self._extremities is not None:
            found = self._extremities(frames, found, guessed, self._last_whole)
            self._last_whole = found[-1]
        return found

    def _last_boxes(self) -> Boxes | None:
        last = self._last
        return None if last is None else Boxes(last.boxes, last.box_scores)

    def _mend(
        self, frames: Sequence[AnyFrame], found: list[FrameDetections], keys: Sequence[int]
    ) -> list[int]:
        """Look for boxes where those between key frames missed somebody, in place; say where."""
        known = {key: _worst(found[key]) for key in keys}
        if self._last is not None:
            known[BEFORE] = _worst(self._last)
        missed = [
            index
            for before, after in pairwise(sorted(known))
            for index in range(before + 1, after)
            if _worst(found[index]) < LEAST_SCORE * min(known[before], known[after])
        ]
        if missed:
            for index, better in zip(missed, self._anew(frames, found, missed), strict=True):
                found[index] = better
        return missed

    def _anew(
        self, frames: Sequence[AnyFrame], found: Sequence[FrameDetections], missed: Sequence[int]
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

    def __call__(self, frames: Sequence[AnyFrame]) -> list[FrameDetections]:
        """Find all people and their joints in frames that need have nothing in common.

        Parameters
        ----------
        frames
            Arrays (height, width, 3) uint8, RGB, or `VideoPicture`. As many as fit in memory at
            once; sizes may differ.

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
        return ClipDetector(
            self.box_detector,
            self.keypoint_detector,
            self.boxes_every,
            last,
            self.new_score,
            self.extremities,
        )
