"""Frames in one file of no particular program: numbered, in their order, or bare lists of numbers.

OpenPifPaf writes a line for each frame with its number; many a script writes an object or a list of
frames, with a number for each or without, or what is in an array.
"""

from __future__ import annotations

from .entry import Entry
from .numbered import NumberedDetections, number_detections
from .people import NUMBERS, PEOPLE, POINTS, FoundPerson, is_rows, people_of_frame, person_of

_WRAPPERS = ("frames", "results", "data", "detections", "poses")
_TELLING = ("instance_info", "annotations", "image_id", *PEOPLE, *POINTS)
_DEPTH = {3: "a person", 4: "people"}


def unwrapped(document: Entry) -> Entry:
    """Return the list of frames in an object that has nothing else of a kind that is known."""
    for key in () if any(key in document for key in _TELLING) else _WRAPPERS:
        inner = document.get(key)
        if inner is not None and (inner.is_list or inner.is_object):
            return inner
    return document


def is_numbered(document: Entry) -> bool:
    """Tell whether it is a list of frames with their numbers."""
    first = document.first
    numbered = any(key in first for key in NUMBERS)
    return numbered and "instances" not in first and any(key in first for key in PEOPLE)


def read_numbered(document: Entry) -> NumberedDetections:
    """Read frames by their numbers; those in which nobody was found may not be there."""
    frames = [
        (frame.need(*NUMBERS).whole("a frame's number"), people_of_frame(frame))
        for frame in document.entries("frames")
    ]
    return number_detections(frames)


def is_of_one(document: Entry) -> bool:
    """Tell whether it is a list of frames of one person each, out of an object of frames."""
    first = document.first
    inside = document.place.removeprefix(".") in _WRAPPERS
    return inside and any(key in first for key in POINTS) and "image_id" not in first


def read_of_one(document: Entry) -> NumberedDetections:
    """Read frames of one person in their order, or by their numbers."""
    frames: list[tuple[int, list[FoundPerson]]] = []
    for index, frame in enumerate(document.entries("frames")):
        number = frame.get(*NUMBERS)
        person = person_of(frame)
        place = index if number is None else number.whole("a frame's number")
        frames.append((place, [] if person is None else [person]))
    numbered = any(key in document.first for key in NUMBERS)
    return number_detections(frames, first=None if numbered else 0)


def is_array(document: Entry) -> bool:
    """Tell whether it is a list of frames of numbers alone, as an array is written."""
    return _depth(document) in _DEPTH


def read_array(document: Entry) -> NumberedDetections:
    """Read (frames, points, 2 or 3) numbers of one person, or (frames, people, points, ...)."""
    frames = enumerate(document.entries("frames"))
    return number_detections(((n, people_of_frame(frame)) for n, frame in frames), first=0)


def _depth(entry: Entry) -> int:
    """Return how many lists lie in one another down to the first number; 0 where there is none."""
    if is_rows(entry):
        return 2
    if not entry.is_list:
        return 0
    inner = next((depth for one in entry.value if (depth := _depth(Entry(one)))), 0)
    return inner + 1 if inner else 0
