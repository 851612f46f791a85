"""OpenPose's folders: one JSON file for each frame, `NAME_000000000000_keypoints.json`.

Pose2Sim and Sports2D write them too, with other sets of points, and AlphaPose and MMPose write
folders of one file a picture. `point_sets` tells the sets.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from .entry import Entry, parsed
from .numbered import NumberedDetections, number_detections
from .people import PEOPLE, POINTS, people_of_frame
from .picture_names import frame_numbers


def read(folder: Path) -> NumberedDetections:
    """Read a folder; frames go by the number that changes in the files' names.

    They count from the lowest. Where some are not there, as programs leave frames without people
    out, they count as in the video.
    """
    files = {file.stem: file for file in folder.glob("*.json") if not file.name.startswith(".")}
    if not files:
        raise ValueError("there is no .json file in this folder")
    frames = frame_numbers(sorted(files))
    people = [
        (frame, people_of_frame(parsed(files[name].read_bytes(), files[name].name)))
        for name, frame in frames.items()
    ]
    return number_detections(people, first=first_of(frames.values()))


def first_of(numbers: Collection[int]) -> int | None:
    """Return the number of the first frame; None where it has no file."""
    lowest, highest = min(numbers), max(numbers)
    has_gaps = highest - lowest + 1 > len(numbers)
    # Numbers so high are not counted from the beginning of the video.
    return None if has_gaps and lowest <= highest - lowest else lowest


def is_list_of_frames(document: Entry) -> bool:
    """Tell whether it is a list of what the files of a folder have in them."""
    first = document.first
    return any(key in first for key in PEOPLE) and not any(key in first for key in POINTS)


def read_list(document: Entry) -> NumberedDetections:
    """Read a list of frames in their order."""
    frames = enumerate(document.entries("frames"))
    return number_detections(((n, people_of_frame(frame)) for n, frame in frames), first=0)
