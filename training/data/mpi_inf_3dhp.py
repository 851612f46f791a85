"""MPI-INF-3DHP as P-STMO packs it: 17 joints in millimetres of each camera's frame, with exact 2D.

Protocol (Shan et al., ECCV 2022): train on S1-S8, both sequences, eight cameras; test on TS1-TS6,
frames that are marked valid. The 3D are the data set's "universal" joints (`univ_annot3`), scaled
to one body height, so lengths are not those of the people filmed. Sequences were filmed at 25 or at
50 frames a second; the field trains on them as they are, and so does this reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import MPI_INF_3DHP17

from .camera_calibration import field_of_view
from .pickled_npz import DataFile, find_files, read_pickled
from .plausibility import check_body_size, number_array
from .takes import Take, TakeSet

NAME = "mpi_inf_3dhp"
FPS = 25
"""Frame rate of most sequences: S1 Seq2, S3 Seq1, S3 Seq2, S5 Seq1 and S5 Seq2 have 50."""

TRAINING_SUBJECTS = ("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8")
TEST_SUBJECTS = ("TS1", "TS2", "TS3", "TS4", "TS5", "TS6")
HELD_OUT = "S8"
SEQUENCES = ("Seq1", "Seq2")
CAMERAS = ("0", "1", "2", "4", "5", "6", "7", "8")
SCENES = {
    "TS1": "green screen", "TS2": "green screen", "TS3": "studio", "TS4": "studio",
    "TS5": "outdoor", "TS6": "outdoor",
}  # fmt: skip
"""Rows of the data set authors' tables of the test set."""

PCK_JOINTS = tuple(
    i for i, joint in enumerate(MPI_INF_3DHP17.joints) if joint not in ("hip", "spine", "head")
)
"""The 14 joints that the data set's own script measures PCK and AUC on; MPJPE is of all 17."""

LICENCE = "MPI-INF-3DHP licence, https://vcai.mpi-inf.mpg.de/3dhp-dataset (in the readme)"
_P_STMO = "'MPI-INF-3DHP' in https://github.com/paTRICK-swk/P-STMO#dataset"
TRAINING_FILE = DataFile(
    "data_train_3dhp.npz", f"the data set packed as P-STMO does, see {_P_STMO}"
)
TEST_FILE = DataFile("data_test_3dhp.npz", f"the data set packed as P-STMO does, see {_P_STMO}")

_STUDIO_SIZE = (2048, 2048)
_OUTDOOR_SIZE = (1920, 1080)
# Focal lengths of the published calibration: 1491-1502 pixels in the studio's cameras.
_FOV = {
    _STUDIO_SIZE: field_of_view(2048, 1498.0),
    _OUTDOOR_SIZE: field_of_view(1920, 1684.0),
}


def read_mpi_inf_3dhp(
    data_dir: Path, splits: Mapping[str, Sequence[str]], keypoints: str = "gt"
) -> dict[str, TakeSet]:
    """Read subjects of MPI-INF-3DHP, each file once.

    Parameters
    ----------
    data_dir
        Folder with the files; the training file is not needed for "test" alone, nor the test file
        for the others.
    splits
        Name of the split -> its subjects ("S1", "TS1").
    keypoints
        "gt", the only 2D that the packs hold.

    Returns
    -------
    dict
        By split. A training take is named "S1 Seq1 0" (camera 0); a test take "TS1 green screen",
        its `Take.valid` marking the frames that count.

    Raises
    ------
    InputError
        Files missing, damaged or of another layout; subjects or cameras that do not fit.
    """
    needed = {split: TEST_FILE if split == "test" else TRAINING_FILE for split in splits}
    wanted = list(dict.fromkeys(needed.values()))
    paths = dict(zip(wanted, find_files(data_dir, wanted, LICENCE), strict=True))
    contents = {file: read_pickled(path, "data")["data"] for file, path in paths.items()}
    result = {}
    for split, subjects in splits.items():
        file = needed[split]
        read = _test_subject if split == "test" else _training_subject
        takes = [t for s in subjects for t in read(contents[file], s, paths[file])]
        source = f"{file.name}: {' '.join(subjects)}"
        result[split] = TakeSet(NAME, MPI_INF_3DHP17, FPS, tuple(takes), source)
    return result


