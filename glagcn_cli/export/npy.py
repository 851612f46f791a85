"""`.npy`: the joints of one person, for numpy and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..files.atomic import atomic_output
from ..poses import PoseSequence
from .formats import ExportContext
from .people import path_for_each, people_with_poses


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write (frames, 17, 3) float32 metres, scene frame (y up), one file for each person.

    This format has no room for a mask: frames without a pose, and joints of a half of the body that
    was never seen, are NaN. It has no room for names either, and never holds feet and palms.
    """
    people = [person.of_body() for person in people_with_poses(path, sequences)]
    for target, sequence in path_for_each(path, people, context.overwrite):
        joints = sequence.joints_or_nan()
        with atomic_output(target, context.overwrite) as temporary, temporary.open("wb") as file:
            np.save(file, joints, allow_pickle=False)
        yield target
