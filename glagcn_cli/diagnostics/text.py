"""Formats the facts of `info` for people."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..operating_system import is_windows
from ..wording import counted
from .facts import PROBLEM, Facts
from .self_test import Step

_KINDS = {"detector": "finds people", "pose": "finds joints"}


def describe(facts: Facts) -> Iterator[str]:
    """Yield the lines of a text with all facts."""
    yield f"glagcn {facts['glagcn']}"
    yield from _section("Versions", _versions(facts))
    for title, name, rows in (
        ("Devices", "devices", _devices),
        ("Models of the 2D stage", "models", _models),
        ("Lifters", "lifters", _lifters),
        ("Cache", "cache", _cache),
    ):
        found = facts[name]
        broken = isinstance(found, dict) and PROBLEM in found
        yield from _section(title, _table([["PROBLEM", found[PROBLEM]]] if broken else rows(found)))


def step_line(step: Step) -> str:
    """Format the result of a self-test step."""
    result = "ok" if step.problem is None else f"FAILED: {step.problem}"
    return f"  {step.name:<15} {step.seconds:6.2f} s  {result}"


def size(number: int | None) -> str:
    """Format a number of bytes: `1.2 MB`; empty for None."""
    if number is None:
        return ""
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= one:
            return f"{number / one:.1f} {unit}"
    return f"{number} B"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from (f"  {line}".rstrip() for line in lines)


def _table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    rows = [[*row] for row in rows]
    columns = max(map(len, rows), default=0)
    widths = [
        max((len(row[k]) for row in rows if len(row) > k + 1), default=0) for k in range(columns)
    ]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=False))


def _versions(facts: Facts) -> Iterator[str]:
    def row(name: str, about: Facts) -> list[str]:
        source = f"from {about['from']}" if "from" in about else ""
        words = [
            about.get("version", ""),
            source,
            about.get("file", ""),
            about.get("note", ""),
            *_problem(about),
        ]
        return [name, "  ".join(word for word in words if word)]

    found = facts["versions"]
    rows = (
        [["PROBLEM", found[PROBLEM]]]
        if PROBLEM in found
        else [row(*pair) for pair in found.items()]
    )
    yield from _table([*rows, row("ffmpeg", facts["ffmpeg"])])


def _devices(found: list[Facts]) -> Iterator[list[str]]:
    for about in found:
        words = [str(about.get("name", about.get("note")))]
        if cores := about.get("cores"):
            words.append(f"{counted(cores, 'core')} to use")
        if memory := about.get("memory"):
            words.append(f"{memory / 2**30:.1f} GiB of memory")
        yield [about["device"], ", ".join(words)]


def _state(about: Facts) -> list[str]:
    default = "default" if about["default"] else ""
    return [about["state"], size(about.get("bytes")), about.get("licence", ""), default]


def _models(found: list[Facts]) -> Iterator[list[str]]:
    for about in found:
        yield [about["name"], _KINDS[about["kind"]], *_state(about), *_problem(about)]


def _lifters(found: list[Facts]) -> Iterator[list[str]]:
    for about in found:
        yield [about["name"], *_state(about), *_problem(about)]
        if "data" in about:
            yield [f"  trained on {about['data']}"]
            yield [f"  terms of the data: {about['data_licence']}"]
            yield [f"  credits in full: {about['credits']}"]


def _problem(about: Facts) -> list[str]:
    return [f"PROBLEM: {about[PROBLEM]}"] if PROBLEM in about else []


def _cache(about: dict[str, Any]) -> Iterator[list[str]]:
    chosen = "" if about["chosen_by"] == "default" else f" (by ${about['chosen_by']})"
    yield [f"{about['folder']}{chosen}: {size(about['bytes'])}"]
    yield [", ".join(f"{kind} {size(count)}" for kind, count in about["holds"].items())]
    if about["bytes"]:
        quoted = shlex.quote(about["folder"])
        yield ["to empty it: delete the folder" if is_windows() else f"to empty it: rm -r {quoted}"]
