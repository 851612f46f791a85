"""Checks that the contents of a file are plausible: numbers, metres, one camera's 2D."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError

from .camera_calibration import StaticCamera
from .takes import Take

_SMALLEST, _LARGEST = 0.2, 4.0  # metres from end to end; a person curled up, and one in a leap
_EVERY = 50  # frames between two checks
_OFF = 0.05  # of the width: far above a detector's errors, far below another camera's view


def number_array(value: Any, where: str) -> NDArray[np.float32]:
    """Convert a file's entry to an array; the message of ``InputError`` begins with ``where``."""
    try:
        with np.errstate(over="ignore"):  # becomes infinity, which `Take` refuses
            return np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{where} holds no array of numbers ({error})") from error


def check_body_size(joints: NDArray[np.floating], where: str, unit: str) -> None:
    """Refuse (frames, joints, 3) metres of no person's size; ``unit`` is the file's unit."""
    if not len(joints) or not np.isfinite(joints).all():
        return  # `Take` reports it
    size = float(np.median(np.ptp(joints[::_EVERY], axis=1).max(axis=-1)))
    if not _SMALLEST < size < _LARGEST:
        raise InputError(
            f"{where}: the 3D joints are {size:.3g} m from end to end, if the file is in {unit} as "
            "expected; is it in another unit, or empty?"
        )


def check_projection(takes: Sequence[Take], cameras: Sequence[StaticCamera], where: str) -> None:
    """Refuse 2D that is far from the projections of the 3D.

    Parameters
    ----------
    takes
        Takes of one subject, in each camera's frame.
    cameras
        The cameras of each take; takes come camera by camera. Cameras without a published lens are
        skipped.
    where
        File and subject, for the message.

    Raises
    ------
    InputError
        The median distance over a camera's joints and all takes exceeds a twentieth of the
        picture's width.
    """
    for number, camera in enumerate(cameras):
        seen = takes[number :: len(cameras)]
        if camera.focal_length is None or camera.centre is None or not seen:
            continue
        joints = np.concatenate([take.joints[::_EVERY] for take in seen])
        keypoints = np.concatenate([_keypoints(take)[::_EVERY] for take in seen])
        depth = np.maximum(joints[..., 2:], 1e-3)  # behind the camera: far outside the picture
        pixels = joints[..., :2] / depth * camera.focal_length + camera.centre
        off = float(np.median(np.linalg.norm(pixels - keypoints, axis=-1)))
        if off > _OFF * camera.image_size[0]:
            raise InputError(
                f"{where}: the 2D of camera {camera.name} is {off:.0f} pixels from where it sees "
                "the 3D; are the cameras in another order, or is the 2D already normalised?"
            )


def _keypoints(take: Take) -> NDArray[np.float32]:
    assert take.keypoints is not None
    return take.keypoints
