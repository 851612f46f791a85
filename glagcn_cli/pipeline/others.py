"""Poses of other programs: placed in a scene, and brought into time with their video."""

from __future__ import annotations

import logging
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from ..errors import UsageError
from ..export.readers.others.posing import Naming
from ..export.readers.others.reading import read_recorded
from ..export.readers.saved_poses import SavedPoses
from ..lifting.resampling import resample
from ..poses import PoseSequence
from ..scene.choices import SceneChoices
from ..scene.recorded import recorded_to_scene
from ..video.probing import VideoInfo
from .settings import UP_OF_CAMERA, Settings

log = logging.getLogger(__name__)

LONGEST_DIFFERENCE = 1.0
"""Seconds by which poses may be shorter or longer than the video that they are shown with."""


def placed(poses: Path, naming: Naming, settings: Settings) -> SavedPoses:
    """Read poses of another program and place them in a scene.

    Raises
    ------
    UsageError, InputError
        As `read_recorded`.
    """
    found = read_recorded(poses, replace(naming, any_size=settings.height is not None))
    if found.fps is None:
        log.warning("%s: holds no frame rate; --fps says it", poses)
    choices = SceneChoices(
        cutoff=settings.smoothing,
        level=settings.up == UP_OF_CAMERA,
        height=settings.height,
        foot_lock=settings.foot_lock,
    )
    sequences = recorded_to_scene(
        found.sequences, choices, level=found.level, travels=found.travels
    )
    return SavedPoses(sequences, of_others=True, rate_known=found.fps is not None)


def in_time_with(saved: SavedPoses, video: VideoInfo, poses: Path) -> SavedPoses:
    """Give poses of another program as many frames as their video has, at the same times.

    Poses without a known rate have one for each frame, or are spread over the video.

    Raises
    ------
    UsageError
        They last much longer or shorter than the video.
    """
    frames, own = video.frames, len(saved.sequences[0])
    if not saved.of_others or not frames:
        return saved
    if saved.rate_known:
        rate = saved.sequences[0].fps
    else:
        rate = video.fps if abs(frames - own) <= 1 else Fraction(own, 1) * video.fps / frames
    seconds, wanted = float(own / rate), float(frames / video.fps)
    if abs(seconds - wanted) > LONGEST_DIFFERENCE:
        raise UsageError(
            f"{poses}: has {own} frames at {float(rate):g} frames/s, {seconds:.1f} s; "
            f"{video.name} lasts {wanted:.1f} s; name the video that they are of, or none"
        )
    if rate != video.fps:
        log.info("%s: %g frames/s, brought to the video's %g", poses, rate, video.fps)
    people = [_resampled(one, rate, video.fps, frames) for one in saved.sequences]
    return replace(saved, sequences=people)


def _resampled(body: PoseSequence, own: Fraction, fps: Fraction, frames: int) -> PoseSequence:
    """Bring poses to another rate; frames beyond their end have none."""
    nearest = np.rint(np.arange(frames) * float(own / fps)).astype(int)
    inside = nearest < len(body)
    nearest = np.minimum(nearest, len(body) - 1)
    known = np.flatnonzero(body.valid)
    halves = (known[1:] + known[:-1]) / 2
    near = known[np.searchsorted(halves, np.arange(len(body)))] if len(known) else nearest[:1]
    held = body.joints[near]  # or a gap's zeros would be interpolated
    joints = held[nearest] if own == fps else resample(held, own, fps, frames)
    valid = body.valid[nearest] & inside
    taken = body.each_frame(lambda values: values[nearest])
    return replace(
        taken,
        joints=np.where(valid[:, None, None], joints, 0.0).astype(np.float32),
        scores=np.where(valid[:, None], taken.scores, 0).astype(np.float32),
        valid=valid,
        fps=fps,
        contacts=None if taken.contacts is None else taken.contacts & valid[:, None],
    )
