"""Read `.npy`: the joints of one person."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from ...skeleton import H36M17
from .positions import DEFAULT_FPS, person_in_name, sequence_of
from .saved_poses import SavedPoses

log = logging.getLogger(__name__)


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
    log.warning("%s: holds no frame rate; %g frames/s is assumed", path, DEFAULT_FPS)
    return SavedPoses([sequence_of(joints, DEFAULT_FPS, H36M17, person_in_name(path))])
