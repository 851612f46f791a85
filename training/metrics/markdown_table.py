"""Formats rows of text as a table in markdown."""

from __future__ import annotations

from collections.abc import Sequence


def markdown_table(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Format rows as a table, the first one as its head.

    The first `left` columns are aligned left, for text, and the others right, for numbers.
    """
    head, *lines = rows
    rule = ["---" if column < left else "---:" for column in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))
