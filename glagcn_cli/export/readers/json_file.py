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
from ...poses import PoseSequence
from ..json_file import SCHEMA, VERSION
from ..rig.at_rest import with_rest
from .positions import absent_half, joint_set_of, known_uncertainty
from .saved_poses import SavedPoses


class _Frame(NamedTuple):
    """A pose as arrays: as lists of numbers it would take ten times the memory."""

    joints: NDArray[np.float32] | None
    scores: NDArray[np.float32] | None
    uncertainty: NDArray[np.float32] | None
    keypoints_2d: NDArray[np.float32] | None
    contacts: NDArray[np.float32] | None


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
    return SavedPoses(
        [_sequence(person, names, fps) for person in people],
        None if size is None else (_whole(size[0]), _whole(size[1])),
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
    """Turn the object of a frame into arrays; leave other objects alone."""
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


def _sequence(person: dict[str, Any], names: Sequence[str], fps: Fraction) -> PoseSequence:
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
    )


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
