"""Tell the numbers of frames from the names of pictures or files."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"[0-9]{1,18}")
_SUFFIX = re.compile(r"\.[A-Za-z]\w*$")


def frame_numbers(names: Iterable[str]) -> dict[str, int]:
    """Return the number of the frame that each name speaks of.

    It is the number that is another one in every name: that of a camera, a date or a recording
    stays, or comes again. Of several such numbers it is the one that grows least, since times grow
    faster than frames; of a single name it is the last.

    Parameters
    ----------
    names
        Names of pictures or files, with their suffixes or without.

    Raises
    ------
    ValueError
        A name has no number, or no number tells all names apart.
    """
    found = {name: _numbers(name) for name in names}
    if len(found) < 2:
        return {name: numbers[-1] for name, numbers in found.items()}
    rows = list(found.values())
    if len({_NUMBER.sub("#", _SUFFIX.sub("", name)) for name in found}) == 1:
        columns = list(zip(*rows, strict=True))
    else:
        columns = [tuple(numbers[-1] for numbers in rows)]
    telling = [column for column in columns if len(set(column)) == len(column)]
    if not telling:
        one, other = _alike(list(found), columns[-1])
        raise ValueError(
            "a number of the frame was expected in the pictures' names, which no two share; found "
            f"{one!r} and {other!r}. Several cameras or recordings are read one at a time"
        )
    frames = min(reversed(telling), key=lambda column: max(column) - min(column))
    return dict(zip(found, frames, strict=True))


def _numbers(name: str) -> list[int]:
    numbers = [int(digits) for digits in _NUMBER.findall(_SUFFIX.sub("", name))]
    if not numbers:
        raise ValueError(f"the name {name!r} has no number of a frame")
    return numbers


def _alike(names: list[str], numbers: tuple[int, ...]) -> tuple[str, str]:
    """Return the first two names with the same number."""
    seen: dict[int, str] = {}
    for name, number in zip(names, numbers, strict=True):
        if number in seen:
            return seen[number], name
        seen[number] = name
    raise AssertionError("all numbers differ")
