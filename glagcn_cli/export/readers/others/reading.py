"""Reads a file of another program: which kind it is, and its bodies as H36M-17 in metres."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError, UsageError
from ....files.damage import damage_named
from ....skeleton import H36M17
from ..positions import joint_set_of
from . import landmarks
from .arrays import read_npy, read_npz
from .axes import unit_of, up_axis
from .joint_sets import BY_NAME, Y_UP, Z_UP, PointSet3D, sets_of
from .markers import Maker, front_directions, joints_by_names
from .named_points import read_c3d, read_csv, read_trc
from .posing import AUTO, Bodies, Naming, RecordedPoses, posed
from .recording import Recording

PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".p")
_ADVICE = (
    "is a pickle, which can run code when it is read; in the program that wrote it, save the "
    "joints as numbers: numpy.save('joints.npy', joints), of shape (frames, joints, 3)"
)


_READERS: Mapping[str, Callable[[Path], Recording]] = {
    ".npy": read_npy,
    ".npz": read_npz,
    ".json": landmarks.read,
    ".csv": read_csv,
    ".trc": read_trc,
    ".c3d": read_c3d,
}


_LARGEST_OURS = 1 << 16  # bytes of a .json that are looked at for our schema


def is_of_others(path: Path, naming: Naming) -> bool:
    """Tell files of other programs from ours; what cannot be read counts as ours.

    A `.npy` of 17 joints says nothing of itself: it is ours where its bodies are as ours are, in
    metres with y up.
    """
    suffix = path.suffix.lower()
    if naming.says_something or suffix in PICKLES:
        return True
    if suffix not in _READERS or not path.is_file():
        return False
    try:
        return _is_of_others(path, suffix)
    except Exception:  # damaged; who reads it says how
        return False


def _is_of_others(path: Path, suffix: str) -> bool:
    if suffix == ".json":
        with path.open(encoding="utf-8-sig") as file:
            head = file.read(_LARGEST_OURS)
        return not ("glagcn-poses" in head or "report_version" in head)
    if suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            return "joints_3d" not in archive.files or "joint_names" not in archive.files
    if suffix == ".csv":
        with path.open(encoding="utf-8-sig") as file:
            return "joint" not in file.readline().strip().split(",")
    recording = _READERS[suffix](path)
    if recording.names is not None:
        return not _are_ours(recording.names)
    [person, *others] = recording.people
    if others or _point_set(path, recording, Naming()) is not BY_NAME[H36M17.name]:
        return True
    seen = person[np.isfinite(person).all(axis=(1, 2))]
    if not len(seen):
        return False
    return unit_of([seen]) not in ("m", None) or up_axis([seen]) not in ("y", None)


def _are_ours(names: Sequence[str]) -> bool:
    try:
        joint_set_of([name.rpartition(":")[2] for name in names])
    except ValueError:
        return False
    return True


def read_recorded(path: Path, naming: Naming) -> RecordedPoses:
    """Read the people of a file.

    Raises
    ------
    UsageError
        Joints, axes or unit cannot be told from the file; the message names the option.
    InputError
        The file is missing, damaged, a pickle, or holds no bodies that are known.
    """
    suffix = path.suffix.lower()
    if suffix in PICKLES:
        raise InputError(f"{path}: {_ADVICE}")
    if suffix not in _READERS:
        raise UsageError(f"{path}: poses can be read from {', '.join(_READERS)}, by the suffix")
    if not path.is_file():
        raise InputError(f"{path}: does not exist, or is no file; name a file of poses")
    with damage_named(path, f"{suffix} poses"):
        recording = _READERS[suffix](path)
        bodies = _bodies(path, recording, naming)
    return posed(path, recording, bodies, naming)


def _bodies(path: Path, recording: Recording, naming: Naming) -> Bodies:
    """Make joints of the points of a file."""
    if recording.names is not None:
        if naming.joints != AUTO:
            raise UsageError(
                f"--joints {naming.joints}: the points of {path} have names, so leave it out"
            )
        make: Maker = joints_by_names(recording.names)
        names: Sequence[str] = recording.names
        what, axes = "markers", Z_UP if path.suffix.lower() == ".c3d" else Y_UP
    else:
        chosen = _point_set(path, recording, naming)
        names, what, axes = chosen.points, chosen.name, chosen.axes
        make = _by_matrix(chosen)
    fronts = [front_directions(names, person) for person in recording.people]
    return Bodies([make(person) for person in recording.people], fronts, what, axes)


def _by_matrix(chosen: PointSet3D) -> Maker:
    matrix, points = chosen.matrix(), len(chosen.points)
    used = np.abs(matrix).sum(axis=0) > 0

    def make(person: NDArray[np.float64]) -> NDArray[np.float64]:
        made: NDArray[np.float64] = matrix[:, used] @ person[:, :points][:, used]
        return made

    return make


def _point_set(path: Path, recording: Recording, naming: Naming) -> PointSet3D:
    """Tell what the points are, by their number; of several sets, by the shortest bones."""
    count = recording.people[0].shape[1]
    if naming.joints != AUTO:
        chosen = BY_NAME[naming.joints]
        if count not in chosen.counts and count < len(chosen.points):
            raise UsageError(
                f"--joints {chosen.name}: has {len(chosen.points)} points, those of {path} are "
                f"{count}"
            )
        return chosen
    fitting = sets_of(count)
    lengths = [_bones(_by_matrix(one)(recording.people[0])) for one in fitting]
    return fitting[int(np.argmin(lengths))]


def _bones(joints: NDArray[np.float64]) -> float:
    """Return the mean length of bones; infinite without a whole pose."""
    parents, children = np.array(H36M17.bone_indices).T
    lengths = np.linalg.norm(joints[:, children] - joints[:, parents], axis=-1)
    whole = np.isfinite(lengths).all(axis=1)
    return float(lengths[whole].mean()) if whole.any() else float("inf")
