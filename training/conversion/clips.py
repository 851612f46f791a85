"""Reads a motion capture file as clips in the unit, axes and rate of the packs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.lifting.resampling import resample
from glagcn_cli.skeleton import H36M17

from ..data.plausibility import check_body_size
from .animation import Animation
from .asf_amc import read_asf_amc
from .body import body_of
from .bvh import read_bvh
from .ends import Ends
from .fbx import read_fbx
from .file_names import amc_rate, skeleton_of, subject_of
from .gltf import read_gltf
from .placing import FPS, check_knees, metres_per_unit, stand_up
from .t_pose import without_t_pose

_STILL = 1e-3  # metres: a pose, for instance the T-pose of a figure
_LARGEST_REACH = 3.2  # metres from the hip that a pack can store


def _read_amc(path: Path) -> list[Animation]:
    return [read_asf_amc(skeleton_of(path), path)]


def _read_bvh(path: Path) -> list[Animation]:
    return [read_bvh(path)]


READERS = {
    ".amc": _read_amc,
    ".bvh": _read_bvh,
    ".fbx": read_fbx,
    ".glb": read_gltf,
    ".gltf": read_gltf,
    ".vrm": read_gltf,
    ".vrma": read_gltf,
}
"""Readers of all motions of a file, by suffix."""


@dataclass(frozen=True)
class Clip:
    """One file's motion.

    Parameters
    ----------
    name
        File name without its suffix; with the motion's name where a file holds several.
    subject
        Name of the subject: "7" of ``07_02.amc``, "bd" of ``HDM_bd_squat_001_120.amc``, else the
        folder's name.
    joints
        (frames, 17, 3) metres, z up, 50 frames a second.
    source
        Suffix of the file: "amc", "bvh", "fbx", "glb" and the like.
    source_fps
        Frames per second of the file.
    file
        Path of the file within the folder.
    shortened
        Frames left out at both ends.
    assumed
        Rig, rate, unit and up axis, for the reader of a log.
    ends
        Feet and hands, in the unit and axes of the joints; None where the rig has none.
    """

    name: str
    subject: str
    joints: NDArray[np.float64]
    source: str
    source_fps: Fraction
    file: str
    shortened: int = 0
    assumed: str = ""
    ends: Ends | None = None


@dataclass(frozen=True)
class Reading:
    """Settings for reading files; None and "auto" are found from the files.

    Parameters
    ----------
    unit
        A name in `placing.UNITS`.
    up
        "y", "z" or another axis, such as "-y".
    fps
        Frames per second of all files, overriding theirs.
    first_frame
        What to drop: "auto" T-poses at both ends, "drop" the first frame, "keep" nothing.
    """

    unit: str | None = None
    up: str | None = None
    fps: Fraction | None = None
    first_frame: str = "auto"


def read_file(path: Path) -> list[Animation]:
    """Read all motions of a file; raise ``InputError`` where it is damaged."""
    return READERS[path.suffix.lower()](path)


def clip_of(animation: Animation, folder: Path, reading: Reading) -> Clip:
    """Read one motion as metres, z up, at the rate of the packs.

    Raises
    ------
    InputError
        The skeleton is unknown, or what is read is no person in motion.
    """
    path, body = animation.path, body_of(animation)
    assert reading.up is not None
    metres = metres_per_unit(body.height, reading.unit or animation.unit)
    all_points = body.joints
    if body.ends is not None:
        all_points = np.concatenate([all_points, body.ends.points], axis=1)
    points = stand_up(all_points * metres, reading.up)
    fps = reading.fps or animation.fps or amc_rate(path)
    whole = len(points)
    if reading.first_frame == "auto":
        joints, before, _ = without_t_pose(points[:, : len(H36M17)], fps, body.height * metres)
        points = points[before : before + len(joints)]
    elif reading.first_frame == "drop":
        points = points[1:]
    frames = int((len(points) - 1) * FPS / fps) + 1  # never beyond the last frame
    if frames < 2:
        raise InputError(f"{path}: {len(points)} frames at {float(fps):g} per second are too short")
    shortened = whole - len(points)
    points = resample(points, fps, FPS, frames)
    joints = points[:, : len(H36M17)]
    ends = body.ends and Ends(points[:, len(H36M17) :], body.ends.usable)
    _check(joints, path, f"units of {metres:.4g} m")
    return Clip(
        path.stem + (f"_{animation.take}" if animation.take else ""),
        subject_of(path),
        joints,
        path.suffix[1:].lower(),
        fps,
        path.relative_to(folder).as_posix(),
        shortened,
        f"{body.rig}; {float(fps):.4g} frames/s; one unit is {metres:.4g} m; up is {reading.up}"
        f"; {_told(ends)}",
        ends,
    )


def _told(ends: Ends | None) -> str:
    """Say which feet and hands a rig has."""
    if ends is None:
        return "no feet, no palms"
    feet, hands = ends.usable[[0, 2]].all(), ends.usable[[1, 3]].all()
    return f"{'feet' if feet else 'no feet'}, {'palms' if hands else 'no palms'}"


def _check(joints: NDArray[np.float64], path: Path, unit: str) -> None:
    """Refuse what is no person in motion."""
    inside = joints - joints[:, :1]
    if np.ptp(joints, axis=0).max() < _STILL:
        raise InputError(f"{path}: nothing moves in it")
    reach = float(np.abs(inside).max())
    if reach > _LARGEST_REACH:
        raise InputError(f"{path}: a joint is {reach:.1f} m from the hip; is the unit right?")
    check_body_size(joints, str(path), unit)
    check_knees(joints, str(path))
