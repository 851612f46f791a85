"""What the names of motion capture files say: subject, skeleton and frame rate."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from glagcn_cli.errors import InputError

AMC_FPS = 120
"""Frames per second of AMC files, which do not store it; that of nearly all of CMU's."""

_CMU = re.compile(r"^(\d{1,3})_(\d+)")
_HDM05 = re.compile(r"^HDM_([a-z]+)_.*_(\d+)$", re.IGNORECASE)  # HDM_bd_squat_001_120


def subject_of(path: Path) -> str:
    """Return the subject in the file names of CMU and HDM05, else the folder's name."""
    if match := _CMU.match(path.stem):
        return str(int(match[1]))
    if match := _HDM05.match(path.stem):
        return match[1].lower()
    return path.resolve().parent.name


def amc_rate(path: Path) -> Fraction:
    """Return the frame rate of an AMC file: HDM05's names end with it."""
    match = _HDM05.match(path.stem)
    return Fraction(match[2]) if match and int(match[2]) else Fraction(AMC_FPS)


def skeleton_of(amc: Path) -> Path:
    """Find the ASF file of an AMC file: the longest name that its own begins with, or the only one.

    ``07.asf`` and ``07_02.asf`` belong to ``07_02.amc``, ``HDM_bd.asf`` to
    ``HDM_bd_squat_001_120.amc``.
    """
    near = sorted(path for path in amc.parent.iterdir() if path.suffix.lower() == ".asf")
    words = amc.stem.lower().split("_")
    names = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    for name in names:
        for path in near:
            if path.stem.lower() == name:
                return path
    if len(near) == 1:
        return near[0]
    raise InputError(
        f"{amc}: no skeleton; expected {' or '.join(f'{name}.asf' for name in names)}, or a single "
        f".asf file in its folder, found {len(near)} of other names"
    )
