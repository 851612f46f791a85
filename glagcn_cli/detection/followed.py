"""People who turn over or whom the box detector loses: followed by their joints.

Networks are trained on people who stand. Somebody upside down or in the air has joints in the wrong
places in an upright crop, and often no box. Where nobody is found in the place of somebody who was
there, the crop that their joints take is looked at, and where their trunk lies or is upside down,
crops at other angles: a body turns by less than 30 degrees from frame to frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..similarity import (
    KEYPOINT_TOLERANCE,
    SEEN,
    box_overlap,
    centre,
    keypoint_similarity,
    shared_area,
    size,
)
from ..video.picture import AnyFrame, picture_of
from .continued import LEAST_CONTINUED
from .interface import Boxes, KeypointDetector, Keypoints
from .key_boxes import largest
from .turned_poses import UPRIGHT, body_square, is_turned, poses_turned, quarter_turns, trunk_up

DOUBTED = 0.5
"""Mean keypoint score below which a turned crop may show more."""

FALLEN = 0.15
"""Fall of this score from one frame to the next after which all quarter turns are looked at."""

BETTER = 0.05
"""What a turned crop must gain, in mean score and likeness to the frame before."""

LIKENESS = 0.3
"""How much likeness to the pose of the frame before counts against the mean score."""

LEAST_FOLLOWED = 0.35
"""Mean score from which on joints without a box are somebody's."""

LEAST_LIKENESS = 0.3
"""Their least likeness to the pose of the frame before."""

FADING = 0.97
"""Factor a frame of the score of a box that nobody found, which goes on with the joints."""

FADED = 0.1
"""Score of such a box below which nobody is followed any more."""

HIDDEN = 0.5
"""Share of a lost person's box in another's, from which on they are behind that other."""

PATIENCE = 8
"""Frames for which somebody is looked for who was turned when last seen."""

TURNS_EVERY = 3
"""Distance of those of these frames in which all quarter turns are looked at."""

TOLERANCE_GROWTH = 1 / 3
"""Of the distance at which a pose is still like an earlier one, for each frame in between."""

_MARGIN = 0.1  # around the seen joints of who has no box, as a share of their size
_BORDER = 2.0  # pixels; who is so near to the picture's border may leave


class _Lost(NamedTuple):
    """Who has no box: pose, box (4,) and its score, trunk's direction (2,), frames since then."""

    pose: Keypoints
    box: NDArray[np.float32]
    box_score: np.float32
    up: NDArray[np.float64]
    missed: int = 1


class Followed:
    """Finds joints again of people who turn over or are lost.

    Parameters
    ----------
    keypoints
        The detector of joints; its first are those of COCO.
    """

    def __init__(self, keypoints: KeypointDetector) -> None:
        self._find = keypoints
        self._missed: list[_Lost] = []

    def __call__(
        self,
        frames: Sequence[AnyFrame],
        found: list[FrameDetections],
        last: FrameDetections | None,
    ) -> list[int]:
        """Mend the people of a batch, in place; return the numbers of changed frames.

        Parameters
        ----------
        frames, found
            Pictures, and who is in them.
        last
            People of the frame before the first; None at the beginning of a clip.
        """
        changed, before = [], last
        for number, (frame, now) in enumerate(zip(frames, found, strict=True)):
            whose = _whose(before, now)
            mended = self._turned(frame, now, before, whose)
            if before is not None:
                mended = self._with_lost(frame, mended, before, set(whose))
            if mended is not now:
                found[number] = mended
                changed.append(number)
            before = mended
        return changed

    def _turned(
        self,
        frame: AnyFrame,
        now: FrameDetections,
        before: FrameDetections | None,
        whose: Sequence[int],
    ) -> FrameDetections:
        """Replace joints that a turned crop shows better."""
        means = now.scores.mean(axis=1)
        doubted = (means < DOUBTED) & largest(Boxes(now.boxes, now.box_scores))
        keypoints, scores = now.keypoints, now.scores
        for row in np.flatnonzero(doubted).tolist():
            earlier = None if before is None or whose[row] < 0 else _one(before, whose[row])
            better = self._better(frame, now.boxes[row], _one(now, row), earlier)
            if better is None:
                continue
            if keypoints is now.keypoints:
                keypoints, scores = keypoints.copy(), scores.copy()
            keypoints[row], scores[row] = better.keypoints[0], better.scores[0]
        if keypoints is now.keypoints:
            return now
        return replace(now, keypoints=keypoints, scores=scores)

    def _better(
        self, frame: AnyFrame, box: NDArray[np.float32], own: Keypoints, earlier: Keypoints | None
    ) -> Keypoints | None:
        """Return the pose of a turned crop that shows somebody better; None if none does.

        The trunk's own direction is tried first, and the others where the score fell.
        """
        last = own if earlier is None else earlier
        up = trunk_up(last.keypoints[0], last.scores[0])
        if not is_turned(up):
            return None
        best, worth = None, float(_worth(own, earlier, box)[0]) + BETTER
        enough = DOUBTED if earlier is None else earlier.scores.mean() - FALLEN
        most = own.scores.mean()
        for ups in ([up], quarter_turns(up)):
            if len(ups) > 1 and most >= enough:
                break
            poses = poses_turned(self._find, frame, box, ups)
            worths = _worth(poses, earlier, box)
            first = int(worths.argmax())
            if worths[first] > worth:
                best = Keypoints(poses.keypoints[[first]], poses.scores[[first]])
                worth, most = worths[first], best.scores.mean()
        return best

    def _with_lost(
        self, frame: AnyFrame, now: FrameDetections, before: FrameDetections, there: set[int]
    ) -> FrameDetections:
        """Add those of the frames before who have no box any more and still show their joints."""
        lost = [one for one in self._missed if not _is_there(one.box, now.boxes)]
        lost += _lost(frame, before, there)
        self._missed = []
        for one in lost:
            if _is_hidden(one.box, now.boxes):
                continue
            pose = self._again(frame, one)
            if pose is not None:
                now = _with(now, pose, one.box_score * np.float32(FADING), frame)
            elif is_turned(one.up) and one.missed < PATIENCE:
                self._missed.append(one._replace(missed=one.missed + 1))
        return now

    def _again(self, frame: AnyFrame, lost: _Lost) -> Keypoints | None:
        """Look for somebody who has no box; None where they are not seen."""
        square = body_square(lost.pose.keypoints[0], lost.pose.scores[0])
        if square is None:
            return None
        tries = [[np.array(UPRIGHT)]]
        if is_turned(lost.up):
            tries[0].append(lost.up)
            if lost.missed % TURNS_EVERY == 1:
                tries.append(quarter_turns(lost.up))
        for ups in tries:
            poses = poses_turned(self._find, frame, square, ups)
            alike = _likeness(poses, lost.pose, lost.box, lost.missed)
            worth = np.where(alike < LEAST_LIKENESS, 0, poses.scores.mean(axis=1))
            best = int((worth + LIKENESS * alike).argmax())
            if worth[best] >= LEAST_FOLLOWED:
                return Keypoints(poses.keypoints[[best]], poses.scores[[best]])
        return None


