"""The main job: a video in, 3D poses and a side-by-side video out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import NobodyFoundError, OutputError, UsageError
from ..export.formats import VIDEO_SUFFIXES, ExportContext
from ..export.mp4 import Clip
from ..keypoints.files import CONTENTS, keypoints_path, save_keypoints
from ..keypoints.source import KeypointsUse
from ..poses import PoseSequence
from ..progress.stages import Stages
from .outputs import Ledger, reported, write_outputs
from .preflight import check_outputs, check_source
from .provenance import installed_versions
from .run_report import people_rows, video_facts
from .settings import EVERYBODY, Settings
from .video_lifter import DETECT_ONLY, LiftedVideo, VideoLifter

__all__ = ["LiftedVideo", "Settings", "VideoLifter", "lift_video", "process_video"]


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


def process_video(
    models: VideoLifter,
    source: Path | None,
    outputs: Sequence[Path],
    *,
    plots: Sequence[Path] = (),
    overwrite: bool = False,
    stages: Stages | None = None,
    on_written: Callable[[Path], object] = lambda path: None,
    use: KeypointsUse = DETECT_ONLY,
    named: str | None = None,
    about: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Lift one video and write every output and its report.

    An output that fails does not keep the others from being written; each is whole or absent.

    Parameters
    ----------
    models
        Loaded models with their settings.
    source
        The video; may be None where `use` names a file of 2D that says all that is needed.
    outputs
        Files to write; the suffix picks the format.
    plots
        Figures of joint angles to draw.
    overwrite
        Replace existing files.
    stages
        Where progress is shown and timings are kept.
    on_written
        Called with each file as soon as it is whole, also when a later one fails.
    use
        Where the 2D may come from besides the 2D stage, and where it is kept.
    named
        What the reports call the video; None for its path.
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
    everybody = models.settings.people == EVERYBODY
    main_input = source or use.from_2d
    if main_input is None:
        raise UsageError("neither a video nor a file of its 2D is named")
    if source is not None:
        check_source(source)
    check_outputs(outputs, main_input, plots=plots, overwrite=overwrite, everybody=everybody)
    use.check([*outputs, *plots], overwrite)
    lifted = models.lift(source, stages, use)
    info = lifted.info
    context = ExportContext(
        overwrite,
        models.resolved_settings() | {"input": named or str(main_input), "fov": lifted.scene.fov},
        source,
        (info.width, info.height),
        info.part,
    )
    clip = Clip(lifted.sequences, lifted.keypoints, lifted.frames, info if source else None)
    ledger = Ledger(stages.telling(on_written))
    wanted = [*outputs, *plots]
    besides = dict(about or {})
    with reported(wanted, ledger, lambda: besides | run_report(models, lifted, context, stages)):
        if use.save_2d:
            kept = keypoints_path(wanted[0])
            with ledger.attempt(kept):
                save_keypoints(kept, lifted.found.clip, overwrite=overwrite)
                ledger.add(kept, CONTENTS)
        write_outputs(clip, outputs, plots, context, stages, ledger)
    if not clip.shows_somebody:
        raise NobodyFoundError(
            "\n".join([nobody_message(lifted, [*ledger.written]), *ledger.failures])
        )
    if ledger.failures:
        raise OutputError("\n".join(ledger.failures))
    return [*ledger.written]


def nobody_message(lifted: LiftedVideo, written: Sequence[Path]) -> str:
    """Return the message for a video without people."""
    frames = "its only frame" if lifted.frames == 1 else f"any of its {lifted.frames} frames"
    message = f"{lifted.info.name}: no person was found in {frames}"
    videos = [str(path) for path in written if path.suffix.lower() in VIDEO_SUFFIXES]
    if videos:
        return f"{message}; {', '.join(videos)} was written without a skeleton, no pose files"
    return f"{message}; nothing was written"


def run_report(
    models: VideoLifter, lifted: LiftedVideo, context: ExportContext, stages: Stages
) -> dict[str, Any]:
    """Collect what was asked, what ran, what came in and how long each stage took."""
    told = models.models()
    if lifted.found.is_from_file:  # models that may never have been there
        told = {"lifter": told["lifter"]}
    return {
        "settings": context.settings,
        "input": video_facts(lifted.info),
        "frames": lifted.frames,
        "moving_camera": lifted.scene.moving_camera,
        "shots": [
            {"first_frame": shot.start, "moving_camera": shot.moving_camera}
            for shot in lifted.shots
        ],
        "truncated": lifted.truncated,
        "keypoints_from": lifted.found.source,
        "people_found": lifted.people_found,
        "people": people_rows(lifted.sequences),
        "models": told,
        "stages": stages.report(),
        "versions": installed_versions(),
    }
