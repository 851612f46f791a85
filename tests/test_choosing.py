"""Whom to lift: by number, all, or the most important of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fake_detection import clip

from glagcn_cli.choosing import choose_people, who_is_left_out
from glagcn_cli.cli import main
from glagcn_cli.errors import UsageError
from glagcn_cli.settings import EVERYBODY, Settings
from glagcn_cli.tracking import Track

PEOPLE = [Track(np.arange(3), np.zeros(3, int), 100.0 / n, n) for n in (1, 2, 3)]
CLIP = Path("in.mp4")


@pytest.mark.parametrize(
    "wanted, most, expected",
    [
        (1, None, [1]), (3, None, [3]), (EVERYBODY, None, [1, 2, 3]),
        (EVERYBODY, 2, [1, 2]), (EVERYBODY, 9, [1, 2, 3]),
    ],
)  # fmt: skip
def test_who_is_chosen(wanted: int | str, most: int | None, expected: list[int]) -> None:
    assert [p.person for p in choose_people(PEOPLE, wanted, CLIP, most)] == expected
    assert choose_people([], wanted, CLIP, most) == []


@pytest.mark.parametrize("people, told", [(PEOPLE[:1], "1 person was"), (PEOPLE, "3 people were")])
def test_a_number_that_nobody_has(people: list[Track], told: str) -> None:
    with pytest.raises(UsageError, match=f"in.mp4: there is no person 4, {told} found"):
        choose_people(people, 4, CLIP)


def test_what_is_said_of_the_others() -> None:
    limited = Settings(people=EVERYBODY, max_people=2)
    assert who_is_left_out(5, limited) == "5 people were found, the 2 most in view are lifted"
    assert "person 1 is lifted; --people all lifts everybody" in who_is_left_out(5, Settings())


@pytest.mark.parametrize("most, people", [(0, EVERYBODY), (-1, EVERYBODY), (2, 1)])
def test_a_limit_that_makes_no_sense_is_refused(most: int, people: int | str) -> None:
    with pytest.raises(UsageError, match="max-people"):
        Settings(people=people, max_people=most)


def test_the_command_refuses_a_limit_without_all(tmp_path: Path) -> None:
    arguments = [str(clip(tmp_path / "in.mp4")), "-o", str(tmp_path / "a.npy"), "--max-people", "2"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2 and "add --people all" in done.output