def _whose(before: FrameDetections | None, now: FrameDetections) -> list[int]:
    """Return the rows in the frame before of the people now (people,), -1 for who is new."""
    if before is None or not len(before):
        return [-1] * len(now)
    rows, squares = [], _squares(before.boxes)
    for box in _squares(now.boxes):
        overlap = box_overlap(box, squares)
        best = int(overlap.argmax())
        rows.append(best if overlap[best] >= LEAST_CONTINUED else -1)
    return rows


def _worth(poses: Keypoints, earlier: Keypoints | None, box: NDArray[np.float32]) -> NDArray:
    """Return how good poses are (poses,): their scores, and likeness to the frame before."""
    alike = 0.0 if earlier is None else LIKENESS * _likeness(poses, earlier, box)
    return np.asarray(poses.scores.mean(axis=1) + alike)


def _likeness(
    poses: Keypoints, earlier: Keypoints, box: NDArray[np.float32], missed: int = 1
) -> NDArray[np.float64]:
    """Return the similarity (poses,) in 0..1 of poses to one of some frames before."""
    return keypoint_similarity(
        earlier.keypoints[0],
        earlier.scores[0],
        poses.keypoints,
        poses.scores,
        KEYPOINT_TOLERANCE * size(box) * (1 + TOLERANCE_GROWTH * (missed - 1)),
    )


def _lost(frame: AnyFrame, before: FrameDetections, there: set[int]) -> Iterator[_Lost]:
    """Give the people of the frame before whom to look for without a box."""
    width, height = picture_of(frame).size
    inner = np.array([_BORDER, _BORDER, width - 1 - _BORDER, height - 1 - _BORDER])
    sure = before.scores.mean(axis=1) >= LEAST_FOLLOWED
    sure &= before.box_scores * FADING >= FADED
    sure &= largest(Boxes(before.boxes, before.box_scores))
    for row in np.flatnonzero(sure).tolist():
        box = before.boxes[row]
        leaves = (box[:2] <= inner[:2]).any() or (box[2:] >= inner[2:]).any()
        if row not in there and not leaves:
            pose = _one(before, row)
            up = trunk_up(pose.keypoints[0], pose.scores[0])
            yield _Lost(pose, box, before.box_scores[row], up)


def _is_there(box: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    """Tell whether one of other boxes (people, 4) may be the same person's."""
    (own,) = _squares(box[None])
    return bool((box_overlap(own, _squares(others)) >= LEAST_CONTINUED).any())


def _squares(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squares (people, 4) around boxes, which change little while a body turns."""
    middles = centre(boxes)
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([middles - half, middles + half], axis=1)


def _is_hidden(box: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    """Tell whether much of a box (4,) lies in one of others (people, 4)."""
    return bool((shared_area(box, others) >= HIDDEN * np.prod(box[2:] - box[:2])).any())


def _one(people: FrameDetections, row: int) -> Keypoints:
    return Keypoints(people.keypoints[[row]], people.scores[[row]])


def _with(
    people: FrameDetections, pose: Keypoints, box_score: np.float32, frame: AnyFrame
) -> FrameDetections:
    """Add a person of joints alone; the box is around those that are seen."""
    seen = pose.keypoints[pose.scores >= SEEN]
    extent = np.concatenate([seen.min(axis=0), seen.max(axis=0)])
    margin = _MARGIN * size(extent)
    limits = np.array(picture_of(frame).size, np.float32) - 1
    box = np.clip(extent + margin * np.array([-1, -1, 1, 1]), 0, np.tile(limits, 2))
    return FrameDetections(
        np.concatenate([people.boxes, box[None]]).astype(np.float32),
        np.append(people.box_scores, box_score).astype(np.float32),
        np.concatenate([people.keypoints, pose.keypoints]),
        np.concatenate([people.scores, pose.scores]),
    )
