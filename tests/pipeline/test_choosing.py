"""Whom to lift: by number, all, or the most important of all."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from glagcn_cli.commands.video import main
from glagcn_cli.errors import UsageError
from glagcn_cli.pipeline.choosing import (
    choose_people,
    least_frames,
    what_numbers_mean,
    who_is_left_out,
)
from glagcn_cli.pipeline.settings import EVERYBODY, Settings
from glagcn_cli.tracking.tracks import Track
from tests.helpers.fake_detection import clip

PEOPLE = [Track(np.arange(3), np.zeros(3, int), n) for n in (1, 2, 3)]
CLIP, FPS = Path("in.mp4"), Fraction(25)


@pytest.mark.parametrize(
    "wanted, most, expected",
    [
        (1, None, [1]), (3, None, [3]), (EVERYBODY, None, [1, 2, 3]),
        (EVERYBODY, 2, [1, 2]), (EVERYBODY, 9, [1, 2, 3]),
    ],
)  # fmt: skip
def test_who_is_chosen(wanted: int | str, most: int | None, expected: list[int]) -> None:
    assert [p.person for p in choose_people(PEOPLE, wanted, CLIP, FPS, most)] == expected
    assert choose_people([], wanted, CLIP, FPS, most) == []


def _in_frames(first: int, last: int, number: int) -> Track:
    frames = np.arange(first, last + 1)
    return Track(frames, np.zeros(len(frames), int), number)


@pytest.mark.parametrize(
    "count, told",
    [
        (1, "1 person was found: person 1 (0 to 7.7 s); person 1 is the main person"),
        (2, "2 people were found: person 1 (0 to 7.7 s), person 2 (1.2 to 1:06); person 1 is"),
        (9, "9 people were found: person 1 (0 to 7.7 s), person 2 (1.2 to 1:06), person 3 (0 to"),
    ],
)
def test_a_number_that_nobody_has_is_answered_with_who_there_is(count: int, told: str) -> None:
    everybody = [_in_frames(0, 191, 1), _in_frames(30, 1649, 2)]
    everybody += [_in_frames(0, 9, number) for number in range(3, 10)]
    with pytest.raises(UsageError) as refused:
        choose_people(everybody[:count], 10, CLIP, FPS)
    assert str(refused.value).startswith(f"in.mp4: there is no person 10; {told}")
    assert ("..." in str(refused.value)) == (count == 9)


def test_what_a_number_depends_on_is_said_before_the_work() -> None:
    assert what_numbers_mean(1) is None and what_numbers_mean(EVERYBODY) is None
    assert "--person 5: who that is" in str(what_numbers_mean(5))


def test_what_is_said_of_the_others() -> None:
    limited = Settings(people=EVERYBODY, max_people=2)
    assert who_is_left_out(5, 2, limited) == "5 people were found, the 2 most in view are lifted"
    assert "person 1 is lifted; --people all lifts everybody" in who_is_left_out(5, 1, Settings())
    assert "--least-seconds 0 lifts those too" in who_is_left_out(5, 3, Settings(people=EVERYBODY))


def test_who_is_seen_for_a_moment_is_left_out_but_never_the_main_person() -> None:
    people = [_in_frames(0, 9, 1), _in_frames(0, 40, 2), _in_frames(5, 20, 3), _in_frames(0, 24, 4)]
    settings = Settings(people=EVERYBODY)
    least = least_frames(settings, FPS, 200)
    chosen = choose_people(people, EVERYBODY, CLIP, FPS, least=least)
    assert [person.person for person in chosen] == [1, 2, 4]
    assert [p.person for p in choose_people(people, 3, CLIP, FPS, least=least)] == [3]


def test_in_a_short_clip_half_of_it_is_enough() -> None:
    settings = Settings(people=EVERYBODY)
    assert least_frames(settings, FPS, 30) == 15 and least_frames(settings, FPS, 300) == 25
    assert least_frames(Settings(people=EVERYBODY, least_seconds=0), FPS, 300) == 0


@pytest.mark.parametrize("most, people", [(0, EVERYBODY), (-1, EVERYBODY), (2, 1)])
def test_a_limit_that_makes_no_sense_is_refused(most: int, people: int | str) -> None:
    with pytest.raises(UsageError, match="--max-people"):
        Settings(people=people, max_people=most)


def test_the_command_refuses_a_limit_without_all(tmp_path: Path) -> None:
    arguments = [str(clip(tmp_path / "in.mp4")), "-o", str(tmp_path / "a.npy"), "--max-people", "2"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2 and "add --people all" in done.output
