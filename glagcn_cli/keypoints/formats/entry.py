"""A value in a JSON document that knows its place there, for messages that say where and what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEYS_TOLD = 6
_LETTERS_TOLD = 40


def parsed(content: bytes, name: str = "") -> Entry:
    """Parse the content of a file.

    Parameters
    ----------
    content
        JSON in any of its encodings, or a line of it for each frame.
    name
        The file, where it is one of several.

    Raises
    ------
    ValueError
        It is no JSON, or cut off.
    """
    before = f"{name}: " if name else ""
    try:
        return Entry(json.loads(content), name)
    except json.JSONDecodeError as error:
        if (lines := _lines(content)) is not None:
            return Entry(lines, name)
        raise ValueError(
            f"{before}expected JSON, found something else or a file that was cut off, in line "
            f"{error.lineno}, column {error.colno}"
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{before}expected JSON, found bytes that are no text") from error
    except RecursionError as error:
        raise ValueError(f"{before}expected JSON, found lists nested too deep") from error


def _lines(content: bytes) -> list[Any] | None:
    """Return the values of lines of JSON; None where one is none, or there is but one."""
    try:
        lines = [json.loads(line) for line in content.decode("utf-8-sig").splitlines() if line]
    except (ValueError, RecursionError):
        return None
    return lines if len(lines) > 1 else None


@dataclass(frozen=True)
class Entry:
    """A value and its place.

    Parameters
    ----------
    value
        What JSON has there.
    place
        The way to it, as ``[3].instances[0].keypoints``; empty for the whole document.
    """

    value: Any
    place: str = ""

    def __contains__(self, key: str) -> bool:
        return self.is_object and key in self.value

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, list)

    @property
    def is_object(self) -> bool:
        """Whether it is an object, with keys."""
        return isinstance(self.value, dict)

    @property
    def first(self) -> Entry:
        """First of a list; an entry of nothing where there is none."""
        some = self.value[0] if self.is_list and self.value else None
        return Entry(some, f"{self.place}[0]")

    def wrong(self, expected: str) -> ValueError:
        """Return an error that says what was expected, what was found, and where."""
        before = f"{self.place}: " if self.place else ""
        return ValueError(f"{before}expected {expected}, found {described(self.value)}")

    def get(self, *keys: str) -> Entry | None:
        """Return the value of the first of these keys that is there and not null."""
        for key in keys:
            if key in self and self.value[key] is not None:
                return self._at(key)
        return None

    def need(self, *keys: str) -> Entry:
        """Return the value of the first of these keys; raise ``ValueError`` without one."""
        found = self.get(*keys)
        if found is None:
            raise self.wrong("an object with " + " or ".join(repr(key) for key in keys))
        return found

    def entries(self, of: str = "entries") -> list[Entry]:
        """Return the entries of a list; raise ``ValueError`` where it is none."""
        if not self.is_list:
            raise self.wrong(f"a list of {of}")
        return [Entry(value, f"{self.place}[{i}]") for i, value in enumerate(self.value)]

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Iterate over the keys and values of an object; raise ``ValueError`` for others."""
        if not self.is_object:
            raise self.wrong("an object")
        for key in self.value:
            yield key, self._at(key)

    def text(self) -> str:
        """Return a text; raise ``ValueError`` for others."""
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return self.value

    def whole(self, what: str = "a whole number") -> int:
        """Return a whole number, also of 7.0 and "7"; raise ``ValueError`` for others."""
        value = self.value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(what)
        return value

    def number(self) -> float:
        """Return a number; raise ``ValueError`` for others."""
        if not _is_number(self.value):
            raise self.wrong("a number")
        return float(self.row([self.value])[0])

    def numbers(self, what: str, gaps: bool = False) -> NDArray[np.float64]:
        """Return a row of numbers, NaN for null where there may be gaps.

        Raises
        ------
        ValueError
            It is no list, or has something else in it.
        """
        if not self.is_list:
            raise self.wrong(what)
        for entry in self.value:
            if not (_is_number(entry) or (gaps and entry is None)):
                raise ValueError(f"{self.wrong(what)} with {described(entry)} in it")
        return self.row(self.value)

    def row(self, values: list[Any]) -> NDArray[np.float64]:
        """Convert numbers; raise ``ValueError`` where one is too large."""
        try:
            return np.array(values, dtype=np.float64)
        except OverflowError as error:
            raise ValueError(f"{self.place}: a number there is too large") from error

    def _at(self, key: str) -> Entry:
        return Entry(self.value[key], f"{self.place}.{key}" if self.place else key)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def described(value: Any) -> str:
    """Say in words what a value of JSON is."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {value[:_LETTERS_TOLD]!r}"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        keys = [str(key)[:_LETTERS_TOLD] for key in value]
        more = ", ..." if len(keys) > _KEYS_TOLD else ""
        told = ", ".join(keys[:_KEYS_TOLD]) + more
        return f"an object with the keys {told}" if keys else "an object without keys"
    return f"the number {str(value)[:_LETTERS_TOLD]}"
