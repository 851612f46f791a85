"""From a video file to the 3D poses of its people: the models of a run, and what they found."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..camera import FilmCamera
from ..defaults import EXTREMITIES_LIFTER, LIFTER
from ..files.checksums import remembered_sha256
from ..keypoints.source import DETECT_ONLY, FoundKeypoints, KeypointsUse
from ..keypoints.stage import KeypointStage
from ..lifting.checkpoints import lifter_path
from ..lifting.half_bodies import SEEN, without_half
from ..machine.beside import Beside
from ..machine.devices import choose_device, lost_devices_told
from ..machine.precision import SINGLE
from ..machine.process import threads_used
from ..poses import Keypoints2D, PoseSequence
from ..progress.stages import Stages
from ..scene.choices import SceneChoices
from ..shots.shots import Shot, shots_of
from ..skeleton import EXTREMITIES
from ..tracking.sides import with_sides
from ..tracking.tracks import Track
from ..tracking.uprightness import warn_if_turned
from ..video.probing import VideoInfo, probe
from ..video.source import Source
from .choosing import choose_people, everybody, least_frames, what_numbers_mean, who_is_left_out
from .preflight import check_models
from .setting import Call, names_with_effect
from .settings import Settings
from .telling import tell_of_ends, tell_of_halves, tell_of_pictures

if TYPE_CHECKING:
    from ..detection.people_detector import TwoStageDetector
    from ..lifting.lifter import Lifter
    from .shot_cameras import ShotCamera

log = logging.getLogger(__name__)


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
        How their scenes were made; the camera counts as moving where it does in any shot.
    cameras
        One a shot: a stretch of the film without a cut, which is a scene of its own.
    camera
        The camera in the scene, where it turns in any shot.
    """

    info: VideoInfo
    frames: int
    found: FoundKeypoints
    keypoints: list[Keypoints2D] = field(default_factory=list)
    sequences: list[PoseSequence] = field(default_factory=list)
    truncated: bool = False
    people_found: int = 0
    scene: SceneChoices = field(default_factory=SceneChoices)
    cameras: list[ShotCamera] = field(default_factory=list)
    camera: FilmCamera | None = None

    @property
    def shots(self) -> list[Shot]:
        """Stretches of the film without a cut."""
        return [camera.shot for camera in self.cameras]


