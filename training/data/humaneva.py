"""HumanEva-I as VideoPose3D packs it: 15 joints, three cameras, 60 frames a second.

Protocol (Pavllo et al., CVPR 2019, its published command): train on Train/S1-S3 and test on
Validate/S1-S3, both with the actions Walking, Jog and Box alone (the pack also holds ThrowCatch and
Gestures). The motion capture was cut where frames were lost: "Walking 1 chunk0", "Walking 1 chunk2"
are the parts of "Walking 1" in between, and each is its own take.

Tables are of subjects by actions, and so is the mean: over S1-S3 of Walking, Jog and Box, each cell
the mean over its frames. Papers that leave out Box print the mean over the other six cells.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import COCO17, HUMANEVA15

from .camera_calibration import StaticCamera, read_calibration
from .multiview import PACKING_GUIDE, MultiviewFiles, film
from .pickled_npz import DataFile, find_files
from .takes import Take, TakeSet

log = logging.getLogger(__name__)

NAME = "humaneva"
FPS = 60
SUBJECTS = ("S1", "S2", "S3")
HELD_OUT = "S3"
ACTIONS = ("Walking", "Jog", "Box")
LICENCE = "HumanEva licence, http://humaneva.is.tue.mpg.de (shown when registering)"
POSITIONS_FILE = DataFile(
    "data_3d_humaneva15.npz",
    "the HumanEva site, packed with VideoPose3D's ConvertHumanEva.m and prepare_data_humaneva.py, "
    f"see {PACKING_GUIDE}",
)
KEYPOINTS_FILES = {
    "gt": DataFile(
        "data_2d_humaneva15_gt.npz", f"the same run of prepare_data_humaneva.py, {PACKING_GUIDE}"
    ),
    "detectron_pt_coco": DataFile(
        "data_2d_humaneva15_detectron_pt_coco.npz",
        f"the download under '2D detections for HumanEva-I' in {PACKING_GUIDE}",
    ),
}

# The detections are COCO's 17 points; the lifter reads HumanEva's joints. Points that COCO lacks
# are means of those it has. Of the face, only the ears are used.
_FROM_COCO = {
    "hip": ("left_hip", "right_hip"),
    "thorax": ("left_shoulder", "right_shoulder"),
    "head": ("left_ear", "right_ear"),
}


def read_humaneva(
    data_dir: Path, splits: Mapping[str, Sequence[str]], keypoints: str
) -> dict[str, TakeSet]:
    """Read subjects of HumanEva-I, each file once.

    Parameters
    ----------
    data_dir
        Folder with the files.
    splits
        Name of the split -> its subjects ("S1"). "test" reads the files' ``Validate/``, the others
        ``Train/``.
    keypoints
        Source of the 2D: a key of `KEYPOINTS_FILES`.

    Returns
    -------
    dict
        By split. A take named "S1 Walking 1 chunk0 C1" has the action "Walking" and the camera
        "1 chunk0 C1". No focal length is published in the packs, so `Take.fov` is the default.

    Raises
    ------
    InputError
        Files missing, damaged or of another layout; subjects, cameras or frames that do not fit.
    """
    wanted = [POSITIONS_FILE, KEYPOINTS_FILES[keypoints]]
    files = MultiviewFiles.read(*find_files(data_dir, wanted, LICENCE))
    if not (files.sides_are(HUMANEVA15) or files.sides_are(COCO17)):
        raise InputError(
            f"{files.path_2d}: its metadata name other left and right joints than HumanEva's 15 "
            "or COCO's 17"
        )
    calibration = read_calibration("humaneva_cameras.json")
    result = {}
    for split, subjects in splits.items():
        part = "Validate" if split == "test" else "Train"
        takes = [t for s in subjects for t in _subject(files, part, s, calibration[s])]
        source = f"{files.path_3d.name}, {files.path_2d.name}: {part}/{' '.join(subjects)}"
        result[split] = TakeSet(NAME, HUMANEVA15, FPS, tuple(takes), source)
    return result


def _subject(
    files: MultiviewFiles, part: str, subject: str, cameras: Sequence[StaticCamera]
) -> list[Take]:
    """Return the takes of a subject in one part of the data set, chunk by chunk."""
    key = f"{part}/{subject}"
    takes: list[Take] = []
    for name in files.actions(key):
        action, _, rest = name.partition(" ")
        if action not in ACTIONS:
            continue
        world = files.world(key, name)
        if world.ndim != 3 or world.shape[1:] != (len(HUMANEVA15), 3):
            raise InputError(
                f"{files.path_3d}: {key} {name} has 3D of shape {world.shape}, expected "
                f"(frames, {len(HUMANEVA15)}, 3)"
            )
        views = [
            _joints15(view, files.path_2d, f"{key} {name}")
            for view in files.views(key, name, len(cameras))
        ]
        takes += film(files, (key, name), world, views, cameras, (subject, action, rest))
    missing = set(ACTIONS) - {take.action for take in takes}
    if not takes:
        raise InputError(f"{files.path_3d}: {key} has none of the actions {', '.join(ACTIONS)}")
    if missing:
        log.warning("%s: %s lacks %s", files.path_3d, key, ", ".join(sorted(missing)))
    return takes


def _joints15(view: NDArray[np.floating], path: Path, where: str) -> NDArray[np.floating]:
    """Return HumanEva's 15 joints in 2D, from themselves or from COCO's 17 points."""
    if view.ndim == 3 and view.shape[1] == len(HUMANEVA15) and view.shape[2] >= 2:
        return view[..., :2]
    if view.ndim == 3 and view.shape[1] == len(COCO17) and view.shape[2] >= 2:
        points = [
            view[:, COCO17.indices(_FROM_COCO.get(joint, (joint,))), :2].mean(axis=1)
            for joint in HUMANEVA15.joints
        ]
        return np.stack(points, axis=1)
    raise InputError(
        f"{path}: {where} has 2D of shape {view.shape}, expected (frames, {len(HUMANEVA15)} or "
        f"{len(COCO17)}, 2)"
    )
