"""COCO's formats for keypoints.

Results are a list of people, each with the number of its picture, or of its frame. A data set has
that list under ``annotations``, and a list of the pictures with their names and sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .entry import Entry
from .numbered import NumberedDetections, number_detections
from .people import NUMBERS, POINTS, FoundPerson, person_of
from .picture_names import frame_numbers

PERSON = 1  # COCO's category


def is_results(document: Entry) -> bool:
    """Tell whether it is a list of people who each name their picture."""
    first = document.first
    return document.is_list and (not document.value or any(key in first for key in NUMBERS))


def read(document: Entry) -> NumberedDetections:
    """Read results; ``image_id`` is the number of the frame."""
    return number_detections(
        by_picture(document.entries("people"), lambda picture: picture.whole("a frame's number"))
    )


def by_picture(
    rows: Iterable[Entry], frame_of: Callable[[Entry], int], count: int | None = None
) -> list[tuple[int, list[FoundPerson]]]:
    """Read people who each name their picture; ``frame_of`` takes what they call it.

    They have ``count`` points, where the file says so.
    Of several categories only COCO's persons are read.
    """
    listed = [(row.get("category_id"), row) for row in rows]
    categories = {PERSON if one is None else one.whole() for one, _ in listed}
    people = [
        (frame_of(row.need(*NUMBERS)), person_of(row, count))
        for category, row in listed
        if len(categories) == 1 or category is None or category.value == PERSON
    ]
    return [(frame, [] if person is None else [person]) for frame, person in people]


def is_data_set(document: Entry) -> bool:
    """Tell whether it is a data set."""
    return "annotations" in document


def read_data_set(document: Entry) -> NumberedDetections:
    """Read a data set of pictures of one size; frames go by the names of the pictures."""
    pictures = document.need("images").entries("pictures")
    names = {_id(picture.need("id")): picture.need("file_name").text() for picture in pictures}
    sizes = {
        (picture.need("width").whole(), picture.need("height").whole())
        for picture in pictures
        if "width" in picture
    }
    if len(sizes) > 1:
        raise ValueError(f"expected pictures of one size, as of a video, found {len(sizes)} sizes")
    numbers = frame_numbers(names.values())
    if len(numbers) < len(names):
        raise ValueError("expected pictures of different names, found two of one name")
    frames = {picture: numbers[name] for picture, name in names.items()}

    def frame_of(picture: Entry) -> int:
        if _id(picture) not in frames:
            raise picture.wrong("the id of one of its images")
        return frames[_id(picture)]

    rows = [row for row in document.need("annotations").entries("people") if row.get(*POINTS)]
    size = sizes.pop() if sizes else None
    first = min(frames.values(), default=0)
    points = _names(document)
    people = by_picture(rows, frame_of, len(points) if points else None)
    return number_detections(people, points, first, size)


def _id(entry: Entry) -> int | str:
    """Return what a picture is called."""
    return entry.value if isinstance(entry.value, str) else entry.whole("a number or a text")


def _names(document: Entry) -> list[str] | None:
    """Return the names of the points of the first category that has any."""
    categories = document.get("categories")
    for category in [] if categories is None else categories.entries("categories"):
        names = category.get("keypoints")
        if names is not None and names.value:
            return [name.text() for name in names.entries("names of points")]
    return None
