"""Predictions of MMPose: what its demo scripts and its inferencer save of a video.

The scripts write an object with `meta_info` and `instance_info`, the inferencer the latter alone.
Each entry is a frame; the scripts count from 1, the inferencer from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...skeleton import COCO17, HALPE26, JointSet
from .numbered import (
    FoundPerson,
    NumberedDetections,
    joint_set_by_count,
    number,
    number_detections,
    numbers,
)


def read(document: Any) -> NumberedDetections:
    """Read predictions; points are told by the names in `meta_info`, else by their number."""
    meta = document.get("meta_info") if isinstance(document, dict) else None
    entries = document["instance_info"] if isinstance(document, dict) else document
    if not entries:
        raise ValueError("it has no frames")
    if any("instances" not in entry for entry in entries):
        raise ValueError("it holds predictions for one picture, not for a video")
    joint_set, columns = _joints(meta, entries)
    first = entries[0]["frame_id"]
    return number_detections(_people(entries, joint_set, columns), joint_set, first)


def _joints(meta: Any, entries: Any) -> tuple[JointSet, list[int]]:
    """Which joint set it is, and where its points stand among those of the file."""
    names = (meta or {}).get("keypoint_id2name")
    if names is None:
        points = [len(person["keypoints"]) for entry in entries for person in entry["instances"]]
        joint_set = joint_set_by_count(points[0]) if points else COCO17
        return joint_set, list(range(len(joint_set)))
    place = {str(name): int(column) for column, name in names.items()}
    if len(place) == len(HALPE26) and all(place.get(j) == i for i, j in enumerate(COCO17.joints)):
        return HALPE26, list(range(len(HALPE26)))  # its further points have more than one name
    if missing := [joint for joint in COCO17.joints if joint not in place]:
        raise ValueError(f"its keypoints have no {missing[0]}; COCO's 17 are needed")
    return COCO17, [place[joint] for joint in COCO17.joints]


def _people(
    entries: Any, joint_set: JointSet, columns: list[int]
) -> Iterator[tuple[int, FoundPerson | None]]:
    for entry in entries:
        frame = entry["frame_id"]
        if not isinstance(frame, int):
            raise ValueError(f"{frame!r} is no number of a frame")
        yield frame, None
        for person in entry["instances"]:
            points = np.stack([numbers(point, 2) for point in person["keypoints"]])[columns]
            scores = numbers(person["keypoint_scores"], len(person["keypoints"]))[columns]
            box, sure = person.get("bbox"), person.get("bbox_score")
            yield (
                frame,
                FoundPerson(
                    points,
                    scores,
                    # A tuple of one box, as MMPose has written it from the first.
                    None if box is None else numbers(box[0], 4),
                    None if sure is None else number(sure),
                ),
            )