class VideoLifter:
    """The models of a run, loaded once and used for any number of videos.

    Parameters
    ----------
    settings
        Which models, and how they are used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def device(self) -> str:
        """Where the networks run; `DeviceError` where what was asked for is not there."""
        return choose_device(self.settings.device)

    @cached_property
    def lifter(self) -> Lifter:
        """The lifter, loaded when it is needed for the first time.

        Raises `ModelNotFoundError` or `CheckpointError` where it cannot be had.
        """
        return load_video_lifter(self.settings, self.device)

    @cached_property
    def _extremities_lifter(self) -> Lifter:
        return load_video_lifter(replace(self.settings, lifter=EXTREMITIES_LIFTER), self.device)

    def lifter_name(self, people: Sequence[Keypoints2D]) -> str:
        """Return the lifter's name: of the one asked for, or with feet and palms that are seen."""
        asked = self.settings.lifter
        with_extremities = asked == LIFTER and any(shows_extremities(one) for one in people)
        return EXTREMITIES_LIFTER if with_extremities else asked

    @cached_property
    def keypoints(self) -> KeypointStage:
        """The 2D stage."""
        return KeypointStage(self.settings, self.device)

    @property
    def detector(self) -> TwoStageDetector:
        """The models of the 2D stage."""
        return self.keypoints.detector

    def load(self) -> None:
        """Load the lifter; the 2D stage loads its models when a video needs them.

        Raises
        ------
        DeviceError, ModelNotFoundError, CheckpointError
            As the settings ask for what is not there.
        """
        _ = self.lifter

    def _make_ready(self) -> None:
        """Load the lifter, and import what the stages after the 2D need, while it is found.

        torch and SciPy take longer to import than all that comes before the first frames.
        """
        self.load()
        self.lifter.warm_up()
        for module in (".scenes", ".shot_cameras", "scipy.interpolate"):
            import_module(module, __package__)

    def resolved_settings(self) -> dict[str, Any]:
        """Return the settings as they took effect: the device that `auto` chose, the threads."""
        chosen = asdict(self.settings)
        names = names_with_effect(Settings, Call.LIFTING)
        resolved = {"device": self.device, "threads": threads_used()}
        return {name: chosen[name] for name in names} | resolved

    def models(self, people: Sequence[Keypoints2D] = ()) -> dict[str, dict[str, Any]]:
        """Names and checksums of the models for people, and what the lifter says of itself."""
        from ..detection.models import find_files

        settings, name = self.settings, self.lifter_name(people)
        lifter = self.lifter if name == settings.lifter else self._extremities_lifter
        card = asdict(lifter.card)
        del card["recipe"]
        return {
            "detector": _model(settings.detector, find_files(settings.detector, "detector")[1]),
            "pose": _model(settings.pose, find_files(settings.pose, "pose")[1]),
            "lifter": _model(name, lifter_path(name)) | card,
        }

    def lift(
        self,
        video: Path | str | Source | None,
        stages: Stages | None = None,
        use: KeypointsUse = DETECT_ONLY,
    ) -> LiftedVideo:
        """Lift one video.

        Parameters
        ----------
        video
            A file; None where the file of its 2D, named in `use`, says all that is needed.
        stages
            Where progress is shown and timings are kept.
        use
            Where its 2D may come from besides the 2D stage.

        Raises
        ------
        InputError
            The file is missing or no video.
        DeviceError, ModelNotFoundError, CheckpointError
            As `load`.
        UsageError
            A person was asked for by a number that nobody has.
        DeviceError
            The GPU failed in the middle, or has too little memory.
        """
        with lost_devices_told(self.device):
            return self._lift(None if video is None else Source.of(video), stages or Stages(), use)

    def _lift(self, video: Source | None, stages: Stages, use: KeypointsUse) -> LiftedVideo:
        if video is not None:
            probe(video, self.settings.part)
        check_models(self.settings)
        if use.from_2d is None and (note := what_numbers_mean(self.settings.people)):
            log.info("%s", note)
        if self.settings.lifter != LIFTER:  # a broken file is told of before the long work
            with stages.stage("loading"):
                self.load()
        loading = Beside(self._make_ready)
        found = self.keypoints.of_video(video, self.settings.part, use, stages, loading.begin)
        with stages.stage("loading"):
            loading.finish()
        # These bring much of SciPy, and the first frames would wait for it.
        from .lenses import straightened
        from .scenes import SceneLifter, scene_choices
        from .shot_cameras import tell_of_shots

        info, clip = found.info, found.clip
        shots = shots_of(clip.clip, len(clip))
        if len(clip) == 1:
            log.info("%s: is one picture, so there is one pose and no motion", info.name)
        with stages.stage("tracking"):
            people = everybody(clip, shots)
            chosen = self._chosen(people, found)
            scene, known = scene_choices(self.settings, info), bool(self.settings.fov or info.fov)
            straight = straightened(clip, shots, chosen, info, scene.fov, known, self.settings.lens)
            cameras = straight.cameras
        tell_of_shots(cameras, info)
        moves = any(camera.moves for camera in cameras)
        tell_of_pictures(clip, chosen, moves, info)
        scene = replace(scene, fov=straight.fov, moving_camera=moves)
        plain = self.lifter_name(chosen) == self.settings.lifter
        lifter = self.lifter if plain else self._extremities_lifter
        scenes = SceneLifter(lifter, self.settings.flip, scene, cameras)
        sequences, camera = scenes.lift(straight.people, stages)
        sequences = straight.filmed(sequences)
        tell_of_halves(sequences, info)
        seen = [
            without_half(*both) for both in zip(chosen, (s.absent for s in sequences), strict=True)
        ]
        if self.settings.feet_hands or self.settings.fingers:
            tell_of_ends(seen, info)
        sequences = [with_detected(*both) for both in zip(sequences, seen, strict=True)]
        return LiftedVideo(
            info, len(clip), found, seen, sequences, clip.truncated, len(people), scene, cameras,
            camera,
        )  # fmt: skip

    def _chosen(self, people: Sequence[Track], found: FoundKeypoints) -> list[Keypoints2D]:
        """Lay out whom the settings ask for, and only them: two hours of a person take 44 MB."""
        info, clip, settings = found.info, found.clip, self.settings
        wanted = choose_people(
            people, settings.people, info.name, info.fps, settings.max_people,
            least_frames(settings, info.fps, len(clip)),
        )  # fmt: skip
        size = (info.width, info.height)
        chosen = [track.laid_out(clip.frames, info.fps, size, clip.joint_set) for track in wanted]
        chosen = [self.with_sides(person, info) for person in chosen]
        warn_if_turned(chosen, info.name)
        if len(chosen) < len(people):
            log.info("%s: %s", info.name, who_is_left_out(len(people), len(chosen), settings))
        return chosen

    def with_sides(self, person: Keypoints2D, info: VideoInfo) -> Keypoints2D:
        """Give limbs back the sides that the detector exchanged."""
        return with_sides(person, info.name)


def shows_extremities(person: Keypoints2D) -> bool:
    """Tell whether any foot or palm of a person is marked."""
    marked = [k for k, joint in enumerate(person.joint_set.joints) if joint in EXTREMITIES]
    return bool((person.scores[:, marked] >= SEEN).any())


def load_video_lifter(settings: Settings, device: str) -> Lifter:
    """Load the lifter, in the precision that a run has it compute in."""
    from ..lifting.lifter import Lifter

    # A graphics card has lifted a clip before half precision would matter.
    if settings.precision == SINGLE or device != "cpu":
        return Lifter.load(settings.lifter, device)
    return Lifter.load_fast(settings.lifter)


def with_detected(sequence: PoseSequence, person: Keypoints2D) -> PoseSequence:
    """Return a person with the 2D of their feet and palms, where it was found."""
    has_ends = any(joint in person.joint_set.joints for joint in EXTREMITIES)
    return replace(sequence, detected=person) if has_ends else sequence


def _model(name: str, file: Path) -> dict[str, Any]:
    return {"name": name, "file": file.name, "sha256": remembered_sha256(file)}
