"""Words that depend on a number, and names that are no text."""

from __future__ import annotations

import re

_NO_TEXT = re.compile("[\ud800-\udfff]")
"""Stands in Python for a byte of a name that is not UTF-8, or half a letter of Windows'."""


def plain_text(name: str) -> str:
    """Return a name as files can hold it, with the replacement character for what is no text."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", name)


def counted(number: int, one: str, more: str | None = None) -> str:
    """Format a count with its noun: ``1 frame``, ``2 frames``.

    Parameters
    ----------
    number
        How many.
    one
        What one of them is called.
    more
        What several are called; by default with an s.
    """
    return f"{number} {one if number == 1 else more or one + 's'}"
