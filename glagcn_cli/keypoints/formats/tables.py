"""Tables (`.csv`): a row a point, or a row a person with columns for each point (DeepLabCut)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Any

from .entry import Entry
from .numbered import NumberedDetections, number_detections
from .people import NUMBERS, SCORES_OF_A_POINT, FoundPerson, person_of

_FRAME = (*(name.lower() for name in NUMBERS), "index", "unnamed: 0", "")
_PERSON = ("person", "person_id", "track_id", "track", "id", "individual", "instance")
_POINT = (
    "joint",
    "keypoint",
    "bodypart",
    "landmark",
    "part",
    "name",
    "keypoint_name",
    "joint_name",
)
_PLACES = ("x", "y", *SCORES_OF_A_POINT)
_COORDINATE = "|".join(sorted((*_PLACES, "z"), key=len, reverse=True))
_WIDE = re.compile(rf"(?:(.+?)[ _.:-]*({_COORDINATE})|({_COORDINATE})[ _.:-]*(\w+))")
_HEADS = ("scorer", "individuals", "bodyparts", "coords")

Column = tuple[str, str, str]
"""Person, point, and which of `_PLACES`."""


def read(content: bytes) -> NumberedDetections:
    """Read a table.

    Raises
    ------
    ValueError
        It has other columns; the message says which were expected, and what was found.
    """
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    head = text.partition("\n")[0]
    rows = list(csv.reader(text.splitlines(), delimiter=max(",;\t", key=head.count)))
    if not rows or not rows[0]:
        raise ValueError("expected a table, found an empty file or line")
    if rows[0][0].strip().lower() == "scorer":
        return number_detections(_of_deeplabcut(rows))
    names = [name.strip().lower() for name in rows[0]]
    if "uncertainty" in names:
        raise ValueError("it holds 3D; --from-3d reads the .npz or .json that was written with it")
    read_rows = _long if {"x", "y"} <= {*names} and any(n in names for n in _POINT) else _wide
    return number_detections(read_rows(names, rows[1:]))


def _of_deeplabcut(rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, list[FoundPerson]]]:
    """Read rows of which the first three or four say whose, which point and which coordinate."""
    heads = {name: row for row in rows[:4] if row and (name := row[0].strip().lower()) in _HEADS}
    if not {"bodyparts", "coords"} <= heads.keys():
        raise ValueError("expected rows of bodyparts and coords behind scorer, as DeepLabCut's")
    people = heads.get("individuals", [""] * len(rows[0]))
    columns = [
        (person.strip(), point.strip(), part.strip())
        for person, point, part in zip(people, heads["bodyparts"], heads["coords"], strict=False)
    ]
    for line, row in enumerate(rows[len(heads) :], start=len(heads) + 1):
        if row:
            place = f"line {line}"
            yield _frame(row[0], place), _people_of_row(row, columns, place)


def _wide(
    names: Sequence[str], rows: Sequence[Sequence[str]]
) -> Iterator[tuple[int, list[FoundPerson]]]:
    """Read rows of a person each."""
    frame = next((names.index(name) for name in _FRAME if name in names), None)
    taken = {names.index(name) for name in (*_FRAME, *_PERSON, "time", "score") if name in names}
    columns = [("", "", "") if k in taken else _column(name) for k, name in enumerate(names)]
    if not any(part for _, _, part in columns):
        raise ValueError(
            "expected columns as nose_x, nose_y and nose_score, or frame, joint, x, y and score, "
            f"found {', '.join(names)[:80]}"
        )
    for line, row in enumerate(rows, start=2):
        if row:
            place = f"line {line}"
            number = line - 2 if frame is None else _frame("".join(row[frame : frame + 1]), place)
            yield number, _people_of_row(row, columns, place)


def _column(name: str) -> Column:
    found = _WIDE.fullmatch(name)
    if found is None:
        return "", "", ""
    return "", found[1] or found[4], found[2] or found[3]


def _long(
    names: Sequence[str], rows: Sequence[Sequence[str]]
) -> Iterator[tuple[int, list[FoundPerson]]]:
    """Read rows of a point each."""
    frame = next((names.index(name) for name in _FRAME if name in names), None)
    if frame is None:
        raise ValueError(f"expected a column of frames, found {', '.join(names)[:80]}")
    person = next((names.index(name) for name in _PERSON if name in names), None)
    point = next(names.index(name) for name in _POINT if name in names)
    places = [(name, names.index(name)) for name in _PLACES if name in names]
    people: dict[tuple[int, str], dict[str, dict[str, Any]]] = {}
    for line, row in enumerate(rows, start=2):
        if row:
            cells = [*row, *[""] * (len(names) - len(row))]
            whose = "" if person is None else cells[person]
            points = people.setdefault((_frame(cells[frame], f"line {line}"), whose), {})
            points[cells[point]] = {n: _number(cells[k], f"line {line}") for n, k in places}
    for (number, _), points in people.items():
        found = _person(points, f"frame {number}")
        yield number, [] if found is None else [found]


def _people_of_row(row: Sequence[str], columns: Sequence[Column], place: str) -> list[FoundPerson]:
    people: dict[str, dict[str, dict[str, Any]]] = {}
    for cell, (person, point, part) in zip(row, columns, strict=False):
        if part in _PLACES:
            people.setdefault(person, {}).setdefault(point, {})[part] = _number(cell, place)
    found = [_person(points, place) for points in people.values()]
    return [person for person in found if person is not None]


def _person(points: dict[str, dict[str, Any]], place: str) -> FoundPerson | None:
    """Make a person of points by name, or by number."""
    rows = {name: _row(point) for name, point in points.items()}
    if all(name.isascii() and name.isdigit() for name in rows):
        return person_of(Entry({"keypoints": [rows[n] for n in sorted(rows, key=int)]}, place))
    return person_of(Entry({"keypoints": rows}, place))


def _row(point: dict[str, Any]) -> list[Any]:
    score = next((point[name] for name in SCORES_OF_A_POINT if name in point), 1.0)
    return [point.get("x"), point.get("y"), score]


def _frame(cell: str, place: str) -> int:
    # DeepLabCut's rows of training data begin with a picture's name.
    digits = re.findall(r"\d+", cell.removesuffix(".0"))
    if not digits:
        raise ValueError(f"{place}: expected a frame's number, found {cell[:40]!r}")
    return int(digits[-1])


def _number(cell: str, place: str) -> float | None:
    if cell.strip().lower() in ("", "nan", "na", "none", "null"):
        return None
    try:
        return float(cell)
    except ValueError as error:
        raise ValueError(f"{place}: expected a number, found {cell[:40]!r}") from error
