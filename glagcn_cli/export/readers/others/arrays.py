"""Reads `.npy` and `.npz` of other programs: joints as arrays."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..positions import rate_from
from .joint_sets import POINT_SETS_3D, described
from .recording import Recording

_COUNTS = sorted({count for known in POINT_SETS_3D for count in known.counts})

_LIKELY = (
    "joints", "joints3d", "joints_3d", "keypoints_3d", "keypoints3d", "pred_keypoints_3d", "kp3d",
    "world_landmarks", "pose_world_landmarks", "landmarks", "positions_3d", "poses_3d", "xyz",
)  # fmt: skip
"""Names of arrays that hold joints, the likeliest first."""

_ROTATIONS = re.compile("pose|theta|orient|rot|quat")
"""In names of arrays that hold angles, whose shapes may be those of joints."""

_SMPL_ROTATIONS = 72  # numbers of a frame

_RATES = ("fps", "frame_rate", "framerate", "mocap_framerate")
_PLACES = ("pred_cam_t", "cam_t", "transl", "trans")
"""Names of arrays (frames, 3) that joints about a root are to be moved by, in files without any
other path."""

_STILL = 1e-3  # of a body's size; a root that moves less has no path of its own


def read_npy(path: Path) -> Recording:
    """Read one array; see `from_array`."""
    with path.open("rb") as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    return from_array(array)


def read_npz(path: Path) -> Recording:
    """Read the array of an archive that holds joints, its rate, and where the people are."""
    if not zipfile.is_zipfile(path):
        raise ValueError("it is no npz archive, or only a part of one")
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    fitting = {
        name: array
        for name, array in arrays.items()
        if _shape(array) is not None and (name in _LIKELY or not _ROTATIONS.search(name))
    }
    chosen = next((name for name in _LIKELY if name in fitting), None)
    if chosen is None and len(fitting) == 1:
        chosen = next(iter(fitting))
    if chosen is None:
        found = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        what = "several arrays of bodies" if fitting else "no array of bodies"
        raise ValueError(f"it holds {what} ({found or 'nothing'}); expected one of {described()}")
    recording = from_array(arrays[chosen])
    rate = next((arrays[name] for name in _RATES if name in arrays), None)
    fps = None if rate is None or rate.size != 1 else _rate(rate)
    return Recording(_moved(recording.people, arrays), recording.scores, fps=fps)


def from_array(array: NDArray) -> Recording:
    """Take an array apart.

    Parameters
    ----------
    array
        (frames, points, 3 or more), (points, 3 or more) of one frame, (people, frames, points, 3 or
        more), or (frames, numbers) with the numbers of a frame in a row. The fourth number of a
        point is its score.
    """
    if array.ndim == 2 and array.shape[1] == _SMPL_ROTATIONS:
        raise ValueError(
            f"its array is {array.shape}: rotations of SMPL, which are no places of joints; save "
            "the joints that SMPL makes of them, (frames, 24, 3)"
        )
    if (shape := _shape(array)) is None:
        raise ValueError(
            f"its array is {array.dtype} {array.shape}, expected numbers of shape (frames, points, "
            f"3), with bodies of {described()}"
        )
    points = array.astype(np.float64).reshape(shape)
    scores = None
    if shape[-1] >= 4:
        scores = [np.nan_to_num(person[..., 3]).clip(0, 1) for person in points]
    return Recording([person[..., :3] for person in points], scores)


def _shape(array: NDArray) -> tuple[int, int, int, int] | None:
    """Return people, frames, points and numbers of a point; None where it is no such array."""
    if array.dtype.kind not in "fiu" or array.size == 0:
        return None
    sides = array.shape
    if len(sides) == 2 and sides[1] not in range(3, 8):  # numbers of a frame in a row
        for numbers in (3, 4, 5):
            if sides[1] % numbers == 0 and sides[1] // numbers in _COUNTS:
                return 1, sides[0], sides[1] // numbers, numbers
        return None
    if len(sides) not in (2, 3, 4) or sides[-2] not in _COUNTS or sides[-1] not in range(3, 8):
        return None
    whole = (*(1,) * (4 - len(sides)), *sides)
    return whole[0], whole[1], whole[2], whole[3]


def _rate(value: NDArray) -> Fraction:
    return rate_from(float(value.ravel()[0]), 1e-6)


def _moved(people: Sequence[NDArray], arrays: dict[str, NDArray]) -> Sequence[NDArray]:
    """Move bodies that stay at the origin along the path of the same file."""
    wanted = (len(people[0]), 3)
    place = next((arrays[name] for name in _PLACES if name in arrays), None)
    if len(people) > 1 or place is None or place.reshape(-1, place.shape[-1]).shape != wanted:
        return people
    body = people[0]
    middle, size = np.nanmean(body, axis=1), np.nanmax(np.nanstd(body, axis=1))
    stays = np.ptp(np.nan_to_num(body[:, 0]), axis=0).max() < _STILL * size
    stays |= np.nanmax(np.abs(middle)) < size
    return [body + place.reshape(wanted)[:, None]] if stays else people
