"""People who meet: clothes tell who is who, and never against a plain place."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from glagcn_cli.poses import FrameDetections
from glagcn_cli.tracking.clothes import UNKNOWN, Clothes, clothes_evidence
from glagcn_cli.tracking.tracks import find_people
from tests.helpers.tracked_bodies import FPS, body, frame

GREEN, BROWN = ((4.6, 0.0, 0.0), (4.4, 0.0, 0.1)), ((4.5, 0.25, -0.3), (3.6, 0.2, -0.5))
TRUST = 0.7

Wear = tuple[tuple[float, ...], ...]


def dressed(xs: list[float], wears: list[Wear], close: float = 90) -> FrameDetections:
    """Return people at places; whoever is near another shows no clothes."""
    people = frame(*(body(x) for x in xs))
    clothes = np.zeros((len(xs), 2, 4), np.float32)
    for row, (x, wear) in enumerate(zip(xs, wears, strict=True)):
        if all(abs(x - other) > close for k, other in enumerate(xs) if k != row):
            clothes[row, :, :3], clothes[row, :, 3] = wear, TRUST
    return replace(people, clothes=clothes)


def parted(one: Wear, other: Wear) -> list[FrameDetections]:
    """Return two who walk up to each other and turn back, which looks like walking on."""
    there = np.linspace(0, 240, 60)
    away = [*there, *there[::-1]]
    return [dressed([380 + x, 860 - x], [one, other]) for x in away]


def who(frames: list[FrameDetections], fps: Fraction = FPS) -> list[list[int]]:
    """Return the number of each detection in the first and the last frame."""
    numbers = [[-1] * len(found) for found in frames]
    for track in find_people(frames, fps):
        for number, row in zip(track.frames, track.rows, strict=True):
            numbers[number][row] = track.person
    return [numbers[0], numbers[-1]]


def undressed(frames: list[FrameDetections]) -> list[FrameDetections]:
    return [replace(found, clothes=None) for found in frames]


def test_two_who_turn_back_are_told_apart_by_their_clothes() -> None:
    frames = parted(GREEN, BROWN)
    first, last = who(undressed(frames))
    assert first == last[::-1], "by place alone they are exchanged"
    first, last = who(frames)
    assert first == last


def test_two_in_the_same_clothes_are_who_they_were_without() -> None:
    frames = parted(GREEN, GREEN)
    assert who(frames) == who(undressed(frames))


@pytest.mark.parametrize("wears", [(GREEN, BROWN), (BROWN, GREEN)])
def test_two_who_pass_and_look_as_before_stay_who_they_are(wears: tuple[Wear, Wear]) -> None:
    frames = [dressed([380 + 4 * t, 860 - 4 * t], list(wears)) for t in range(120)]
    first, last = who(frames)
    assert first == last


def test_plainly_seen_people_keep_their_names_whatever_colour_they_take() -> None:
    frames = [dressed([400, 800], [GREEN, BROWN] if t < 60 else [BROWN, GREEN]) for t in range(120)]
    first, last = who(frames)
    assert first == last


def test_light_that_changes_while_two_stand_close_exchanges_nobody() -> None:
    dim, darker = (
        tuple(tuple(np.add(part, (-0.8, 0.05, -0.1))) for part in wear) for wear in (GREEN, BROWN)
    )
    frames = [dressed([500, 620], [GREEN, BROWN] if t < 60 else [dim, darker]) for t in range(120)]
    first, last = who(frames)
    assert first == last


def test_who_comes_back_in_other_clothes_is_somebody_else() -> None:
    nobody = replace(frame(), clothes=np.zeros((0, 2, 4), np.float32))

    def numbers(after: Wear) -> int:
        frames = [dressed([400], [GREEN])] * 40 + [nobody] * 45 + [dressed([400], [after])] * 40
        return len(find_people(frames, FPS))

    assert numbers(GREEN) == 1
    assert numbers(BROWN) == 2


def test_evidence_grows_with_the_difference_and_is_bounded() -> None:
    def evidence(off: float) -> float:
        one, other = (Clothes(np.full((2, 3), x), np.ones(2)) for x in (0.0, off))
        return clothes_evidence(one, other)

    values = [evidence(off) for off in (0.0, 0.05, 0.2, 1.0, 100.0)]
    assert values[0] > 2
    assert all(a >= b for a, b in pairwise(values))
    assert -8 < values[-1] < -5
    assert clothes_evidence(UNKNOWN, Clothes(np.zeros((2, 3)), np.ones(2))) == 0
