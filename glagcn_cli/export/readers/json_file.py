"""Reading `.json` poses back, each frame turned into arrays as soon as it is parsed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...camera import FilmCamera
from ...poses import Keypoints2D, PoseSequence
from ..json_file import SCHEMA, VERSION
from ..rig.at_rest import with_rest
from .detected import detected_of, hands_from
from .positions import absent_half, joint_set_of, known_uncertainty
from .saved_poses import SavedPoses


class _Frame(NamedTuple):
    """A pose as arrays: as lists of numbers it would take ten times the memory."""

    joints: NDArray[np.float32] | None
    scores: NDArray[np.float32] | None
    uncertainty: NDArray[np.float32] | None
    keypoints_2d: NDArray[np.float32] | None
    contacts: NDArray[np.float32] | None
    detected_2d: NDArray[np.float32] | None
    detected_scores: NDArray[np.float32] | None


class _Hand(NamedTuple):
    """A hand in a frame, as arrays."""

    score: float
    points_2d: NDArray[np.float32]
    points_3d: NDArray[np.float32]


def read(path: Path) -> SavedPoses:
    """Read all people; keys beyond the schema are passed over."""
    with path.open(encoding="utf-8-sig") as file:
        document = json.load(file, object_hook=_compact, parse_constant=_refuse_constant)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        report = isinstance(document, dict) and "report_version" in document
        what = "it is the report of a run" if report else f"it has no schema {SCHEMA!r}"
        raise ValueError(f"{what}, not poses")
    if (version := _whole(_entry(document, "version"))) > VERSION:
        raise ValueError(f"its version is {version}, newer than this program; update it")
    fps = Fraction(*(_whole(part) for part in _entry(document, "fps_fraction", list)))
    names = [str(name) for name in _entry(document, "joint_names", list)]
    people = _entry(document, "people", list)
    size, source, settings = (document.get(key) for key in ("image_size", "source", "settings"))
    image_size = None if size is None else (_whole(size[0]), _whole(size[1]))
    return SavedPoses(
        [_sequence(person, names, fps, image_size) for person in people],
        image_size,
        None if source is None else Path(Path(str(source)).name),
        settings if isinstance(settings, dict) else {},
        _camera(document.get("camera")),
    )


def _camera(found: Any) -> FilmCamera | None:
    """Return the camera of a clip; where it is not known the last one is held."""
    if not isinstance(found, dict):
        return None
    frames = _entry(found, "frames", list)
    known = np.array([frame is not None for frame in frames], bool)
    if not known.any():
        return None
    at = np.maximum.accumulate(np.where(known, np.arange(len(known)), int(known.argmax())))
    rotation, position, focal = (
        np.array([frames[k][name] for k in at], np.float64)
        for name in ("rotation", "position", "focal")
    )
    return FilmCamera(rotation, position, focal, known)


def _compact(found: dict[str, Any]) -> Any:
    """Turn the objects of a frame and of a hand into arrays; leave other objects alone."""
    if {"score", "points_2d", "points_3d"} <= set(found):
        points = (np.array(found[name], np.float32) for name in ("points_2d", "points_3d"))
        return _Hand(float(found["score"]), *points)
    if not {"joints", "scores", "keypoints_2d"} <= set(found):
        return found
    arrays = (found.get(key) for key in _Frame._fields)
    return _Frame(*(None if array is None else np.array(array, np.float32) for array in arrays))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _entry(found: dict[str, Any], key: str, kind: type = object) -> Any:
    if not isinstance(found.get(key), kind) or key not in found:
        raise ValueError(f"{key} is missing or not of its kind")
    return found[key]


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{str(value)[:20]!r} is not a whole number")
    return value


def _sequence(
    person: dict[str, Any],
    names: Sequence[str],
    fps: Fraction,
    image_size: tuple[int, int] | None,
) -> PoseSequence:
    frames = _entry(person, "frames", list)
    if not all(frame is None or isinstance(frame, _Frame) for frame in frames):
        raise ValueError("a frame is neither null nor an object of joints, scores, keypoints_2d")
    joint_set, columns = joint_set_of(names)
    points = (len(names),)

    def of_joints(name: str, *axes: int, missing: float = 0.0) -> NDArray[np.float32] | None:
        array = _over_time(frames, name, (*points, *axes), missing)
        return None if array is None else array[:, columns]

    valid = np.array([frame is not None for frame in frames], bool)
    joints, scores = of_joints("joints", 3), of_joints("scores")
    keypoints = of_joints("keypoints_2d", 2, missing=np.nan)
    contacts = _over_time(frames, "contacts", (2,), 0.0)
    if joints is None:
        raise ValueError("a frame has no joints")
    uncertainty, absent = of_joints("uncertainty"), absent_half(joints, valid, joint_set)
    return PoseSequence(
        joints=with_rest(joints, absent),
        scores=np.repeat(valid[:, None], len(columns), 1).astype(np.float32)
        if scores is None
        else scores,
        valid=valid,
        fps=fps,
        keypoints=np.full((*joints.shape[:2], 2), np.nan, np.float32)
        if keypoints is None
        else keypoints,
        joint_set=joint_set,
        person=_whole(_entry(person, "person")),
        uncertainty=None if uncertainty is None else known_uncertainty(uncertainty, valid, absent),
        contacts=None if contacts is None else contacts.astype(bool),
        absent=absent,
        detected=None if image_size is None else _detected(person, frames, valid, fps, image_size),
    )


def _detected(
    person: dict[str, Any],
    frames: Sequence[_Frame | None],
    valid: NDArray[np.bool_],
    fps: Fraction,
    image_size: tuple[int, int],
) -> Keypoints2D | None:
    """Return the 2D in the detector's own points; None where there is none."""
    names = [str(name) for name in person.get("detected_names", [])]
    points = _over_time(frames, "detected_2d", (len(names), 2), np.nan) if names else None
    scores = _over_time(frames, "detected_scores", (len(names),), 0.0) if names else None
    if points is None or scores is None:
        return None
    number = _whole(_entry(person, "person"))
    hands = _hands(person["hands"], len(frames)) if "hands" in person else None
    return detected_of(names, points, scores, valid, fps, image_size, number, hands)


