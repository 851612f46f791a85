"""From a video file to the 3D poses of its people: the models of a run, and what they found."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .camera_motion import CAMERA_DRIFT, CAMERA_MOVES
from .checkpoints import lifter_path, sha256
from .clip_detections import ClipDetections
from .detection_stage import detect_people
from .devices import choose_device
from .errors import UsageError
from .keypoints_source import (
    FoundKeypoints,
    KeypointsUse,
    keypoints_from_file,
    keypoints_of_video,
    made_by,
)
from .normalisation import DEFAULT_FOV
from .poses import Keypoints2D, PoseSequence
from .progress import Stages
from .settings import EVERYBODY, UP_OF_CAMERA, Settings
from .tracking import track_people
from .uprightness import warn_if_turned
from .video import VideoInfo, VideoReader
from .world import SceneChoices, to_scene

if TYPE_CHECKING:
    from .detection.interface import TwoStageDetector
    from .lifting import Lifter

log = logging.getLogger(__name__)

DETECT_ONLY = KeypointsUse()


@dataclass(frozen=True)
class LiftedVideo:
    """What was found in a video.

    Parameters
    ----------
    info
        The video.
    frames
        Frames read; every person has as many.
    found
        The 2D of everybody, and where it comes from.
    keypoints, sequences
        2D and 3D of the chosen people, in the same order; empty when nobody was found.
    truncated
        The file is cut off or damaged, and ends after `frames`.
    people_found
        How many people there are, chosen or not.
    scene
        How their scene was made.
    """

    info: VideoInfo
    frames: int
    found: FoundKeypoints
    keypoints: list[Keypoints2D] = field(default_factory=list)
    sequences: list[PoseSequence] = field(default_factory=list)
    truncated: bool = False
    people_found: int = 0
    scene: SceneChoices = field(default_factory=SceneChoices)


class VideoLifter:
    """The models of a run, loaded once and used for any number of videos.

    Parameters
    ----------
    settings
        Which models, and how they are used.

    Raises
    ------
    DeviceError, ModelNotFoundError, CheckpointError
        As the settings ask for what is not there; of the 2D stage not before it is needed.
    """

    def __init__(self, settings: Settings) -> None:
        from .lifting import Lifter

        self.settings = settings
        self.device = choose_device(settings.device)
        self.lifter: Lifter = Lifter.load(settings.lifter, self.device)

    @cached_property
    def detector(self) -> TwoStageDetector:
        """The models of the 2D stage, loaded when a video needs them for the first time."""
        return load_people_detector(self.settings, self.device)

    def resolved_settings(self) -> dict[str, Any]:
        """Return the settings as they took effect: the device that `auto` chose, the threads."""
        import torch

        return asdict(self.settings) | {"device": self.device, "threads": torch.get_num_threads()}

    def models(self) -> dict[str, dict[str, Any]]:
        """Names and checksums of the models, and what the lifter says of itself."""
        from .detection.models import find_files

        settings = self.settings
        card = asdict(self.lifter.card)
        del card["recipe"]
        return {
            "detector": _model(settings.detector, find_files(settings.detector, "detector")[1]),
            "pose": _model(settings.pose, find_files(settings.pose, "pose")[1]),
            "lifter": _model(settings.lifter, lifter_path(settings.lifter)) | card,
        }

    def lift(
        self,
        path: Path | str | None,
        stages: Stages | None = None,
        use: KeypointsUse = DETECT_ONLY,
    ) -> LiftedVideo:
        """Lift one video.

        Parameters
        ----------
        path
            The video; None where the file of its 2D, named in `use`, says all that is needed.
        stages
            Where progress is shown and timings are kept.
        use
            Where its 2D may come from besides the 2D stage.

        Raises
        ------
        InputError
            The file is missing or no video.
        UsageError
            A person was asked for by a number that nobody has.
        """
        stages = stages or Stages()
        found = self._find_keypoints(path, stages, use)
        info, clip = found.info, found.clip
        size = (info.width, info.height)
        with stages.stage("tracking"):
            people = track_people(clip.frames, info.fps, size, clip.joint_set)
        chosen = choose_people(people, self.settings.people, info.path)
        warn_if_turned(chosen, info.path)
        if len(chosen) < len(people):
            log.info(
                "%s: %d people were found, person %s is lifted; --people all lifts everybody",
                info.path,
                len(people),
                self.settings.people,
            )
        scene = self._scene_choices(info, clip)
        lifted = []
        with stages.stage("lifting", len(clip) * len(chosen)) as stage:
            for person in chosen:
                lifted.append(self.lifter.lift(person, fov=scene.fov, flip=self.settings.flip))
                stage.advance(len(person))
        with stages.stage("scene"):
            sequences = to_scene(lifted, size, scene)
        return LiftedVideo(
            info, len(clip), found, chosen, sequences, clip.truncated, len(people), scene
        )

    def _scene_choices(self, info: VideoInfo, clip: ClipDetections) -> SceneChoices:
        settings = self.settings
        moves = bool(clip.clip.get(CAMERA_MOVES, False))
        if moves:
            log.info(
                "%s: the camera moves (the background drifts by %.0f %% of the picture), so "
                "everybody stays in place",
                info.path,
                100 * float(clip.clip[CAMERA_DRIFT]),
            )
        return SceneChoices(
            fov=settings.fov or info.fov or DEFAULT_FOV,
            cutoff=settings.smoothing,
            level=settings.up == UP_OF_CAMERA,
            height=settings.height,
            foot_lock=settings.foot_lock,
            moving_camera=moves,
        )

    def _find_keypoints(
        self, path: Path | str | None, stages: Stages, use: KeypointsUse
    ) -> FoundKeypoints:
        """Take the 2D of a video from where `use` says, else run the 2D stage."""
        if path is None:
            assert use.from_2d is not None, "there is neither a video nor 2D"
            return keypoints_from_file(use.from_2d, None, stages)
        with VideoReader(path, self.settings.part) as reader:
            if use.from_2d is not None:
                return keypoints_from_file(use.from_2d, reader, stages)
            depends_on = partial(made_by, self.settings) if use.cache else None
            return keypoints_of_video(
                reader,
                depends_on,
                lambda cached: detect_people(reader, self._load(stages), cached, stages),
            )

    def _load(self, stages: Stages) -> TwoStageDetector:
        with stages.stage("loading"):
            return self.detector


def load_people_detector(settings: Settings, device: str) -> TwoStageDetector:
    """Load the two models of the 2D stage."""
    from .detection.interface import TwoStageDetector
    from .detection.models import load_detector, load_pose

    return TwoStageDetector(
        load_detector(settings.detector, device), load_pose(settings.pose, device)
    )


def choose_people(
    people: Sequence[Keypoints2D], wanted: int | str, path: Path
) -> list[Keypoints2D]:
    """Pick all people, or the one with a number; nobody from nobody. `path` is for the message."""
    if wanted == EVERYBODY or not people:
        return list(people)
    chosen = [person for person in people if person.person == wanted]
    if not chosen:
        found = "1 person was" if len(people) == 1 else f"{len(people)} people were"
        raise UsageError(
            f"{path}: there is no person {wanted}, {found} found; they are numbered from 1, the "
            "main person"
        )
    return chosen


def _model(name: str, file: Path) -> dict[str, Any]:
    return {"name": name, "file": file.name, "sha256": sha256(file)}
