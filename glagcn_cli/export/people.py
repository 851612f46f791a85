"""Who is written, and under which name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from ..errors import NobodyFoundError
from ..outputs import check_output
from ..poses import PoseSequence

_log = logging.getLogger(__name__)


def people_with_poses(path: Path, sequences: Sequence[PoseSequence]) -> list[PoseSequence]:
    """Leave out people without a valid frame; ``NobodyFoundError`` when nobody is left."""
    for sequence in sequences:
        if sequence.frame != "scene":
            raise ValueError(f"poses are in the {sequence.frame} frame, exports take the scene's")
    people = [sequence for sequence in sequences if sequence.valid.any()]
    if not people:
        raise NobodyFoundError(f"{path}: not written, nobody has a pose in any frame")
    if len(people) < len(sequences):
        _log.warning(
            "%s: %d people have no pose and are left out", path, len(sequences) - len(people)
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
