"""OpenPose's folders: one JSON file for each frame, `NAME_000000000000_keypoints.json`.

BODY_25 (its default) and COCO's 18 points become COCO's 17; the neck, the middle of the hips and
the feet have no place there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...skeleton import COCO17
from .numbered import (
    FoundPerson,
    NumberedDetections,
    number_detections,
    person_from_triples,
)
from .picture_names import frame_numbers

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
    """Read a folder; frames go by the number that changes in the files' names, from the lowest."""
    files = {file.stem: file for file in folder.glob("*.json") if not file.name.startswith(".")}
    if not files:
        raise ValueError("there is no .json file in this folder")
    frames = frame_numbers(sorted(files))
    numbered = {frame: files[name] for name, frame in frames.items()}
    return number_detections(_people(numbered), COCO17, min(numbered))


def _people(files: Mapping[int, Path]) -> Iterator[tuple[int, FoundPerson | None]]:
    for frame, file in files.items():
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
