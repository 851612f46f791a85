"""The main job: a video in, 3D poses and a side-by-side video out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import NobodyFoundError, OutputError, UsageError
from ..export.formats import VIDEO_SUFFIXES, ExportContext
from ..export.mp4 import Clip
from ..keypoints.files import CONTENTS, keypoints_path, save_keypoints
from ..keypoints.provenance import installed_versions
from ..keypoints.source import DETECT_ONLY, KeypointsUse
from ..machine.process import limit_threads
from ..machine.system_libraries import check_opencv
from ..poses import PoseSequence
from ..progress.stages import Stages
from ..video.fetching import as_file
from ..video.source import Source
from .outputs import Ledger, reported, write_outputs
from .preflight import check_characters, check_outputs, check_source
from .run_report import people_rows, video_facts
from .settings import EVERYBODY, Settings

if TYPE_CHECKING:
    from .video_lifter import LiftedVideo, VideoLifter


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
    return _lifter_of(settings or Settings()).lift(path).sequences


def process_video(
    models: VideoLifter | Settings,
    video: Path | str | Source | None,
    outputs: Sequence[Path],
    *,
    plots: Sequence[Path] = (),
    pages: Sequence[Path] = (),
    overwrite: bool = False,
    stages: Stages | None = None,
    on_written: Callable[[Path], object] = lambda path: None,
    use: KeypointsUse = DETECT_ONLY,
    image_fps: float | None = None,
    threads: int | None = None,
    about: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Lift one video and write every output and its report.

    An output that fails does not keep the others from being written; each is whole or absent.

    Parameters
    ----------
    models
        The models of a run, or the settings to load them by. Nothing is loaded before everything
        that can be refused at once is checked.
    video
        As `video.fetching.as_file` takes it; may be None where `use` names a file of 2D that says
        all that is needed.
    outputs
        Files to write; the suffix picks the format.
    plots
        Figures of joint angles to draw.
    pages
        Reports of gait and exercise to write.
    overwrite
        Replace existing files.
    stages
        Where progress is shown and timings are kept.
    on_written
        Called with each file as soon as it is whole, also when a later one fails.
    use
        Where the 2D may come from besides the 2D stage, and where it is kept.
    image_fps
        Pictures a second, of numbered pictures or whatever the video says itself.
    threads
        CPU threads of torch and OpenCV; None leaves them as they are.
    about
        What the reports say besides.

    Returns
    -------
    list of Path
        The files that were written, reports last.

    Raises
    ------
    UsageError, InputError, OutputError
        Before any work, for what is known to fail.
    NobodyFoundError
        Nobody is in any frame; the video, if asked for, was written without a skeleton.
    OutputError
        Outputs failed; the others were written.
    """
    stages = stages or Stages()
    settings = models if isinstance(models, Settings) else models.settings
    source = None if video is None else Source.of(video)
    if source is None and use.from_2d is None:
        raise UsageError("neither a video nor a file of its 2D is named")
    if source is not None:
        check_source(source)
    check_outputs(
        outputs, [source.path if source else None, use.from_2d], plots=plots, pages=pages,
        overwrite=overwrite, everybody=settings.people == EVERYBODY, save_2d=use.save_2d,
    )  # fmt: skip
    check_characters([output.suffix for output in outputs], asdict(settings))
    with as_file(source, settings.part, image_fps) if source else nullcontext() as file:
        models = _lifter_of(models)
        if threads:
            limit_threads(threads)
        lifted = models.lift(file, stages, use)
        context = _context(models, lifted, file, use, overwrite)
        clip = _clip(lifted, file)
        ledger = Ledger(stages.telling(on_written))
        report = partial(_report, models, lifted, context, stages, about or {})
        wanted = [*outputs, *plots, *pages]
        with reported(wanted, ledger, report):
            if use.save_2d:
                _save_2d(keypoints_path(wanted[0]), lifted, context, ledger)
            write_outputs(clip, outputs, plots, pages, context, stages, ledger)
    if not clip.shows_somebody:
        raise NobodyFoundError(
            "\n".join([nobody_message(lifted, [*ledger.written]), *ledger.failures])
        )
    if ledger.failures:
        raise OutputError("\n".join(ledger.failures))
    return [*ledger.written]


def _lifter_of(models: VideoLifter | Settings) -> VideoLifter:
    """Return the models; their module, which brings OpenCV, is imported no earlier than here."""
    if not isinstance(models, Settings):
        return models
    check_opencv()
    from .video_lifter import VideoLifter

    return VideoLifter(models)


def _context(
    models: VideoLifter,
    lifted: LiftedVideo,
    file: Source | None,
    use: KeypointsUse,
    overwrite: bool,
) -> ExportContext:
    info = lifted.info
    named = file.name if file else str(use.from_2d)
    settings = models.resolved_settings() | {"input": named, "fov": lifted.scene.fov}
    size = (info.width, info.height)
    return ExportContext(overwrite, settings, file, size, info.part, lifted.camera)


def _clip(lifted: LiftedVideo, file: Source | None) -> Clip:
    return Clip(lifted.sequences, lifted.keypoints, lifted.frames, lifted.info if file else None)


def _save_2d(path: Path, lifted: LiftedVideo, context: ExportContext, ledger: Ledger) -> None:
    with ledger.attempt(path):
        save_keypoints(path, lifted.found.clip, overwrite=context.overwrite)
        ledger.add(path, CONTENTS)


def nobody_message(lifted: LiftedVideo, written: Sequence[Path]) -> str:
    """Return the message for a video without people."""
    frames = "its only frame" if lifted.frames == 1 else f"any of its {lifted.frames} frames"
    message = f"{lifted.info.name}: no person was found in {frames}"
    videos = [str(path) for path in written if path.suffix.lower() in VIDEO_SUFFIXES]
    if videos:
        return f"{message}; {', '.join(videos)} was written without a skeleton, no pose files"
    return f"{message}; nothing was written"


def _report(
    models: VideoLifter,
    lifted: LiftedVideo,
    context: ExportContext,
    stages: Stages,
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """Collect what was asked, what ran, what came in and how long each stage took."""
    told = models.models(lifted.keypoints)
    if lifted.found.is_from_file:  # models that may never have been there
        told = {"lifter": told["lifter"]}
    return {
        **about,
        "settings": context.settings,
        "input": video_facts(lifted.info),
        "frames": lifted.frames,
        "moving_camera": lifted.scene.moving_camera,
        "shots": [camera.report() for camera in lifted.cameras],
        "truncated": lifted.truncated,
        "keypoints_from": lifted.found.source,
        "people_found": lifted.people_found,
        "people": people_rows(lifted.sequences),
        "models": told,
        "stages": stages.report(),
        "versions": installed_versions(),
    }
