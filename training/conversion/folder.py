"""Reads a folder of motion capture files as clips, and reports the files that are damaged."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.lifting.resampling import resample

from .animation import Animation
from .asf_amc import read_asf_amc
from .bvh import read_bvh
from .placing import FPS, metres_per_unit, put_on_floor, stand_up, starts_with_t_pose, up_axis
from .rigs import body_of

log = logging.getLogger(__name__)

AMC_FPS = 120
"""Frames per second of AMC files, which do not store it; that of nearly all of CMU's."""

_CMU_NAME = re.compile(r"^(\d{1,3})_(\d+)")
_LARGEST_REACH = 3.2  # metres from the hip that a pack can store


@dataclass(frozen=True)
class Clip:
    """One file's motion.

    Parameters
    ----------
    name
        File name without its suffix.
    subject
        Name of the subject: "7" of ``07_02.amc``, else the folder's name.
    joints
        (frames, 17, 3) metres, z up, 50 frames a second.
    source
        "amc" or "bvh".
    source_fps
        Frames per second of the file.
    file
        Path of the file within the folder.
    shortened
        Whether the file's first frame was left out.
    """

    name: str
    subject: str
    joints: NDArray[np.float64]
    source: str
    source_fps: Fraction
    file: str
    shortened: bool = False


@dataclass(frozen=True)
class Reading:
    """Settings for reading files; None and "auto" are found from the files.

    Parameters
    ----------
    unit
        A name in `placing.UNITS`.
    up
        "y" or "z".
    fps
        Frames per second of all files, overriding theirs.
    first_frame
        Whether to drop each file's first frame: "auto" drops T-poses.
    """

    unit: str | None = None
    up: str | None = None
    fps: Fraction | None = None
    first_frame: str = "auto"


def read_folder(folder: Path, reading: Reading) -> tuple[list[Clip], list[str]]:
    """Read all BVH and AMC files in a folder and the folders in it.

    Files that cannot be read are left out with a warning.

    Returns
    -------
    clips, problems
        Clips in the order of their paths, and the problem of each file that was left out.

    Raises
    ------
    InputError
        There is no such folder, no file in it, or none that can be read.
    """
    paths = _motion_files(folder)
    if reading.up is None:
        reading = replace(reading, up=_common_up_axis(paths))
    clips, problems = [], []
    for path in paths:
        try:
            clips.append(_clip(path, folder, reading))
        except InputError as error:
            problems.append(str(error))
            log.warning("left out: %s", error)
    if not clips:
        raise InputError(f"{folder}: none of its {len(paths)} files can be read: {problems[0]}")
    if shortened := sum(clip.shortened for clip in clips):
        why = "a T-pose" if reading.first_frame == "auto" else "as asked"
        log.info("first frame left out (%s) in %d of %d files", why, shortened, len(clips))
    return _on_floor(clips), problems


def subject_of(path: Path) -> str:
    """Return the number before the underscore in CMU's file names, else the folder's name."""
    match = _CMU_NAME.match(path.stem)
    return str(int(match[1])) if match else path.resolve().parent.name


def skeleton_of(amc: Path) -> Path:
    """Find the ASF file of an AMC file: of the same name, of its subject, or the only one there."""
    near = sorted(path for path in amc.parent.iterdir() if path.suffix.lower() == ".asf")
    names = (amc.stem.lower(), amc.stem.split("_")[0].lower())
    for name in names:
        for path in near:
            if path.stem.lower() == name:
                return path
    if len(near) == 1:
        return near[0]
    raise InputError(
        f"{amc}: no skeleton; expected {names[0]}.asf, {names[1]}.asf or a single .asf file in its "
        f"folder, found {len(near)} of other names"
    )


def _motion_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the folder that holds the motion files")
    found = (path for path in folder.rglob("*") if path.suffix.lower() in (".bvh", ".amc"))
    if not (paths := sorted(path for path in found if path.is_file())):
        raise InputError(f"{folder}: no .bvh or .amc file in it or in the folders below")
    return paths


def _read(path: Path) -> Animation:
    if path.suffix.lower() == ".amc":
        return read_asf_amc(skeleton_of(path), path)
    return read_bvh(path)


_FILES_ASKED = 25


def _common_up_axis(paths: Sequence[Path]) -> str:
    """Return the up axis of most files, so that a person lying down does not tilt the world."""
    votes: Counter[str] = Counter()
    for path in paths[:: max(1, len(paths) // _FILES_ASKED)]:
        try:
            votes[up_axis(body_of(_read(path)).joints)] += 1
        except InputError:
            continue  # reported when it is read
    up = votes.most_common(1)[0][0] if votes else "y"
    log.info("up is %s in %d of %d files looked at", up, votes[up], votes.total())
    return up


def _clip(path: Path, folder: Path, reading: Reading) -> Clip:
    """Read one file as metres, z up, at the rate of the packs."""
    animation = _read(path)
    body = body_of(animation)
    assert reading.up is not None
    metres = metres_per_unit(body.height, reading.unit or animation.unit)
    joints = body.joints
    t_pose = reading.first_frame == "auto" and starts_with_t_pose(joints, body.height, reading.up)
    shortened = t_pose or reading.first_frame == "drop"
    joints = joints[1:] if shortened else joints
    fps = reading.fps or animation.fps or Fraction(AMC_FPS)
    frames = int((len(joints) - 1) * FPS / fps) + 1  # never beyond the last frame
    if frames < 2:
        raise InputError(f"{path}: {len(joints)} frames at {float(fps):g} per second are too short")
    joints = resample(stand_up(joints * metres, reading.up), fps, FPS, frames)
    reach = float(np.abs(joints - joints[:, :1]).max())
    if reach > _LARGEST_REACH:
        raise InputError(f"{path}: a joint is {reach:.1f} m from the hip; is the unit right?")
    return Clip(
        path.stem,
        subject_of(path),
        joints,
        path.suffix[1:].lower(),
        fps,
        path.relative_to(folder).as_posix(),
        shortened,
    )


def _on_floor(clips: Sequence[Clip]) -> list[Clip]:
    """Put each subject's clips on the floor; keep their order."""
    placed = list(clips)
    for subject in dict.fromkeys(clip.subject for clip in clips):
        own = [i for i, clip in enumerate(clips) if clip.subject == subject]
        moved = put_on_floor([clips[i].joints for i in own], f"subject {subject}")
        for i, joints in zip(own, moved, strict=True):
            placed[i] = replace(clips[i], joints=joints)
    return placed
