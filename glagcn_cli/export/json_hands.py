"""The hands of a person in `.json`, a frame a line."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from ..biomechanics.fingers import SHAPES, HandMotion, hands_of
from ..poses import Keypoints2D
from .json_values import json_safe


def hands_of_person(person: Keypoints2D | None) -> Iterator[str]:
    """Give the text of the key `hands` of a person; nothing where fingers were not looked for.

    Each hand is a list with an object a frame, null where it was not seen: `score`, `shape`,
    `points_2d` (21 of x, y pixels), `points_3d` (21 of x, y, z metres from the wrist) and `angles`
    (thumb to little finger, four angles each, degrees).
    """
    hands = None if person is None else hands_of(person)
    if hands is None:
        return
    yield ',\n"hands": {'
    for number, (side, hand) in enumerate(zip(("left", "right"), hands, strict=True)):
        yield (",\n" if number else "") + f'"{side}": [\n'
        for frame in range(len(hand.scores)):
            yield (",\n" if frame else "") + json.dumps(json_safe(_of_frame(hand, frame)))
        yield "\n]"
    yield "}"


def _of_frame(hand: HandMotion, frame: int) -> dict[str, object] | None:
    if not hand.seen[frame]:
        return None
    rounded = {"points_2d": (hand.points, 2), "points_3d": (hand.places, 5),
               "angles": (hand.angles, 1)}  # fmt: skip
    return {
        "score": round(float(hand.scores[frame]), 4),
        "shape": SHAPES[hand.shapes[frame]],
    } | {
        name: np.round(values[frame].astype(np.float64), digits).tolist()
        for name, (values, digits) in rounded.items()
    }
