"""The 2D stage of a run: its two models and, around them, the cache and files of 2D."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from ..machine.precision import SINGLE
from ..progress.stages import Stages
from ..video.clip_times import WHOLE, ClipRange
from ..video.reader import VideoReader
from ..video.source import Source
from ..wording import counted
from .cache import CachedClip
from .detecting import detect_people
from .provenance import KeypointSettings, made_by
from .source import CACHE, DETECT_ONLY, FoundKeypoints, KeypointsUse, keypoints_from_file

if TYPE_CHECKING:
    from ..detection.people_detector import TwoStageDetector

log = logging.getLogger(__name__)

FRAMES_ON_CPU, FRAMES_ON_GPU = 8, 32
"""Frames in memory at once; more would gain nothing."""


class KeypointStage:
    """The 2D stage of a run, for any number of videos.

    Parameters
    ----------
    settings
        Which models, and how they are used.
    device
        Where they run, as `machine.devices.choose_device` names it.
    """

    def __init__(self, settings: KeypointSettings, device: str) -> None:
        self.settings = settings
        self.device = device

    @cached_property
    def detector(self) -> TwoStageDetector:
        """The two models, loaded when a video needs them for the first time."""
        return load_people_detector(self.settings, self.device)

    def of_video(
        self,
        video: Source | None,
        part: ClipRange = WHOLE,
        use: KeypointsUse = DETECT_ONLY,
        stages: Stages | None = None,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> FoundKeypoints:
        """Return the 2D of everybody: from a file, from the cache, or from the models.

        Parameters
        ----------
        video
            A file; None where the file of its 2D, named in `use`, says all that is needed.
        part
            Which frames of the video.
        use
            Where its 2D may come from besides the models.
        stages
            Where progress is shown and timings are kept.
        meanwhile
            Called whenever some frames have gone through the models; what it raises ends the stage.

        Raises
        ------
        InputError
            The video or the file of its 2D cannot be read.
        UsageError
            There is neither a video nor a file that says what is needed of it.
        """
        stages = stages or Stages()
        if video is None:
            if use.from_2d is None:
                raise ValueError("there is neither a video nor a file of its 2D")
            return keypoints_from_file(use.from_2d, None, stages)
        with VideoReader(video, part) as reader:
            if use.from_2d is not None:
                return keypoints_from_file(use.from_2d, reader, stages)
            cached = CachedClip(reader.info, made_by(self.settings) if use.cache else None)
            if (known := _from_cache(cached, reader)) is not None:
                return known
            rate = self.settings.keypoint_rate
            clip = detect_people(
                reader, lambda: self._loaded(stages), cached, stages, rate, meanwhile
            )
            cached.finish(clip)
            return FoundKeypoints(reader.info, clip)

    def _loaded(self, stages: Stages) -> TwoStageDetector:
        with stages.stage("loading"):
            return self.detector


def load_people_detector(settings: KeypointSettings, device: str) -> TwoStageDetector:
    """Load the models of the 2D stage."""
    from ..detection.models import load_detector, load_feet_and_hands, load_pose, new_score
    from ..detection.people_detector import TwoStageDetector

    exact = settings.precision == SINGLE
    pose = load_pose(settings.pose, device, exact=exact)
    feet, fingers = settings.feet_hands, settings.fingers
    return TwoStageDetector(
        load_detector(settings.detector, device, exact=exact),
        pose,
        settings.boxes_every,
        FRAMES_ON_CPU if device == "cpu" else FRAMES_ON_GPU,
        new_score(settings.detector),
        load_feet_and_hands(pose.joint_set, device, exact=exact, fingers=fingers)
        if feet or fingers
        else None,
    )


def _from_cache(cached: CachedClip, reader: VideoReader) -> FoundKeypoints | None:
    """Return the whole 2D of an earlier run; None, with a note, where there is less."""
    info = reader.info
    if (known := cached.whole()) is not None:
        log.info(
            "%s: its 2D was found by an earlier run and is taken from the cache; --no-cache "
            "detects it again",
            info.name,
        )
        if known.truncated:
            log.warning(
                "%s: is damaged or cut off after %s", info.name, counted(len(known), "frame")
            )
        return FoundKeypoints(info, known, CACHE)
    if cached.kept:
        log.info(
            "%s: an earlier run that was stopped found the 2D of %s; the rest is detected",
            info.name,
            counted(len(cached.kept), "frame"),
        )
    return None
