"""OpenPose's folders: one JSON file for each frame, `NAME_000000000000_keypoints.json`.

BODY_25 (its default) and COCO's 18 points become COCO's 17; the neck, the middle of the hips and
the feet have no place there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...skeleton import COCO17
from .numbered import (
    FoundPerson,
    NumberedDetections,
    last_number,
    number_detections,
    person_from_triples,
)

# Points in the order of OpenPose's own list; only those that COCO-17 has get its names.
_LIMBS = ("shoulder", "elbow", "wrist")
_LEGS = ("hip", "knee", "ankle")
_UPPER = ("nose", "neck", *(f"right_{j}" for j in _LIMBS), *(f"left_{j}" for j in _LIMBS))
_FACE = ("right_eye", "left_eye", "right_ear", "left_ear")
_RIGHT_LEG, _LEFT_LEG = tuple(f"right_{j}" for j in _LEGS), tuple(f"left_{j}" for j in _LEGS)
_FEET = tuple(f"{s}_{p}" for s in ("left", "right") for p in ("big_toe", "small_toe", "heel"))
BODY_25 = (*_UPPER, "hip", *_RIGHT_LEG, *_LEFT_LEG, *_FACE, *_FEET)
COCO_18 = (*_UPPER, *_RIGHT_LEG, *_LEFT_LEG, *_FACE)

_COLUMNS = {
    len(names): [names.index(joint) for joint in COCO17.joints] for names in (BODY_25, COCO_18)
}


def read(folder: Path) -> NumberedDetections:
    """Read a folder; frames go by the last number in the files' names, from the lowest on."""
    files = sorted(folder.glob("*.json"), key=lambda file: last_number(file.stem))
    if not files:
        raise ValueError("there is no .json file in this folder")
    first = last_number(files[0].stem)
    return number_detections(_people(files), COCO17, first)


def _people(files: list[Path]) -> Iterator[tuple[int, FoundPerson | None]]:
    before = -1
    for file in files:
        frame = last_number(file.stem)
        if frame == before:
            raise ValueError(f"{file.name} is the second file of frame {frame}")
        before = frame
        yield frame, None
        try:
            for person in _parsed(file)["people"]:
                yield frame, _person(person["pose_keypoints_2d"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise ValueError(f"{file.name}: {error!r}") from error


def _parsed(file: Path) -> Any:
    return json.loads(file.read_bytes())


def _person(values: Any) -> FoundPerson:
    points, rest = divmod(len(values), 3)
    if rest or points not in _COLUMNS:
        raise ValueError(f"people of {len(values)} / 3 points are neither BODY_25 nor COCO's 18")
    return person_from_triples(values, COCO17, _COLUMNS[points])
