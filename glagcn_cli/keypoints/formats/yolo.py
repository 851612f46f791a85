"""Folders of Ultralytics' label files: one `.txt` a frame with people, `NAME_1.txt` the first.

A line is a person: class, box (middle, width, height), and x, y and perhaps a score for each point,
all as shares of the picture; then perhaps the person's score and number.
"""

from __future__ import annotations

from pathlib import Path

from .entry import Entry
from .numbered import NumberedDetections, number_detections
from .people import FoundPerson, person_of
from .picture_names import frame_numbers
from .point_sets import COUNTS

_BOX = 5  # numbers before the points
_USUAL = 17  # points
_MOST_AFTER = 2  # numbers behind them


def is_folder(folder: Path) -> bool:
    """Tell whether a folder has numbered label files and none of JSON."""
    return any(folder.glob("*[0-9].txt")) and not any(folder.glob("*.json"))


def read(folder: Path) -> NumberedDetections:
    """Read a folder; frames go by the number in the files' names, counted from 1, or from 0."""
    files = {file.stem: file for file in folder.glob("*[0-9].txt") if file.name[0] != "."}
    frames = frame_numbers(sorted(files))
    people = [(frame, _people(files[name])) for name, frame in frames.items()]
    return number_detections(people, first=min(1, *frames.values()))


def _people(file: Path) -> list[FoundPerson]:
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    found = [_person(line.split(), f"{file.name}, line {k}") for k, line in enumerate(lines, 1)]
    return [person for person in found if person is not None]


def _person(words: list[str], place: str) -> FoundPerson | None:
    if not words:
        return None
    try:
        numbers = [float(word) for word in words]
    except ValueError as error:
        raise ValueError(f"{place}: expected numbers, found {' '.join(words)[:40]!r}") from error
    rest = numbers[_BOX:]
    ways = [
        ((len(rest) - after) // each, each)
        for each in (3, 2)
        for after in range(_MOST_AFTER + 1)
        if (len(rest) - after) % each == 0
    ]
    for counts in ({_USUAL}, COUNTS):
        for count, each in ways:
            if count in counts:
                return _found(numbers, each, count, place)
    raise ValueError(
        f"{place}: expected a class, a box and x, y and perhaps a score for each of "
        f"{', '.join(map(str, sorted(COUNTS)))} points, found {len(words)} numbers"
    )


def _found(numbers: list[float], each: int, count: int, place: str) -> FoundPerson | None:
    x, y, width, height = numbers[1:_BOX]
    points = numbers[_BOX : _BOX + each * count]
    person = {
        "keypoints": [points[k : k + each] for k in range(0, len(points), each)],
        "box": [x - width / 2, y - height / 2, width, height],
    }
    return person_of(Entry(person, place))