def _hands(found: Any, frames: int) -> NDArray[np.float32]:
    """Return hands as `Keypoints2D` has them."""
    points = np.full((frames, 2, 21, 2), np.nan, np.float32)
    places = np.full((frames, 2, 21, 3), np.nan, np.float32)
    scores = np.zeros((frames, 2), np.float32)
    for side, name in enumerate(("left", "right")):
        rows = _entry(found, name, list)
        if len(rows) != frames:
            raise ValueError(f"the {name} hand has {len(rows)} frames, expected {frames}")
        for frame, hand in enumerate(rows):
            if hand is None:
                continue
            if not isinstance(hand, _Hand) or hand.points_2d.shape != (21, 2):
                raise ValueError(f"the {name} hand of frame {frame} is not of its form")
            points[frame, side], places[frame, side] = hand.points_2d, hand.points_3d
            scores[frame, side] = hand.score
    return hands_from(points, places, scores)


def _over_time(
    frames: Sequence[_Frame | None], name: str, shape: tuple[int, ...], missing: float
) -> NDArray[np.float32] | None:
    """(frames, ...) array of one kind of value; None where a frame with a pose does not have it."""
    stacked = np.full((len(frames), *shape), missing, np.float32)
    for number, frame in enumerate(frames):
        if frame is None:
            continue
        values = getattr(frame, name)
        if values is None:
            return None
        if values.shape != shape:
            raise ValueError(f"{name} of frame {number} has shape {values.shape}, expected {shape}")
        stacked[number] = values
    return stacked
