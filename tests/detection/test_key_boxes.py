from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from glagcn_cli.detection.interface import Boxes
from glagcn_cli.detection.key_boxes import (
    BEFORE,
    NOT_THERE,
    KeyBoxes,
    key_frames,
    places_between,
)
from glagcn_cli.video.frame import Frame


class Jumper:
    """One person who jumps far to the side at a frame; remembers where it looked."""

    def __init__(self, jump: int) -> None:
        self.jump, self.searched = jump, []

    def __call__(self, frames: Sequence[Frame]) -> list[Boxes]:
        numbers = [int(frame[0, 0, 0]) for frame in frames]
        self.searched += numbers
        return [self.at(number) for number in numbers]

    def at(self, number: int) -> Boxes:
        left = 500.0 if number >= self.jump else 10.0
        return Boxes(
            np.array([[left, 10, left + 40, 110]], np.float32), np.array([0.9], np.float32)
        )


def numbered(count: int) -> list[Frame]:
    return [np.full((4, 4, 3), number, np.uint8) for number in range(count)]


@pytest.mark.parametrize("jump", range(1, 8))
def test_a_stretch_is_halved_until_the_same_people_are_at_both_ends(jump: int) -> None:
    find = Jumper(jump)
    last = find.at(BEFORE)
    found = KeyBoxes(find, numbered(8), last, 0.0).by_frame([7])
    assert sorted(found) == [BEFORE, *range(8)]
    for number in range(8):
        np.testing.assert_allclose(found[number].boxes, find.at(number).boxes)
    # Half way, then in the half in which it happened, and in the quarter.
    assert len(find.searched) == 4 and {7, 3} <= {*find.searched}


@pytest.mark.parametrize(
    ("count", "every", "is_first", "keys"),
    [
        (8, 4, False, [3, 7]),
        (8, 4, True, [0, 3, 7]),
        (6, 4, False, [3, 5]),
        (8, 1, True, [*range(8)]),
        (1, 4, True, [0]),
        (2, 4, False, [1]),
    ],
)
def test_key_frames(count: int, every: int, is_first: bool, keys: list[int]) -> None:
    assert key_frames(count, every, is_first) == keys


def test_who_is_in_both_frames_around() -> None:
    box = np.array([[0, 0, 10, 20], [50, 0, 60, 20]], np.float32)
    both, one = Boxes(box, np.ones(2, np.float32)), Boxes(box[1:], np.ones(1, np.float32))
    places = places_between({0: both, 1: both, 2: one, 3: one}, [0, 2, 3])
    assert [*places] == [1]
    assert places[1].rows.tolist() == [[NOT_THERE] * 2, [1, 0]] and places[1].share == 0.5
