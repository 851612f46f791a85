"""Human3.6M as the field packs it: 3D of the world and 2D of four cameras, at 50 frames a second.

Source of protocol and layout: VideoPose3D (Pavllo et al., CVPR 2019), protocol 1: train on S1, S5,
S6, S7 and S8, test on S9 and S11, 15 actions, all four cameras.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import H36M17

from .camera_calibration import StaticCamera, read_calibration
from .multiview import PACKING_GUIDE, MultiviewFiles, film
from .pickled_npz import DataFile, find_files
from .plausibility import check_projection
from .takes import Take, TakeSet

log = logging.getLogger(__name__)

NAME = "h36m"
FPS = 50
TRAINING_SUBJECTS = ("S1", "S5", "S6", "S7", "S8")
TEST_SUBJECTS = ("S9", "S11")
HELD_OUT = "S8"
ACTIONS = (
    "Directions", "Discussion", "Eating", "Greeting", "Phoning", "Photo", "Posing", "Purchases",
    "Sitting", "SittingDown", "Smoking", "Waiting", "WalkDog", "Walking", "WalkTogether",
)  # fmt: skip
LICENCE = "Human3.6M License Agreement, http://vision.imar.ro/human3.6m/eula.php"
POSITIONS_FILE = DataFile(
    "data_3d_h36m.npz",
    "the Human3.6M site (Poses, D3 Positions), packed with VideoPose3D's prepare_data_h36m.py, "
    f"see {PACKING_GUIDE}",
)
KEYPOINTS_FILES = {
    "gt": DataFile("data_2d_h36m_gt.npz", f"the same run of prepare_data_h36m.py, {PACKING_GUIDE}"),
    "cpn_ft_h36m_dbb": DataFile(
        "data_2d_h36m_cpn_ft_h36m_dbb.npz",
        f"the download under 'Mask R-CNN and CPN detections' in {PACKING_GUIDE}",
    ),
}

RAW_JOINTS = 32
# Raw joints that do not move on their own: toes, duplicates of hip and neck, fingers.
_DROPPED = (4, 5, 9, 10, 11, 16, 20, 21, 22, 23, 24, 28, 29, 30, 31)
KEPT = tuple(joint for joint in range(RAW_JOINTS) if joint not in _DROPPED)
# The published pack lacks this take, whose video is corrupt, but 2D files have it.
_MAY_LACK_A_SIDE = ("S11", "Directions")


def read_h36m(
    data_dir: Path, splits: Mapping[str, Sequence[str]], keypoints: str
) -> dict[str, TakeSet]:
    """Read subjects of Human3.6M, each file once.

    Parameters
    ----------
    data_dir
        Folder with the files.
    splits
        Name of the split -> its subjects ("S1").
    keypoints
        Source of the 2D: a key of `KEYPOINTS_FILES`.

    Returns
    -------
    dict
        By split. A take named "S9 Directions 1 54138969" is camera 54138969 of "Directions 1":
        its action is "Directions", and its camera "1 54138969".

    Raises
    ------
    InputError
        Files missing, damaged or of another layout; subjects, cameras or frames that do not fit;
        2D that is not where the cameras see the 3D.
    """
    wanted = [POSITIONS_FILE, KEYPOINTS_FILES[keypoints]]
    files = MultiviewFiles.read(*find_files(data_dir, wanted, LICENCE))
    if not files.sides_are(H36M17):
        raise InputError(
            f"{files.path_2d}: its metadata name other left and right joints than Human3.6M's 17"
        )
    calibration = read_calibration("human36m_cameras.json")
    result = {}
    for split, subjects in splits.items():
        takes = [t for s in subjects for t in _subject(files, s, calibration[s])]
        _tell_missing(takes, files.path_3d)
        source = f"{files.path_3d.name}, {files.path_2d.name}: {' '.join(subjects)}"
        result[split] = TakeSet(NAME, H36M17, FPS, tuple(takes), source)
    return result


def _tell_missing(takes: Sequence[Take], path: Path) -> None:
    """Warn where a subject lacks actions of the protocol: its figures cannot be compared."""
    lacking: dict[tuple[str, ...], list[str]] = {}
    for subject in dict.fromkeys(take.subject for take in takes):
        seen = {take.action for take in takes if take.subject == subject}
        lacking.setdefault(tuple(a for a in ACTIONS if a not in seen), []).append(subject)
    for actions, subjects in lacking.items():
        if actions:
            log.warning("%s: %s lack the actions %s", path, " ".join(subjects), ", ".join(actions))


def _subject(files: MultiviewFiles, subject: str, cameras: Sequence[StaticCamera]) -> list[Take]:
    """Return the takes of a subject, action by action."""
    takes: list[Take] = []
    for name in files.actions(subject):
        action, number = re.fullmatch(r"(.*?) ?(\d*)", name).groups()  # type: ignore[union-attr]
        if action not in ACTIONS:
            log.warning("%s: %s %s is none of the 15 actions", files.path_3d, subject, name)
            continue
        has_2d = name in files.keypoints.get(subject, {})
        if not has_2d and (subject, name) == _MAY_LACK_A_SIDE:
            continue
        views = files.views(subject, name, len(cameras))
        where = f"{subject} {name}"
        for view in views:
            if view.ndim != 3 or view.shape[1] != len(H36M17) or view.shape[2] < 2:
                raise InputError(
                    f"{files.path_2d}: {where} has 2D of shape {view.shape}, expected "
                    f"(frames, {len(H36M17)}, 2)"
                )
        world = _joints17(files.world(subject, name), files.path_3d, where)
        takes += film(files, (subject, name), world, views, cameras, (subject, action, number))
    if not takes:
        raise InputError(f"{files.path_3d}: {subject} has none of the 15 actions")
    check_projection(takes, cameras, f"{files.path_2d}: {subject}")
    return takes


def _joints17(positions: NDArray[np.floating], path: Path, where: str) -> NDArray[np.floating]:
    """Select the field's 17 joints from the raw 32, or from a file that holds only those."""
    if positions.ndim == 3 and positions.shape[1:] == (RAW_JOINTS, 3):
        return positions[:, list(KEPT)]
    if positions.ndim == 3 and positions.shape[1:] == (len(H36M17), 3):
        return positions
    raise InputError(
        f"{path}: {where} has 3D of shape {positions.shape}, expected (frames, {RAW_JOINTS} or "
        f"{len(H36M17)}, 3)"
    )
