"""Fingers of people whose wrists and knuckles are known: 21 points a hand, by a third network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..poses import HANDS_SHAPE, FrameDetections
from ..skeleton import COCO25
from ..video.picture import AnyFrame
from .blazepose.placing import square_of
from .hands.direct import HandPoints
from .hands.placing import square_of_hand
from .turned_crops import Square

SURE = 0.25
"""Score of a wrist and of its knuckles with less of which there is no hand to look at."""

PALM = 0.034
"""Way from the wrist to the knuckles as a share of the square of the whole body: the median of
hands of all postures."""

LEAST_SIDE = 40.0
"""Pixels of a hand's square below which its fingers cannot be told apart."""

_HANDS = tuple(
    COCO25.indices((f"{side}_wrist", f"{side}_index_knuckle", f"{side}_little_knuckle"))
    for side in ("left", "right")
)


class Fingers:
    """Adds the points of hands to people.

    Parameters
    ----------
    points
        The network.
    """

    def __init__(self, points: HandPoints) -> None:
        self._find = points

    def __call__(
        self,
        frames: Sequence[AnyFrame],
        people: Sequence[FrameDetections],
        left_out: Mapping[int, NDArray[np.bool_]] | None = None,
    ) -> list[FrameDetections]:
        """Return the people of each frame, whose joints are those of `COCO25`, with their hands.

        `left_out` says who (people,) in a frame is not looked at, by its number.
        """
        skipped = left_out or {}
        found = [
            replace(one, hands=np.zeros((len(one), *HANDS_SHAPE), np.float32)) for one in people
        ]
        wanted = [
            (number, *hand)
            for number, one in enumerate(people)
            for hand in places_of_hands(one)
            if number not in skipped or not skipped[number][hand[0]]
        ]
        seen = self._find([(frames[number], square) for number, _, _, _, square in wanted])
        for (number, row, side, sure, _), hand in zip(wanted, seen, strict=True):
            hands = found[number].hands
            assert hands is not None
            hands[row, side, :, :2] = hand.points
            hands[row, side, :, 2:5] = hand.metric
            right = hand.right if side else 1 - hand.right
            hands[row, side, :, 5] = sure * hand.presence * min(1.0, 2 * right)
        return found


def places_of_hands(people: FrameDetections) -> Iterator[tuple[int, int, float, Square]]:
    """Give row, side (0 left), score and square of each hand that is worth a look."""
    for row, (keypoints, scores) in enumerate(zip(people.keypoints, people.scores, strict=True)):
        palm = PALM * square_of(keypoints, scores).side
        for side, joints in enumerate(_HANDS):
            sure = float(scores[joints].min())
            wrist, index, little = keypoints[joints]
            square = square_of_hand(wrist, index, little, palm) if sure >= SURE else None
            if square is not None and square.side >= LEAST_SIDE:
                yield row, side, sure, square
