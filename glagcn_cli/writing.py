"""Files out of poses: every output that was asked for, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import GlagcnError, InputError, NobodyFoundError, OutputError
from .export import PLOT_SUFFIXES, VIDEO_SUFFIXES, ExportContext, writer_for
from .export.run_report import report_paths, write_report
from .poses import Keypoints2D, PoseSequence
from .progress.stages import Stage, Stages
from .video.encoding import codec
from .video.probing import VideoInfo
from .video.reader import VideoReader
from .video.reading_ahead import reading_ahead
from .video.writer import VideoWriter

CONTENTS = {
    ".mp4": "the video with the 2D skeletons, beside it the 3D skeletons; one frame for each frame",
    ".npy": "joints of one person, (frames, 17, 3) float32, metres, y up; NaN without a pose",
    ".npz": "3D joints, how far they may be off, 2D keypoints, scores, valid frames, rate, joint "
    "names, people, settings",
    ".json": "all that .npz holds and the gaps, as text; docs/formats.md has its schema",
    ".csv": "joints of all people as tidy rows: frame, time, person, joint, x, y, z, score",
    ".trc": "joints of one person as markers for OpenSim, millimetres, y up; empty without a pose",
    ".c3d": "joints of all people as points, millimetres, y up; residual -1 without a pose",
    ".bvh": "motion of one person as rotations of a rig, y up, centimetres",
    ".glb": "all people as moving stick figures on rigs, glTF, y up, metres",
    ".png": "contact sheet: evenly spaced frames with the 2D beside the 3D skeletons",
    ".html": "one page to look at, without a network: the video beside a 3D view that turns",
}
"""What each kind of output holds, for the report."""

_FRAMES_AHEAD = 2
"""Pictures that wait for the encoder, so that drawing goes on while it takes one."""

PLOT_CONTENTS = {
    ".csv": "joint angles over time as rows, degrees, with the events of gait",
    **dict.fromkeys(PLOT_SUFFIXES, "joint angles of one person over time, with the events of gait"),
}


@dataclass(frozen=True)
class Clip:
    """Poses to be written.

    Parameters
    ----------
    sequences
        Scene frame, one entry a person; all of one length.
    keypoints
        2D of the same people in the video, in the same order; empty where there is no video.
    frames
        Length of the clip.
    video
        The video that they were seen in; None to draw the scene alone.
    """

    sequences: Sequence[PoseSequence]
    keypoints: Sequence[Keypoints2D]
    frames: int
    video: VideoInfo | None

    @property
    def shows_somebody(self) -> bool:
        """Whether there is a pose in any frame."""
        return any(sequence.valid.any() for sequence in self.sequences)


@dataclass
class Ledger:
    """What became of each output.

    Parameters
    ----------
    on_written
        Told each file as soon as it is whole.
    written
        What each file holds, in the order in which they were written.
    errors
        Why an output is not there, by its name.
    failures
        Those of the reasons that something went wrong; that nobody was found is none.
    """

    on_written: Callable[[Path], object]
    written: dict[Path, str] = field(default_factory=dict)
    errors: dict[Path, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, path: Path, holds: str) -> None:
        """Note a file that is whole."""
        self.written[path] = holds
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


def write_outputs(
    clip: Clip,
    outputs: Sequence[Path],
    plots: Sequence[Path],
    context: ExportContext,
    stages: Stages,
    ledger: Ledger,
) -> None:
    """Write every output; one that fails does not keep the others from being written."""
    for output in outputs:
        with ledger.attempt(output):
            holds = CONTENTS[output.suffix.lower()]
            if output.suffix.lower() in VIDEO_SUFFIXES:
                render_video(clip, output, context, stages)
                ledger.add(output, holds)
                continue
            _require_somebody(clip)
            with stages.stage("export"):
                for file in writer_for(output)(output, clip.sequences, context):
                    ledger.add(file, holds)
    for plot in plots:
        with ledger.attempt(plot):
            _require_somebody(clip)
            from .export.angles_plot import write_plot

            with stages.stage("plotting"):
                for file in write_plot(plot, clip.sequences, context):
                    ledger.add(file, PLOT_CONTENTS[file.suffix.lower()])


def _require_somebody(clip: Clip) -> None:
    if not clip.shows_somebody:
        raise NobodyFoundError("nobody was found in the video")


def render_video(clip: Clip, path: Path, context: ExportContext, stages: Stages) -> None:
    """Write the original with the 2D skeleton and the 3D skeleton beside it; or the latter alone.

    The input is decoded a second time, so that no frame has to be kept in memory; scaled to the
    size in which it is shown, so that little goes through the pipe.
    """
    with stages.stage("rendering", clip.frames) as stage, ExitStack() as stack:
        size, fps, pictures = _pictures(clip, context.settings["turn"], stage, stack)
        writer = stack.enter_context(
            VideoWriter(
                path,
                fps,
                size,
                audio_from=clip.video,
                overwrite=context.overwrite,
                codec=codec(context.settings["quality"], size),
                pixels="yuv420p",
            )
        )
        for picture in pictures:
            with stage.part("encoding"):
                writer.write(picture)
            stage.advance()


def _pictures(
    clip: Clip, turn: float, stage: Stage, stack: ExitStack
) -> tuple[tuple[int, int], Fraction, Iterator[NDArray[np.uint8]]]:
    """(width, height), rate and the frames in YUV 4:2:0, made ahead, of what is drawn of a clip."""
    from .rendering import SceneRenderer, SideBySideRenderer

    info = clip.video
    if info is None:
        alone = SceneRenderer(clip.sequences, turn=turn)
        drawn = (_timed(stage, alone.render, i, True) for i in range(clip.frames))
        ahead = stack.enter_context(reading_ahead(drawn, _FRAMES_AHEAD))
        return alone.size, clip.sequences[0].fps, ahead
    renderer = SideBySideRenderer(
        clip.sequences, clip.keypoints, info.fps, (info.width, info.height), turn=turn
    )
    reader = VideoReader(info, size=renderer.picture_size, pixels="yuv420p")
    frames = _frames(reader, clip.frames, stage)
    drawn = (_timed(stage, renderer.render, frame, i) for i, frame in enumerate(frames))
    ahead = stack.enter_context(reading_ahead(drawn, _FRAMES_AHEAD))
    stack.enter_context(reader)  # closed first, or the end would wait for a frame
    return renderer.size, info.fps, ahead


def _timed(
    stage: Stage, draw: Callable[..., NDArray[np.uint8]], *arguments: object
) -> NDArray[np.uint8]:
    with stage.part("drawing"):
        return draw(*arguments)


def _frames(reader: VideoReader, length: int, stage: Stage) -> Iterator[NDArray[np.uint8]]:
    """So many frames of a video that had as many when its poses were found."""
    frames = iter(reader)
    for _ in range(length):
        with stage.part("decoding"):
            frame = next(frames, None)
        if frame is None:
            raise InputError(
                f"{reader.info.name}: has changed while it was read, or is not the video that the "
                "poses come from; run again"
            )
        yield frame


@contextmanager
def reported(
    wanted: Sequence[Path], ledger: Ledger, report: Callable[[], dict[str, Any]]
) -> Iterator[None]:
    """Write reports beside what was written inside, also when that was stopped by an error."""
    try:
        yield
    except BaseException:
        # What stands already keeps a true report, or an old one would speak for it.
        with suppress(OutputError):
            write_reports(wanted, ledger, report())
        raise
    write_reports(wanted, ledger, report())


def write_reports(outputs: Sequence[Path], ledger: Ledger, report: dict[str, Any]) -> None:
    """Write a report beside every output that was written."""
    results = {
        "outputs": [{"path": path, "holds": holds} for path, holds in ledger.written.items()],
        "not_written": [
            {"path": output, "why": ledger.errors.get(output, "not reached")}
            for output in outputs
            if output not in ledger.written
        ],
    }
    for path in report_paths(output for output in outputs if output in ledger.written):
        write_report(path, results | report)
        ledger.add(path, "settings, versions, models and timings of the run")
