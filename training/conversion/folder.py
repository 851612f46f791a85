"""Reads a folder of motion capture files as clips, and reports the files that are left out."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError

from .body import body_of
from .clips import READERS, Clip, Reading, clip_of, read_file
from .placing import put_on_floor, up_axis

log = logging.getLogger(__name__)

_FILES_ASKED = 25
_MOST_LINES = 20


def read_folder(folder: Path, reading: Reading) -> tuple[list[Clip], list[str]]:
    """Read all motion files in a folder and the folders in it.

    Files that cannot be read are left out. One warning names all files with the same problem, as a
    folder of one unknown skeleton has.

    Returns
    -------
    clips, problems
        Clips in the order of their paths, and the problem of each file, or motion of a file, that
        was left out.

    Raises
    ------
    InputError
        There is no such folder, no file in it, or none that can be read.
    """
    paths = _motion_files(folder)
    up = {
        suffix: reading.up or _common_up_axis([path for path in paths if _suffix(path) == suffix])
        for suffix in {_suffix(path) for path in paths}
    }
    clips: list[Clip] = []
    problems: list[tuple[Path, str]] = []
    for path in paths:
        try:
            animations = read_file(path)
        except InputError as error:
            problems.append((path, str(error)))
            continue
        for animation in animations:
            try:
                clips.append(clip_of(animation, folder, replace(reading, up=up[_suffix(path)])))
            except InputError as error:
                problems.append((path, str(error)))
    lines = _one_line_a_problem(problems)
    if not clips:
        raise InputError(f"{folder}: none of its {len(paths)} files can be read: {lines[0]}")
    for line in lines[:_MOST_LINES]:
        log.warning("left out: %s", line)
    if len(lines) > _MOST_LINES:
        log.warning("left out: %d other kinds of problems", len(lines) - _MOST_LINES)
    _tell(clips, reading)
    return _on_floor(clips), [problem for _, problem in problems]


def _one_line_a_problem(problems: Sequence[tuple[Path, str]]) -> list[str]:
    """Join the files with the same problem in one line that names the first and counts the rest."""
    same: dict[str, list[Path]] = {}
    for path, problem in problems:
        same.setdefault(problem.replace(str(path), "{}"), []).append(path)
    lines = []
    for problem, paths in sorted(same.items(), key=lambda item: -len(item[1])):
        others = len(paths) - 1
        more = f" and {others} other{'s' if others > 1 else ''}" if others else ""
        lines.append(problem.replace("{}", f"{paths[0]}{more}"))
    return lines


def _tell(clips: Sequence[Clip], reading: Reading) -> None:
    """Log what was assumed of the files, and what was cut off."""
    for assumed, count in Counter(clip.assumed for clip in clips).most_common(_MOST_LINES):
        log.info("%d of %d clips: %s", count, len(clips), assumed)
    if shortened := sum(clip.shortened > 0 for clip in clips):
        what = "a T-pose" if reading.first_frame == "auto" else "the first frame, as asked,"
        frames = sum(clip.shortened for clip in clips)
        log.info("%s cut off %d of %d clips (%d frames)", what, shortened, len(clips), frames)


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def _motion_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the folder that holds the motion files")
    found = (path for path in folder.rglob("*") if _suffix(path) in READERS)
    if not (paths := sorted(path for path in found if path.is_file())):
        raise InputError(f"{folder}: no {', '.join(READERS)} file in it or in the folders below")
    return paths


def _common_up_axis(paths: Sequence[Path]) -> str:
    """Return the up axis of most files, so that a person lying down does not tilt the world."""
    votes: Counter[str] = Counter()
    for path in paths[:: max(1, len(paths) // _FILES_ASKED)]:
        try:
            votes.update(up_axis(body_of(animation).joints) for animation in read_file(path))
        except InputError:
            continue  # reported when it is read
    if not votes:
        return "y"
    up, count = votes.most_common(1)[0]
    if count < votes.total():
        log.info("up is %s in %d of %d motions looked at", up, count, votes.total())
    return up


def _moved(clip: Clip, joints: NDArray[np.float64]) -> Clip:
    """Return a clip with moved joints; feet and hands go along."""
    ends = clip.ends
    if ends is not None:
        ends = replace(ends, points=ends.points + (joints[:, :1] - clip.joints[:, :1]))
    return replace(clip, joints=joints, ends=ends)


def _on_floor(clips: Sequence[Clip]) -> list[Clip]:
    """Put each subject's clips on the floor; keep their order."""
    placed = list(clips)
    for subject in dict.fromkeys(clip.subject for clip in clips):
        own = [i for i, clip in enumerate(clips) if clip.subject == subject]
        moved = put_on_floor([clips[i].joints for i in own], f"subject {subject}")
        for i, joints in zip(own, moved, strict=True):
            placed[i] = _moved(clips[i], joints)
    return placed
