"""Reads `.json` of other programs: MediaPipe's world landmarks and lists of joints of frames.

MediaPipe has no file format; people save what its interfaces return. Known are lists of the results
of its Python and JavaScript interfaces, of protobuf's `landmark` lists, and of plain numbers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..positions import rate_from
from .arrays import from_array
from .recording import Recording

_FRAMES = ("frames", "results", "data", "poses", "sequence")
_POINTS = ("pred_keypoints_3d", "keypoints_3d", "joints_3d", "joints", "keypoints", "landmark")
_OF_A_FRAME = ("landmarks", "people", "persons", "instances", "outputs", "pose")
_RATES = ("fps", "frame_rate", "frameRate")
_TIMES = {"timestamp_ms": 1000.0, "timestampMs": 1000.0, "timestamp": 1.0, "time": 1.0}
"""Keys of a frame's time, and what a second is in it."""

_DEEPEST = 12
_Pose = NDArray[np.float64]


def read(path: Path) -> Recording:
    """Read the poses of all frames; frames without one stay empty."""
    with path.open(encoding="utf-8-sig") as file:
        document = json.load(file)
    frames = _frames(document)
    poses = [_poses(frame, 0) for frame in frames]
    most = max(map(len, poses), default=0)
    if most == 0:
        if _names_pictures(document):
            raise ValueError(
                "it holds landmarks in parts of the picture, which are no 3D; save the world "
                "landmarks (pose_world_landmarks)"
            )
        raise ValueError("it holds no list of 3D points that is known")
    shapes = {pose.shape for found in poses for pose in found}
    counts = {shape[0] for shape in shapes}
    if len(counts) > 1:
        raise ValueError(f"its bodies differ in their points: {sorted(counts)}")
    numbers = max(shape[1] for shape in shapes)
    people = np.full((most, len(frames), counts.pop(), numbers), np.nan)
    for place, found in enumerate(poses):
        for person, pose in enumerate(found):
            people[person, place, :, : pose.shape[1]] = pose
    recording = from_array(people)
    return Recording(recording.people, recording.scores, fps=_rate(document, frames))


def _frames(document: Any) -> Sequence[Any]:
    """Return the entries of a document that stand for frames."""
    if isinstance(document, dict):
        for key in _FRAMES:
            if isinstance(document.get(key), list):
                return _frames(document[key])
        if document and all(str(key).lstrip("-").isdecimal() for key in document):
            return [document[key] for key in sorted(document, key=int)]
        for key, value in document.items():
            if _is_world(key) and _depth(value) > 3:  # frames of people of points of numbers
                return list(value)
        return [document]
    if isinstance(document, list):
        return document if _point(document) is None and _pose(document) is None else [document]
    raise ValueError("it is neither a list nor an object")


def _depth(value: Any) -> int:
    """Return how many lists lie inside one another; a point as an object is one."""
    depth = 0
    while isinstance(value, list) and value:
        depth, value = depth + 1, value[0]
    return depth + isinstance(value, dict)


def _is_world(key: str) -> bool:
    return "world" in key.lower() and "hand" not in key.lower()


def _poses(value: Any, depth: int) -> list[_Pose]:
    """Find the poses of a frame; empty where there is none."""
    if depth > _DEEPEST:
        raise ValueError("its lists are nested too deeply")
    if isinstance(value, list):
        if (pose := _pose(value)) is not None:
            return [pose]
        return [pose for part in value for pose in _poses(part, depth + 1)]
    if not isinstance(value, dict):
        return []
    world = [key for key in value if _is_world(key)]
    for key in world or (*_POINTS, *_OF_A_FRAME):
        if key in value and (found := _poses(value[key], depth + 1)):
            return found
    return []


def _pose(points: list[Any]) -> _Pose | None:
    """Return points (points, 3 or more) where a list holds nothing else; None for other lists."""
    found = [_point(point) for point in points]
    if len(found) < 2 or any(point is None for point in found):
        return None
    least = min(len(point) for point in found if point is not None)
    return np.array([point[:least] for point in found if point is not None], dtype=np.float64)


def _point(point: Any) -> list[float] | None:
    """Return x, y, z and perhaps a score."""
    if isinstance(point, dict):
        if not {"x", "y", "z"} <= point.keys():
            return None
        numbers = [point["x"], point["y"], point["z"]]
        if "visibility" in point:
            numbers.append(point["visibility"])
    elif isinstance(point, list) and 3 <= len(point) <= 5:
        numbers = point
    else:
        return None
    if not all(number is None or type(number) in (int, float) for number in numbers):
        return None
    return [np.nan if n is None else float(n) for n in numbers]


def _names_pictures(document: Any) -> bool:
    """Whether landmarks are there, but none of the world's."""
    text = json.dumps(document)[:100_000]
    return any(f'"{name}"' in text for name in ("pose_landmarks", "poseLandmarks", "landmarks"))


def _rate(document: Any, frames: Sequence[Any]) -> Fraction | None:
    """Return the rate that a document names, or that the times of its frames have."""
    if isinstance(document, dict):
        for place in (document, document.get("video_info"), document.get("metadata")):
            known = place if isinstance(place, dict) else {}
            for key in _RATES:
                if isinstance(known.get(key), int | float):
                    return rate_from(float(known[key]), 1e-3)
    for key, second in _TIMES.items():
        times = [frame.get(key) for frame in frames if isinstance(frame, dict)]
        when = [float(time) for time in times if isinstance(time, int | float)]
        if len(when) == len(frames) > 1:
            length = (when[-1] - when[0]) / second
            if length > 0:
                return rate_from((len(frames) - 1) / length, 2e-3)
    return None
