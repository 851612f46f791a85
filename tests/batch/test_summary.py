from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from glagcn_cli.batch.summary import (
    COLUMNS,
    MOST_ROWS,
    table,
    told_counts,
    told_outcome,
    write_summary,
)
from glagcn_cli.batch.worker import DONE, FAILED, NOT_REACHED, SKIPPED, Outcome


def test_every_name_comes_back(tmp_path) -> None:
    names = ["plain.mp4", 'quo"ted, a comma.mp4', "two\nlines.mp4", "ü 日本.mp4", "-dash %d.mp4"]
    outcomes = [
        Outcome(name, DONE, 1.234, 30, 2, "", (tmp_path / "x" / f"{name}.npy", tmp_path / "b; c"))
        for name in names
    ]
    path = write_summary(tmp_path, [*outcomes, Outcome("left.mp4", NOT_REACHED)])
    assert path == tmp_path / "summary.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["file"] for row in rows] == [*names, "left.mp4"]
    assert rows[2]["outputs"] == "x/two\nlines.mp4.npy; b; c"
    assert rows[2]["seconds"] == "1.23"
    assert rows[-1]["frames"] == rows[-1]["people"] == ""
    assert rows[-1]["status"] == "not reached"


@pytest.mark.skipif(os.name != "posix", reason="names are text elsewhere")
def test_a_name_that_is_no_text_keeps_its_bytes(tmp_path) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    write_summary(tmp_path, [Outcome(name, FAILED, message="is damaged")])
    assert b"caf\xe9.mp4" in (tmp_path / "summary.csv").read_bytes()


def test_a_summary_is_replaced(tmp_path) -> None:
    write_summary(tmp_path, [Outcome("a.mp4", DONE)] * 5)
    write_summary(tmp_path, [Outcome("b.mp4", DONE)])
    assert (tmp_path / "summary.csv").read_text().count("mp4") == 1


def test_the_table_has_columns_that_line_up() -> None:
    text = table(
        [
            Outcome("a.mp4", DONE, 125.04, 1230, 2),
            Outcome("b.mp4", FAILED, 0.1, message="is damaged\nat length"),
            Outcome("c.mp4", SKIPPED, 0.0, 7, 1, "done before"),
        ]
    )
    assert text.splitlines() == [
        "status   seconds  frames  people  file",
        "done       125.0    1230       2  a.mp4",
        "failed       0.1                  b.mp4: is damaged",
        "skipped      0.0       7       1  c.mp4",
        "3 videos: 1 done, 1 skipped, 1 failed",
    ]


def test_of_many_the_table_shows_those_that_need_a_look() -> None:
    many = [Outcome(f"{i}.mp4", DONE) for i in range(MOST_ROWS)]
    assert table([*many, Outcome("bad.mp4", FAILED, message="why")]).splitlines() == [
        "status  seconds  frames  people  file",
        "failed      0.0                  bad.mp4: why",
        f"{MOST_ROWS + 1} videos: {MOST_ROWS} done, 1 failed",
    ]
    assert table([*many, many[0]]) == f"{MOST_ROWS + 1} videos: {MOST_ROWS + 1} done"


def test_outcomes_in_words() -> None:
    assert told_counts([Outcome("a", DONE)]) == "1 video: 1 done"
    assert told_outcome(Outcome("a", DONE, 2.04, 30, 1)) == "a: done in 2.0 s, 30 frames, 1 person"
    assert told_outcome(Outcome("a", FAILED, message="why")) == "a: failed: why"


def test_outputs_elsewhere_keep_their_path(tmp_path) -> None:
    place = tmp_path / "out"
    place.mkdir()
    write_summary(place, [Outcome("a", DONE, outputs=(tmp_path / "a.npy", place / "b.npy"))])
    (row,) = csv.DictReader((place / "summary.csv").read_text().splitlines())
    assert row["outputs"] == f"{tmp_path / 'a.npy'}; {Path('b.npy')}"
