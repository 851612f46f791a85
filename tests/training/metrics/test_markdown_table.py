"""Tables in markdown."""

from __future__ import annotations

import pytest

from glagcn_training.metrics.markdown_table import markdown_table

ROWS = [["run", "by", "mm"], ["one", "two", "3.0"]]


@pytest.mark.parametrize(
    "left, rule",
    [(1, "| --- | ---: | ---: |"), (2, "| --- | --- | ---: |"), (3, "| --- | --- | --- |")],
)
def test_text_is_aligned_left_and_numbers_right(left: int, rule: str) -> None:
    assert markdown_table(ROWS, left) == f"| run | by | mm |\n{rule}\n| one | two | 3.0 |"


def test_a_head_alone_is_a_table() -> None:
    assert markdown_table([["run"]]) == "| run |\n| --- |"
