"""Words that depend on a number."""

from __future__ import annotations


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
