"""Feet and palms of people whose joints are known: eight points more, by a second network.

The second network finds the body's joints too. Where both disagree about an ankle or a wrist, what
hangs on it is not believed; else it is moved along with the first network's joint, so that feet and
hands sit on their limbs. The joints of the first network stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..poses import BODY_JOINTS, FrameDetections
from ..skeleton import COCO17, COCO25, EXTREMITIES, JointSet
from ..video.picture import AnyFrame, picture_of
from .blazepose.direct import BlazePosePoints, Found
from .blazepose.placing import SURE, square_of
from .fingers import Fingers
from .still import InBetween, with_points_between
from .turned_crops import Square

AGREED = 0.03
"""Distance of both networks' ankles or wrists, as a share of the square, at which what hangs on
them counts exp(-1/2). Squares are about 2.4 m wide."""

LEAST_SIDE = {"foot": 64.0, "hand": 160.0}
"""Pixels of a person's square below which feet and hands are too small to tell their ends apart:
feet of five pixels, hands of ten. At 64 pixels feet turn by 6 degrees in the median."""

_LIMBS = tuple(
    (f"{side}_{end}", kind, tuple(f"{side}_{point}" for point in points))
    for end, kind, points in (
        ("ankle", "foot", ("heel", "big_toe")),
        ("wrist", "hand", ("index_knuckle", "little_knuckle")),
    )
    for side in ("left", "right")
)  # fmt: skip
_ENDS = [COCO25.index(end) for end, _, _ in _LIMBS]


class FeetAndHands:
    """Adds feet and palms to the people of frames.

    Parameters
    ----------
    points
        The second network.
    given
        Joint set of the people; its first joints are COCO's. What it has of feet and hands stays.
    fingers
        Adds 21 points a hand besides.
    """

    joint_set = COCO25

    def __init__(
        self,
        points: BlazePosePoints | None,
        given: JointSet = COCO17,
        fingers: Fingers | None = None,
    ) -> None:
        self._find = points
        self._fingers = fingers
        self._known = [joint for joint in EXTREMITIES if joint in given.joints]
        self._given = given

    def __call__(
        self,
        frames: Sequence[AnyFrame],
        people: Sequence[FrameDetections],
        guessed: Mapping[int, InBetween] | None = None,
        last: FrameDetections | None = None,
    ) -> list[FrameDetections]:
        """Return the people of each frame with the points of `COCO25`; the first 17 are theirs.

        Parameters
        ----------
        frames, people
            Pictures, and who is in them.
        guessed
            People whose joints were interpolated, as `still` says: their feet and hands are too.
        last
            What was returned for the frame before the first; None where there is none.
        """
        added = [with_room(found, self._given) for found in people]
        guessed = {
            number: one for number, one in (guessed or {}).items()
            if one.place.before >= 0 or self._has_all(last)
        }  # fmt: skip
        left_out = {number: one.rows for number, one in guessed.items()}
        if self._find is not None:
            self._add(frames, added, left_out)
        if self._fingers is not None:
            added = self._fingers(frames, added, left_out)
        with_points_between(added, guessed, last, slice(BODY_JOINTS, None))
        return added

    def _has_all(self, last: FrameDetections | None) -> bool:
        """Tell whether a frame holds what is added."""
        if last is None or last.scores.shape[1] != len(COCO25):
            return False
        return self._fingers is None or last.hands is not None

    def _add(
        self,
        frames: Sequence[AnyFrame],
        added: Sequence[FrameDetections],
        left_out: Mapping[int, NDArray[np.bool_]],
    ) -> None:
        """Find feet and palms of people with room for them, in place."""
        assert self._find is not None
        wanted = [
            (number, row, square_of(found.keypoints[row], found.scores[row]))
            for number, found in enumerate(added)
            for row in range(len(found))
            if found.scores[row, _ENDS].max() >= SURE
            if number not in left_out or not left_out[number][row]
        ]
        wanted = [one for one in wanted if one[2].side >= min(LEAST_SIDE.values())]
        seen = self._find([(frames[number], square) for number, _, square in wanted])
        for (number, row, square), found in zip(wanted, seen, strict=True):
            size = picture_of(frames[number]).size
            self._take(added[number], row, square, found, size)

    def without(self, people: FrameDetections) -> FrameDetections | None:
        """Return people as they were given; None where they had joints that are gone."""
        if self._given != COCO17:
            return None
        return people.body

    def _take(
        self, people: FrameDetections, row: int, square: Square, found: Found, size: tuple[int, ...]
    ) -> None:
        """Put what was found of a person in their row, in place."""
        keypoints, scores = people.keypoints[row], people.scores[row]
        points, visible = with_sides_of(keypoints, found)
        for end, kind, names in _LIMBS:
            at = COCO25.index(end)
            apart = keypoints[at] - points[at]
            agreement = np.exp(-0.5 * (apart @ apart) / (AGREED * square.side) ** 2)
            for name in names:
                to = COCO25.index(name)
                if name in self._known:
                    continue
                place = points[to] + apart
                keypoints[to] = place
                is_there = (place >= -0.5).all() and (place < np.array(size) - 0.5).all()
                if is_there and square.side >= LEAST_SIDE[kind]:
                    sure = min(float(scores[at]), float(visible[to]), found.presence)
                    scores[to] = sure * agreement


def with_room(people: FrameDetections, given: JointSet) -> FrameDetections:
    """Return people with the joints of `COCO25`: those not given on their limb's end, score 0."""
    count = len(people)
    keypoints = np.zeros((count, len(COCO25), 2), np.float32)
    scores = np.zeros((count, len(COCO25)), np.float32)
    for place, joint in enumerate(COCO25.joints):
        if joint in given.joints:
            keypoints[:, place] = people.keypoints[:, given.index(joint)]
            scores[:, place] = people.scores[:, given.index(joint)]
    for end, _, names in _LIMBS:
        for name in names:
            if name not in given.joints:
                keypoints[:, COCO25.index(name)] = keypoints[:, COCO25.index(end)]
    return FrameDetections(people.boxes, people.box_scores, keypoints, scores)


def with_sides_of(
    keypoints: NDArray[np.floating], found: Found
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give legs and arms of the second network the sides that the first gave them.

    Parameters
    ----------
    keypoints
        (25, 2) of the first network.
    found
        Of the second.

    Returns
    -------
    points, visible
        (25, 2) and (25,) of the second network, left and right exchanged where that lies nearer.
    """
    points, visible = found.points.copy(), found.visible.copy()
    for (left, _, left_names), (right, _, right_names) in (_LIMBS[:2], _LIMBS[2:]):
        ends = COCO25.indices((left, right))
        straight = np.linalg.norm(keypoints[ends] - found.points[ends], axis=1).sum()
        crossed = np.linalg.norm(keypoints[ends] - found.points[ends[::-1]], axis=1).sum()
        if crossed < straight:
            here = COCO25.indices((left, *left_names, right, *right_names))
            there = COCO25.indices((right, *right_names, left, *left_names))
            points[here], visible[here] = found.points[there], found.visible[there]
    return points, visible
