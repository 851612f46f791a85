"""The main job: a video in, 3D poses and a side-by-side video out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checkpoints import DEFAULT_LIFTER, LifterCard, lifter_path, sha256
from .detection.models import DEFAULT_DETECTOR, DEFAULT_POSE
from .devices import choose_device
from .errors import NobodyFoundError, UsageError
from .export import VIDEO_SUFFIXES, ExportContext, writer_for
from .export.run_report import installed_versions, report_paths, write_report
from .normalisation import DEFAULT_FOV
from .outputs import check_output
from .poses import FrameDetections, Keypoints2D, PoseSequence
from .progress import Stages
from .smoothing import DEFAULT_CUTOFF
from .tracking import track_people
from .video import VideoInfo, VideoReader, VideoWriter
from .world import to_scene

if TYPE_CHECKING:
    from .detection.interface import TwoStageDetector
    from .lifting import Lifter

logger = logging.getLogger(__name__)

DETECTION_BATCH = 8  # frames in memory at once in the 2D stage
EVERYBODY = "all"


@dataclass(frozen=True)
class Settings:
    """How a video is lifted.

    Parameters
    ----------
    detector, pose, lifter
        Models by name, or files: ``CONFIG,CHECKPOINT`` for the first two, a checkpoint for the
        lifter.
    device
        ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    people
        Number of the person to lift, 1 being the main person, or ``all``.
    fov
        Field of view over the picture's longer side, degrees.
    flip
        Average the lifter with its mirror image: half the speed.
    smoothing
        Low-pass filter of the joints' paths in hertz; 0 for none.
    turn
        Degrees per second by which the 3D view turns.
    """

    detector: str = DEFAULT_DETECTOR
    pose: str = DEFAULT_POSE
    lifter: str = DEFAULT_LIFTER
    device: str = "auto"
    people: int | str = 1
    fov: float = DEFAULT_FOV
    flip: bool = False
    smoothing: float = DEFAULT_CUTOFF
    turn: float = 0.0


@dataclass(frozen=True)
class LiftedVideo:
    """What was found in a video.

    Parameters
    ----------
    info
        The video.
    frames
        Frames read; every person has as many.
    keypoints, sequences
        2D and 3D of the chosen people, in the same order; empty when nobody was found.
    truncated
        The file is cut off or damaged, and ends after `frames`.
    models
        Names and checksums of what was run.
    """

    info: VideoInfo
    frames: int
    keypoints: list[Keypoints2D]
    sequences: list[PoseSequence]
    truncated: bool = False
    models: dict[str, Any] = field(default_factory=dict)

    @property
    def found_somebody(self) -> bool:
        """Whether there is a pose in any frame."""
        return any(sequence.valid.any() for sequence in self.sequences)


class VideoLifter:
    """The models of a run, loaded once and used for any number of videos.

    Parameters
    ----------
    settings
        Which models, and how they are used.
    """

    def __init__(self, settings: Settings) -> None:
        from .detection.interface import TwoStageDetector
        from .detection.models import load_detector, load_pose
        from .lifting import Lifter

        self.settings = settings
        self.device = choose_device(settings.device)
        self.lifter: Lifter = Lifter.load(settings.lifter, self.device)
        self.detector: TwoStageDetector = TwoStageDetector(
            load_detector(settings.detector, self.device), load_pose(settings.pose, self.device)
        )

    def models(self) -> dict[str, Any]:
        """Names, checksums and what the lifter says of itself, for a report."""
        path = lifter_path(self.settings.lifter)
        card: LifterCard = self.lifter.card
        return {
            "detector": self.settings.detector,
            "pose": self.settings.pose,
            "lifter": self.settings.lifter,
            "lifter_sha256": sha256(path),
            "lifter_architecture": asdict(card.architecture),
            "lifter_licence": card.licence,
            "device": self.device,
        }

    def lift(self, path: Path | str, stages: Stages | None = None) -> LiftedVideo:
        """Lift one video.

        Raises
        ------
        InputError
            The file is missing or no video.
        UsageError
            A person was asked for by a number that nobody has.
        """
        stages = stages or Stages()
        with VideoReader(path) as reader:
            detections = list(self._detect(reader, stages))
        size = (reader.info.width, reader.info.height)
        with stages.timed("tracking"):
            people = track_people(detections, reader.info.fps, size, self.detector.joint_set)
        chosen = choose_people(people, self.settings.people)
        with stages.timed("lifting"):
            lifted = [
                self.lifter.lift(person, fov=self.settings.fov, flip=self.settings.flip)
                for person in chosen
            ]
        with stages.timed("scene"):
            sequences = to_scene(
                lifted, size, fov=self.settings.fov, cutoff=self.settings.smoothing
            )
        return LiftedVideo(
            reader.info, len(detections), chosen, sequences, reader.truncated, self.models()
        )

    def _detect(self, reader: VideoReader, stages: Stages) -> Iterator[FrameDetections]:
        """Run the 2D stage over a video in batches of frames."""

        def detections() -> Iterator[FrameDetections]:
            frames = iter(reader)
            while batch := list(islice(frames, DETECTION_BATCH)):
                yield from self.detector(batch)

        yield from stages.over("detection", detections(), reader.info.frames)


def lift_video(path: Path | str, settings: Settings | None = None) -> list[PoseSequence]:
    """3D poses of the people in a video.

    Parameters
    ----------
    path
        Any video that ffmpeg reads.
    settings
        Models and choices; the defaults lift the main person on the best device there is.

    Returns
    -------
    list of PoseSequence
        Scene frame (y up, floor at y = 0, metres), one entry a chosen person, one pose a frame;
        empty when nobody was found.
    """
    return VideoLifter(settings or Settings()).lift(path).sequences


def choose_people(people: Sequence[Keypoints2D], wanted: int | str) -> list[Keypoints2D]:
    """Pick all people, or the one with a number; nobody from nobody."""
    if wanted == EVERYBODY or not people:
        return list(people)
    chosen = [person for person in people if person.person == wanted]
    if not chosen:
        raise UsageError(
            f"there is no person {wanted}: {len(people)} found, numbered from 1 (the main person)"
        )
    return chosen


def render_video(
    lifted: LiftedVideo, path: Path, *, overwrite: bool, turn: float, stages: Stages
) -> None:
    """Write the side-by-side video: the original with the 2D skeleton, the 3D skeleton beside it.

    The input is decoded a second time, so that no frame has to be kept in memory.
    """
    from .rendering import SideBySideRenderer

    info = lifted.info
    renderer = SideBySideRenderer(
        lifted.sequences, lifted.keypoints, info.fps, (info.width, info.height), turn=turn
    )
    with (
        VideoReader(info.path) as reader,
        VideoWriter(
            path, info.fps, renderer.size, audio_from=info.path, overwrite=overwrite
        ) as writer,
    ):
        reader.truncated = lifted.truncated  # warned of once already
        frames = islice(reader, lifted.frames)
        for index, frame in enumerate(stages.over("rendering", frames, lifted.frames)):
            writer.write(renderer.render(frame, index))


def check_outputs(outputs: Sequence[Path], source: Path, overwrite: bool) -> None:
    """Refuse what cannot be written before any work is done.

    Raises
    ------
    UsageError
        An unknown suffix, the same output twice, or the input itself.
    OutputError
        A folder is missing or a file exists.
    """
    if len(set(outputs)) < len(outputs):
        raise UsageError("the same output is named twice")
    for output in outputs:
        if output.suffix.lower() not in VIDEO_SUFFIXES:
            writer_for(output)
        if output.exists() and source.exists() and output.samefile(source):
            raise UsageError(f"{output} is the input itself; name another output")
        check_output(output, overwrite)


def process_video(
    models: VideoLifter,
    source: Path,
    outputs: Sequence[Path],
    *,
    overwrite: bool = False,
    stages: Stages | None = None,
) -> list[Path]:
    """Lift one video and write every output and its report.

    Returns
    -------
    list of Path
        The files that were written, reports included.

    Raises
    ------
    NobodyFoundError
        Nobody is in any frame; the video, if asked for, was written without a skeleton.
    """
    stages = stages or Stages()
    check_outputs(outputs, source, overwrite)
    lifted = models.lift(source, stages)
    settings = asdict(models.settings)
    context = ExportContext(overwrite, settings | {"input": str(source)})
    written: list[Path] = []
    for output in outputs:
        if output.suffix.lower() in VIDEO_SUFFIXES:
            render_video(
                lifted, output, overwrite=overwrite, turn=models.settings.turn, stages=stages
            )
            written.append(output)
        elif lifted.found_somebody:
            with stages.timed("export"):
                written += writer_for(output)(output, lifted.sequences, context)
    if written:
        report = run_report(lifted, settings, written, stages)
        for path in report_paths(outputs):
            write_report(path, report)
            written.append(path)
    if not lifted.found_somebody:
        raise NobodyFoundError(nobody_message(lifted, written))
    return written


def nobody_message(lifted: LiftedVideo, written: Sequence[Path]) -> str:
    """What to tell a user whose video shows nobody."""
    message = f"{lifted.info.path}: no person was found in any of the {lifted.frames} frames"
    videos = [str(path) for path in written if path.suffix.lower() in VIDEO_SUFFIXES]
    if videos:
        return f"{message}; {', '.join(videos)} was written without a skeleton, no pose files"
    return f"{message}; nothing was written"


def run_report(
    lifted: LiftedVideo, settings: dict[str, Any], written: Sequence[Path], stages: Stages
) -> dict[str, Any]:
    """Collect what was asked, what ran, what came in and how long each stage took."""
    return {
        "input": lifted.info,
        "frames": lifted.frames,
        "truncated": lifted.truncated,
        "settings": settings,
        "models": lifted.models,
        "people": [
            {"person": sequence.person, "frames_with_a_pose": int(sequence.valid.sum())}
            for sequence in lifted.sequences
        ],
        "outputs": list(written),
        "stages": stages.report(),
        "versions": installed_versions(),
    }
