"""The main job: a video in, 3D poses and a side-by-side video out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from . import ffmpeg
from .errors import GlagcnError, InputError, NobodyFoundError, OutputError
from .export import VIDEO_SUFFIXES, ExportContext, writer_for
from .export.run_report import installed_versions, report_paths, write_report
from .poses import PoseSequence
from .preflight import check_outputs, check_source
from .progress import Stages
from .settings import EVERYBODY, Settings
from .video import VideoReader, VideoWriter
from .video_lifter import LiftedVideo, VideoLifter

__all__ = ["LiftedVideo", "Settings", "VideoLifter", "lift_video", "process_video"]

CONTENTS = {
    ".mp4": "the video with the 2D skeletons, beside it the 3D skeletons; one frame for each frame",
    ".npy": "joints of one person, (frames, 17, 3) float32, metres, y up; NaN without a pose",
    ".npz": "3D joints, how far they may be off, 2D keypoints, scores, valid frames, rate, joint "
    "names, people, settings",
    ".bvh": "motion of one person as rotations of a rig, y up, centimetres",
}
"""What each kind of output holds, for the report."""


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


@dataclass
class _Ledger:
    """What became of each output.

    Parameters
    ----------
    on_written
        Told each file as soon as it is whole.
    written
        Files, in the order in which they were written.
    errors
        Why an output is not there, by its name.
    failures
        Those of the reasons that something went wrong; that nobody was found is none.
    """

    on_written: Callable[[Path], object]
    written: list[Path] = field(default_factory=list)
    errors: dict[Path, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, path: Path) -> None:
        self.written.append(path)
        self.on_written(path)

    @contextmanager
    def attempt(self, output: Path) -> Iterator[None]:
        """Note an error that a user can act on and go on; note any other and stop."""
        try:
            yield
        except NobodyFoundError as error:
            self.errors[output] = str(error)
        except GlagcnError as error:
            self.errors[output] = str(error)
            self.failures.append(str(error))
        except BaseException as error:
            stopped = isinstance(error, (KeyboardInterrupt, SystemExit))
            self.errors[output] = "interrupted" if stopped else repr(error)
            raise


def process_video(
    models: VideoLifter,
    source: Path,
    outputs: Sequence[Path],
    *,
    overwrite: bool = False,
    stages: Stages | None = None,
    on_written: Callable[[Path], object] = lambda path: None,
) -> list[Path]:
    """Lift one video and write every output and its report.

    An output that fails does not keep the others from being written; each is whole or absent.

    Parameters
    ----------
    models
        Loaded models with their settings.
    source
        The video.
    outputs
        Files to write; the suffix picks the format.
    overwrite
        Replace existing files.
    stages
        Where progress is shown and timings are kept.
    on_written
        Called with each file as soon as it is whole, also when a later one fails.

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
    check_source(source)
    check_outputs(outputs, source, overwrite=overwrite, everybody=everybody)
    lifted = models.lift(source, stages)
    context = ExportContext(overwrite, models.resolved_settings() | {"input": str(source)})
    ledger = _Ledger(on_written)
    try:
        for output in outputs:
            with ledger.attempt(output):
                _write_output(output, lifted, context, stages, ledger)
    except BaseException:
        # What stands already keeps a true report, or an old one would speak for it.
        with suppress(OutputError):
            _write_reports(outputs, ledger, run_report(models, lifted, context, stages))
        raise
    _write_reports(outputs, ledger, run_report(models, lifted, context, stages))
    if not lifted.found_somebody:
        raise NobodyFoundError(
            "\n".join([nobody_message(lifted, ledger.written), *ledger.failures])
        )
    if ledger.failures:
        raise OutputError("\n".join(ledger.failures))
    return ledger.written


def _write_output(
    output: Path, lifted: LiftedVideo, context: ExportContext, stages: Stages, ledger: _Ledger
) -> None:
    if output.suffix.lower() in VIDEO_SUFFIXES:
        turn = context.settings["turn"]
        render_video(lifted, output, overwrite=context.overwrite, turn=turn, stages=stages)
        ledger.add(output)
    elif not lifted.found_somebody:
        raise NobodyFoundError("nobody was found in the video")
    else:
        with stages.stage("export"):
            for file in writer_for(output)(output, lifted.sequences, context):
                ledger.add(file)


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
        stages.stage("rendering", lifted.frames) as stage,
        VideoReader(info.path) as reader,
        VideoWriter(
            path, info.fps, renderer.size, audio_from=info.path, overwrite=overwrite
        ) as writer,
    ):
        frames = islice(reader, lifted.frames)
        for index in range(lifted.frames):
            with stage.part("decoding"):
                frame = next(frames, None)
            if frame is None:
                raise InputError(f"{info.path}: has changed while it was read; run again")
            with stage.part("drawing"):
                drawn = renderer.render(frame, index)
            with stage.part("encoding"):
                writer.write(drawn)
            stage.advance()


def nobody_message(lifted: LiftedVideo, written: Sequence[Path]) -> str:
    """What to tell a user whose video shows nobody."""
    frames = "its only frame" if lifted.frames == 1 else f"any of its {lifted.frames} frames"
    message = f"{lifted.info.path}: no person was found in {frames}"
    videos = [str(path) for path in written if path.suffix.lower() in VIDEO_SUFFIXES]
    if videos:
        return f"{message}; {', '.join(videos)} was written without a skeleton, no pose files"
    return f"{message}; nothing was written"


def run_report(
    models: VideoLifter, lifted: LiftedVideo, context: ExportContext, stages: Stages
) -> dict[str, Any]:
    """Collect what was asked, what ran, what came in and how long each stage took."""
    return {
        "settings": context.settings,
        "input": lifted.info,
        "frames": lifted.frames,
        "truncated": lifted.truncated,
        "people_found": lifted.people_found,
        "people": [
            {"person": sequence.person, "frames_with_a_pose": int(sequence.valid.sum())}
            for sequence in lifted.sequences
        ],
        "models": models.models(),
        "stages": stages.report(),
        "versions": installed_versions() | {"ffmpeg": ffmpeg.version()},
    }


def _write_reports(outputs: Sequence[Path], ledger: _Ledger, report: dict[str, Any]) -> None:
    """Write a report beside every output that was written."""
    results = {
        "outputs": [
            {"path": path, "holds": CONTENTS[path.suffix.lower()]} for path in ledger.written
        ],
        "not_written": [
            {"path": output, "why": ledger.errors.get(output, "not reached")}
            for output in outputs
            if output not in ledger.written
        ],
    }
    for path in report_paths(output for output in outputs if output in ledger.written):
        write_report(path, results | report)
        ledger.add(path)
