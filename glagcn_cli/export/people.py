"""Who is written, and under which name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from ..errors import NobodyFoundError, UsageError
from ..files.atomic import check_output
from ..poses import PoseSequence
from ..skeleton import H36M17
from ..wording import counted

log = logging.getLogger(__name__)


def people_with_poses(path: Path, sequences: Sequence[PoseSequence]) -> list[PoseSequence]:
    """Leave out people without a valid frame; ``NobodyFoundError`` when nobody is left."""
    for sequence in sequences:
        if sequence.frame != "scene":
            raise ValueError(f"poses are in the {sequence.frame} frame, exports take the scene's")
    people = [sequence for sequence in sequences if sequence.valid.any()]
    if not people:
        raise NobodyFoundError(f"{path}: not written, nobody has a pose in any frame")
    if len(people) < len(sequences):
        log.warning(
            "%s: left out, for want of a pose: %s",
            path,
            counted(len(sequences) - len(people), "person", "people"),
        )
    return people


def people_of_one_clip(
    path: Path, sequences: Sequence[PoseSequence], *, same_joints: bool = True
) -> list[PoseSequence]:
    """As `people_with_poses`; ``ValueError`` where people differ in what a clip has but once."""
    people = people_with_poses(path, sequences)
    if not are_of_one_clip(people, same_joints=same_joints):
        what = "frames, rate or joints" if same_joints else "frames or rate"
        raise ValueError(f"people of one clip differ in {what}")
    return people


def are_of_one_clip(people: Sequence[PoseSequence], *, same_joints: bool = True) -> bool:
    """Whether people have as many frames, the same rate and, if asked, the same joint set."""
    alike = {(len(one), one.fps, one.joint_set if same_joints else None) for one in people}
    return len(alike) <= 1


def people_for_rigs(path: Path, sequences: Sequence[PoseSequence]) -> list[PoseSequence]:
    """As `people_with_poses`; ``UsageError`` for joints that no rig can be fitted to."""
    people = people_with_poses(path, sequences)
    for sequence in people:
        if sequence.joint_set.body is not H36M17:
            raise UsageError(
                f"{path}: a rig can be fitted to the joints of {H36M17.name}, "
                f"the lifter gives {sequence.joint_set.name}"
            )
    return people


def path_for_each(
    path: Path, people: Sequence[PoseSequence], overwrite: bool
) -> list[tuple[Path, PoseSequence]]:
    """Pair people with files: the first gets ``path``, the others ``STEM.personN.SUFFIX``.

    All names are checked before the first file is written: ``OutputError`` when one is taken.
    """
    paths = [path] + [
        path.with_name(f"{path.stem}.person{sequence.person}{path.suffix}")
        for sequence in people[1:]
    ]
    if len(set(paths)) < len(paths):
        raise ValueError(f"people share a number: {[sequence.person for sequence in people]}")
    for one in paths:
        check_output(one, overwrite)
    return list(zip(paths, people, strict=True))
