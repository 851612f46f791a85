"""Reading `.npz` poses back, without pickle."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...camera import FilmCamera
from ...poses import Keypoints2D, PoseSequence
from ..npz import FORMAT_VERSION
from ..rig.at_rest import with_rest
from .detected import detected_of, hands_from
from .positions import absent_half, joint_set_of, known_uncertainty, rate_from
from .saved_poses import SavedPoses

_KNOWN = (
    "format_version", "joints_3d", "joints_free", "keypoints_2d", "scores", "uncertainty", "valid",
    "contacts", "person_ids", "fps", "fps_fraction", "joint_names", "frame", "settings", "source",
    "image_size", "camera_rotation", "camera_position", "camera_focal", "camera_known",
    "detected_2d", "detected_scores", "detected_names", "hands_2d", "hands_3d", "hand_scores",
)  # fmt: skip


def read(path: Path) -> SavedPoses:
    """Read all people of a file.

    `joints_3d`, `valid`, `joint_names` and a rate must be there. Other keys may be missing, as they
    are from files of older versions, and count as not known.
    """
    stored = _Stored(_arrays(path))
    version = stored.numbers("format_version", (), default=FORMAT_VERSION)
    if version > FORMAT_VERSION:
        raise ValueError(f"its format version is {version:g}, newer than this program; update it")
    if (frame := stored.text("frame") or "scene") != "scene":
        raise ValueError(f"its joints are in the {frame} frame, expected the scene's")
    size = stored.numbers("image_size", (2,)) if "image_size" in stored.arrays else None
    source = Path(stored.text("source")).name
    return SavedPoses(
        _sequences(stored),
        None if size is None else (int(size[0]), int(size[1])),
        Path(source) if source else None,
        _settings(stored.text("settings")),
        _camera(stored.arrays),
    )


def _camera(arrays: dict[str, NDArray[Any]]) -> FilmCamera | None:
    names = ("rotation", "position", "focal", "known")
    if any(f"camera_{name}" not in arrays for name in names):
        return None
    rotation, position, focal = (arrays[f"camera_{name}"].astype(np.float64) for name in names[:3])
    return FilmCamera(rotation, position, focal, arrays["camera_known"].astype(bool))


@dataclass(frozen=True)
class _Stored:
    """The arrays of a file, checked as they are taken out."""

    arrays: dict[str, NDArray[Any]]

    def required(self, name: str) -> NDArray[Any]:
        if name not in self.arrays:
            raise ValueError(f"{name} is missing")
        return self.arrays[name]

    def numbers(
        self, name: str, shape: tuple[int, ...], default: float | None = None
    ) -> NDArray[Any]:
        """Numbers or truth values of this shape; filled with the default, if any, if missing."""
        if name not in self.arrays and default is not None:
            return np.full(shape, default)
        array = self.required(name)
        if array.dtype.kind not in "fiub" or array.shape != shape:
            raise ValueError(f"{name} is {array.dtype} {array.shape}, expected numbers {shape}")
        return array

    def text(self, name: str) -> str:
        """One string, empty if missing."""
        return str(self.arrays[name]) if name in self.arrays else ""


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    if not zipfile.is_zipfile(path):
        raise ValueError("it is no npz archive, or only a part of one")
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in _KNOWN if name in archive.files}


def _sequences(stored: _Stored) -> list[PoseSequence]:
    joint_set, columns = joint_set_of([str(j) for j in stored.required("joint_names").ravel()])
    given = stored.required("joints_3d")
    if given.ndim != 4 or given.shape[2] != stored.required("joint_names").size:
        raise ValueError(f"joints_3d has shape {given.shape}, expected (people, frames, joints, 3)")
    people, frames, joints = points = given.shape[:3]
    positions = stored.numbers("joints_3d", (*points, 3))[:, :, columns].astype(np.float32)
    valid = stored.numbers("valid", (people, frames)).astype(bool)
    keypoints = stored.numbers("keypoints_2d", (*points, 2), np.nan)[:, :, columns]
    default_scores = np.repeat(valid[..., None], joints, axis=2)
    scores = stored.numbers("scores", points) if "scores" in stored.arrays else default_scores
    scores = scores[:, :, columns]
    uncertainty = stored.numbers("uncertainty", points, np.nan)[:, :, columns]
    free = stored.numbers("joints_free", (*points, 3), 0)[:, :, columns].astype(np.float32)
    has_free = "joints_free" in stored.arrays
    has_contacts = "contacts" in stored.arrays
    contacts = stored.numbers("contacts", (people, frames, 2), 0).astype(bool)
    numbers = stored.numbers("person_ids", (people,)) if "person_ids" in stored.arrays else None
    fps = _rate(stored)
    ids = [i + 1 if numbers is None else int(numbers[i]) for i in range(people)]
    detected = _detected(stored, valid, fps, ids)
    absent = [absent_half(positions[i], valid[i], joint_set) for i in range(people)]
    positions = np.stack([with_rest(positions[i], absent[i]) for i in range(people)])
    if not np.isfinite(positions[valid]).all():
        raise ValueError("joints_3d holds NaN or infinity in valid frames")
    return [
        PoseSequence(
            joints=np.where(valid[i, :, None, None], positions[i], np.float32(0.0)),
            scores=scores[i].astype(np.float32),
            valid=valid[i],
            fps=fps,
            keypoints=keypoints[i].astype(np.float32),
            joint_set=joint_set,
            person=ids[i],
            uncertainty=known_uncertainty(uncertainty[i].astype(np.float32), valid[i], absent[i]),
            contacts=contacts[i] if has_contacts else None,
            absent=absent[i],
            free=free[i] if has_free else None,
            detected=detected[i] if detected else None,
        )
        for i in range(people)
    ]


def _detected(
    stored: _Stored, valid: NDArray[np.bool_], fps: Fraction, ids: Sequence[int]
) -> list[Keypoints2D]:
    """Return the 2D in the detector's own points of everybody; empty where there is none."""
    needed = {"detected_2d", "detected_scores", "detected_names", "image_size"}
    if not needed <= stored.arrays.keys():
        return []
    names = [str(name) for name in stored.required("detected_names").ravel()]
    shape = (*valid.shape, len(names))
    points, scores = (
        stored.numbers("detected_2d", (*shape, 2)),
        stored.numbers("detected_scores", shape),
    )
    hands = None
    if {"hands_2d", "hands_3d", "hand_scores"} <= stored.arrays.keys():
        arrays = [
            stored.numbers(name, (*valid.shape, 2, *rest))
            for name, rest in (("hands_2d", (21, 2)), ("hands_3d", (21, 3)), ("hand_scores", ()))
        ]
        hands = [hands_from(*one) for one in zip(*arrays, strict=True)]
    width, height = stored.numbers("image_size", (2,)).tolist()
    return [
        detected_of(
            names, points[i], scores[i], valid[i], fps, (int(width), int(height)), person,
            None if hands is None else hands[i],
        )
        for i, person in enumerate(ids)
    ]  # fmt: skip


def _rate(stored: _Stored) -> Fraction:
    if "fps_fraction" in stored.arrays:
        numerator, denominator = stored.numbers("fps_fraction", (2,)).tolist()
        return Fraction(int(numerator), int(denominator))
    return rate_from(float(stored.numbers("fps", ())), 1e-6)


def _settings(text: str) -> dict[str, Any]:
    settings = json.loads(text) if text else {}
    if not isinstance(settings, dict):
        raise ValueError("settings is JSON, but not of the form {...}")
    return settings
