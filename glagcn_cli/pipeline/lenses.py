"""The lens that a user tells of: numbers of its distortion, or a file of a calibration."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..camera import focal_length
from ..camera_path.lens import Lens, read_calibration
from ..camera_path.lens_of_turns import lens_of_turns
from ..camera_path.links import BackgroundLinks
from ..camera_path.path import ASSUMED_FOV, KNOWN_FOV, TURNING
from ..errors import UsageError
from ..keypoints.clip import ClipDetections
from ..poses import Keypoints2D, PoseSequence
from ..shots.shots import Shot
from ..video.probing import VideoInfo
from .setting import numbers_of
from .shot_cameras import ShotCamera, shot_cameras

log = logging.getLogger(__name__)

LEAST_TURN = 10.0  # degrees that a camera must turn to show its lens


class Straightened(NamedTuple):
    """What a lens without distortion shows of a video; as it is where ``lens`` is None."""

    lens: Lens | None
    people: list[Keypoints2D]
    cameras: list[ShotCamera]
    fov: float

    def filmed(self, sequences: list[PoseSequence]) -> list[PoseSequence]:
        """Give people the places in the video in whose stead they were lifted."""
        if self.lens is None:
            return sequences
        return [self.lens.filmed(sequence) for sequence in sequences]


def straightened(
    found: ClipDetections, shots: Sequence[Shot], people: list[Keypoints2D], info: VideoInfo,
    fov: float, fov_known: bool, told: str | None,
) -> Straightened:  # fmt: skip
    """Take a lens' distortion out of a video: that which is told, or which a turn of it shows.

    Parameters
    ----------
    found, shots
        2D and background of a clip, and its shots.
    people
        Who is lifted.
    info
        The video.
    fov, fov_known
        As `shot_cameras` takes them.
    told
        As `lens_of` takes it; with 0 no lens is looked for.
    """
    size, frames = (info.width, info.height), len(found)
    lens = lens_of(told, size, fov)
    if lens is None:
        cameras = shot_cameras(found.clip, frames, shots, people, info, fov, fov_known)
        lens = _shown_by_turns(cameras, found, size, fov, fov_known) if told is None else None
        if lens is None:
            return Straightened(None, people, cameras, fov)
        log.info(
            "%s: the lens bends straight lines (k1 %.2f, %.0f degrees), as the turning camera "
            "shows; that is taken out (--lens 0 leaves it)",
            info.name, lens.coefficients[0], lens.fov,
        )  # fmt: skip
    seen = [lens.straightened(person) for person in people]
    background = lens.background(found.clip, frames)
    known = fov_known or lens.is_calibrated
    cameras = shot_cameras(background, frames, shots, seen, info, lens.fov, known)
    return Straightened(lens, seen, cameras, lens.fov)


def _shown_by_turns(
    cameras: Sequence[ShotCamera], found: ClipDetections, size: tuple[int, int], fov: float,
    fov_known: bool,
) -> Lens | None:  # fmt: skip
    """Return the lens that a turn of the only shot's camera shows; None where nothing is sure."""
    if len(cameras) != 1 or cameras[0].kind != TURNING or cameras[0].turned < LEAST_TURN:
        return None
    links = BackgroundLinks.of_clip(found.clip, len(found))
    log_focal = float(np.log(focal_length(size, fov) / max(size)))
    spread = KNOWN_FOV if fov_known else ASSUMED_FOV
    return None if links is None else lens_of_turns(links, size, log_focal, spread)


def lens_of(told: str | None, image_size: tuple[int, int], fov: float) -> Lens | None:
    """Return the lens; None where nothing is told.

    Parameters
    ----------
    told
        Coefficients of OpenCV, separated by commas, or the path of a calibration.
    image_size
        (width, height) in pixels.
    fov
        Field of view over the longer side in degrees, for bare coefficients.

    Raises
    ------
    InputError
        The file holds no calibration.
    UsageError
        The lens would show two places at one.
    """
    numbers = None if told is None else numbers_of(told)
    if told is None or (numbers is not None and not any(numbers)):
        return None
    if numbers is None:
        lens = read_calibration(Path(told), image_size)
    else:
        lens = Lens(numbers, focal_length(image_size, fov), image_size)
    if not lens.is_sound:
        raise UsageError(
            f"--lens {told}: would fold the picture's corners; these are not its numbers, or the "
            "field of view (--fov) is another"
        )
    return lens
