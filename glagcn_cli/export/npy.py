"""`.npy`: the joints of one person, for numpy and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..files.atomic import atomic_output
from ..poses import PoseSequence
from ..saved_poses import SavedPoses
from ..skeleton import H36M17
from . import ExportContext
from .people import path_for_each, people_with_poses
from .positions import DEFAULT_FPS, person_in_name, sequence_of

_log = logging.getLogger(__name__)


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write (frames, 17, 3) float32 metres, scene frame (y up), one file for each person.

    This format has no room for a mask: frames without a pose are NaN.
    """
    people = people_with_poses(path, sequences)
    for target, sequence in path_for_each(path, people, context.overwrite):
        joints = sequence.joints.astype(np.float32)
        joints[~sequence.valid] = np.nan
        with atomic_output(target, context.overwrite) as temporary, temporary.open("wb") as file:
            np.save(file, joints, allow_pickle=False)
        yield target


def read(path: Path) -> SavedPoses:
    """Read joints of one person; the rate is not in the file, `DEFAULT_FPS` is assumed."""
    # Opened as .npy and nothing else: numpy.load would take archives too.
    with path.open("rb") as file:
        joints = np.lib.format.read_array(file, allow_pickle=False)
    if joints.ndim != 3 or joints.shape[1:] != (len(H36M17), 3) or joints.dtype.kind not in "fiu":
        raise ValueError(
            f"its array is {joints.dtype} {joints.shape}, "
            f"expected numbers of shape (frames, {len(H36M17)}, 3)"
        )
    _log.warning("%s: holds no frame rate; %g frames/s is assumed", path, DEFAULT_FPS)
    return SavedPoses([sequence_of(joints, DEFAULT_FPS, H36M17, person_in_name(path))])
