"""COCO's formats for keypoints.

Results are a list of people, each with the number of its picture. A data set has that list under
``annotations``, and a list of the pictures with their names and sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ...skeleton import COCO17, JointSet
from .numbered import (
    FoundPerson,
    NumberedDetections,
    corners,
    joint_set_by_count,
    number,
    number_detections,
    person_from_triples,
)
from .picture_names import frame_numbers

PERSON = 1  # COCO's category


def read(document: Any) -> NumberedDetections:
    """Read results; ``image_id`` is the number of the frame."""
    return read_people(document, _frame, "bbox")


def read_data_set(document: Any) -> NumberedDetections:
    """Read a data set of pictures of one size; frames go by the names of the pictures."""
    pictures = {picture["id"]: picture for picture in document["images"]}
    sizes = {(int(p["width"]), int(p["height"])) for p in pictures.values() if "width" in p}
    if len(sizes) > 1:
        raise ValueError(f"its pictures are of {len(sizes)} sizes, and those of a video are of one")
    numbers = frame_numbers(str(picture["file_name"]) for picture in pictures.values())
    frames = {key: numbers[str(picture["file_name"])] for key, picture in pictures.items()}
    first = min(frames.values(), default=0)
    labelled = [row for row in document["annotations"] if row.get("keypoints")]
    found = read_people(labelled, frames.__getitem__, "bbox")
    return replace(found, first=first, image_size=sizes.pop() if sizes else None)


def read_people(document: Any, frame_of: Callable[[Any], int], box: str) -> NumberedDetections:
    """Read people who each name their picture.

    Parameters
    ----------
    document
        List of objects with ``image_id`` and ``keypoints``, perhaps ``score`` and a box.
    frame_of
        Number of the frame that an ``image_id`` speaks of.
    box
        Key of left, top, width and height.
    """
    rows = [row for row in document if row.get("category_id", PERSON) == PERSON]
    points = len(rows[0]["keypoints"]) // 3 if rows else len(COCO17)
    joint_set = joint_set_by_count(points)
    return number_detections(_people(rows, points, joint_set, frame_of, box), joint_set)


def _people(
    rows: list[Any], points: int, joint_set: JointSet, frame_of: Callable[[Any], int], box: str
) -> Iterator[tuple[int, FoundPerson]]:
    for row in rows:
        if len(row["keypoints"]) != 3 * points:
            raise ValueError("its people differ in their number of keypoints")
        person = person_from_triples(row["keypoints"], joint_set, range(len(joint_set)))
        given, sure = row.get(box), row.get("score")
        yield (
            frame_of(row["image_id"]),
            person._replace(
                box=None if given is None else corners(given),
                box_score=None if sure is None else number(sure),
            ),
        )


def _frame(image_id: Any) -> int:
    if not isinstance(image_id, int):
        raise ValueError(f"image_id {image_id!r} is no number of a frame")
    return image_id