def _entry(data: Mapping[str, Any], name: str, path: Path) -> Any:
    """Return a file's entry by name; raise ``InputError`` with the names it has."""
    if name not in data:
        raise InputError(f"{path} has no {name}; it has {', '.join(map(str, data))}")
    return data[name]


def _training_subject(data: Mapping[str, Any], subject: str, path: Path) -> list[Take]:
    """Return the takes of a training subject: two sequences, eight cameras each."""
    takes = []
    for sequence in SEQUENCES:
        entry = _entry(data, f"{subject} {sequence}", path)
        # A list of the cameras and, in P-STMO's own packs, the frame rate.
        views = entry[0] if isinstance(entry, (list, tuple)) and entry else entry
        if not isinstance(views, Mapping):
            raise InputError(f"{path}: {subject} {sequence} holds no dictionary of cameras")
        by_name = {str(camera): view for camera, view in views.items()}
        if set(by_name) != set(CAMERAS):
            raise InputError(
                f"{path}: {subject} {sequence} has {len(by_name)} cameras "
                f"({', '.join(by_name) or 'none'}), expected {len(CAMERAS)} ({', '.join(CAMERAS)})"
            )
        for camera in CAMERAS:
            names = (subject, sequence, camera)
            takes.append(_take(by_name[camera], names, _STUDIO_SIZE, path))
    return takes


def _test_subject(data: Mapping[str, Any], subject: str, path: Path) -> list[Take]:
    """Return the one take of a test subject, with its valid frames."""
    entry = _entry(data, subject, path)
    size = _OUTDOOR_SIZE if SCENES[subject] == "outdoor" else _STUDIO_SIZE
    (flags,) = _arrays(entry, ("valid",), subject, path)
    valid = flags.reshape(-1) != 0
    if not valid.any():
        raise InputError(f"{path}: {subject} has no valid frame")
    return [_take(entry, (subject, SCENES[subject], ""), size, path, valid)]


def _arrays(entry: Any, keys: tuple[str, ...], where: str, path: Path) -> list[NDArray[np.float32]]:
    """Return the arrays of one view by key."""
    found = list(entry) if isinstance(entry, Mapping) else []
    if not set(keys) <= set(found):
        raise InputError(
            f"{path}: {where} has {', '.join(map(str, found)) or 'no arrays'}, expected "
            f"{', '.join(keys)}"
        )
    return [number_array(entry[key], f"{path}: {key} of {where}") for key in keys]


def _take(
    entry: Any,
    names: tuple[str, str, str],
    size: tuple[int, int],
    path: Path,
    valid: NDArray[np.bool_] | None = None,
) -> Take:
    """Make a take of one view; millimetres become metres."""
    where = " ".join(names).strip()
    joints, keypoints = _arrays(entry, ("data_3d", "data_2d"), where, path)
    count = len(MPI_INF_3DHP17)
    flat = keypoints.ndim != 3 or keypoints.shape[1] != count or keypoints.shape[2] < 2
    if flat or joints.ndim != 3 or joints.shape[1:] != (count, 3):
        raise InputError(
            f"{path}: {where} has 3D of shape {joints.shape} and 2D of shape {keypoints.shape}, "
            f"expected (frames, {count}, 3) and (frames, {count}, 2)"
        )
    if len(keypoints) < len(joints):
        raise InputError(
            f"{path}: {where} has {len(keypoints)} frames of 2D for {len(joints)} of 3D"
        )
    joints = joints / np.float32(1000)
    check_body_size(joints, f"{path}: {where}", "millimetres")
    try:
        return Take(
            *names,
            joints=joints,
            keypoints=keypoints[: len(joints), :, :2],
            image_size=size,
            fov=_FOV[size],
            valid=valid,
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
