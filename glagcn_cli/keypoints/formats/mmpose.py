"""Predictions of MMPose: what its demo scripts, its inferencer and its Python interface give.

The scripts write an object with `meta_info` and `instance_info`, the inferencer the latter alone.
Each entry is a frame; the scripts count from 1, the inferencer from 0. Results of the Python
interface are lists of people, in a list of frames or in lists of batches of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from .entry import Entry
from .numbered import NumberedDetections, number_detections
from .people import FoundPerson, people_of_frame


def is_instances(document: Entry) -> bool:
    """Tell whether it is an object with `instance_info`, or that list."""
    return "instance_info" in document or "instances" in document.first


def read_instances(document: Entry) -> NumberedDetections:
    """Read frames of instances; points are told by the names in `meta_info`, else by number."""
    listed = document.need("instance_info") if document.is_object else document
    entries = listed.entries("frames")
    if not entries:
        raise listed.wrong("a list of frames")
    frames: dict[int, list[FoundPerson]] = {}
    for index, entry in enumerate(entries):
        given = entry.get("frame_id")
        frame = index if given is None else given.whole("a frame's number")
        if frame in frames:
            raise (given or entry).wrong("another number than that of a frame before")
        frames[frame] = people_of_frame(entry.need("instances"))
    return number_detections(frames.items(), _names(document), min(frames))


def is_predictions(document: Entry) -> bool:
    """Tell whether it is a list of lists of people, or objects with such `predictions`."""
    return document.first.is_list or "predictions" in document or "predictions" in document.first


def read_predictions(document: Entry) -> NumberedDetections:
    """Read frames in their order, whatever lists they lie in."""
    frames = enumerate(_frames(document))
    return number_detections(((n, people_of_frame(frame)) for n, frame in frames), first=0)


def _frames(entry: Entry) -> Iterator[Entry]:
    """Iterate over the innermost lists, which are the frames."""
    if entry.is_object:
        yield from _frames(entry.need("predictions"))
    elif not entry.value or (entry.first.is_object and "predictions" not in entry.first):
        entry.entries("people")
        yield entry
    else:
        for inner in entry.entries("frames"):
            yield from _frames(inner)


def _names(document: Entry) -> list[str] | None:
    meta = document.get("meta_info")
    named = None if meta is None else meta.get("keypoint_id2name")
    if named is None:
        return None
    places = {}
    for column, name in named.items():
        if not column.isascii() or not column.isdigit():
            raise named.wrong("numbers of points as keys")
        places[int(column)] = str(name.value)
    return [places[column] for column in sorted(places)]
