"""Command line of ``glagcn-video``: parse, call the library, print, exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .console import messages_on_stderr, termination_unwinds
from .errors import GlagcnError, UsageError
from .help_groups import GroupedCommand
from .options import video_parameters

if TYPE_CHECKING:
    from .keypoints_source import KeypointsUse

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130  # click itself ends with 2 after a UsageError

_OF_VIDEO = {"start", "end", "max_frames", "every"}

_MOST_LINES, _LONGEST_LINE = 5, 400  # of an error's message, without --verbose


@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@video_parameters
def main(
    source: Path | str | None,
    outputs: Sequence[Path],
    plots: Sequence[Path],
    from_3d: Path | None,
    from_2d: Path | None,
    save_2d: bool,
    cache: bool,
    fps: float | None,
    overwrite: bool,
    quiet: bool,
    verbose: bool,
    threads: int | None,
    **choices: object,
) -> None:
    """Turn the people in a video into moving 3D skeletons.

    \b
    glagcn-video walk.mp4 -o walk3d.mp4
    glagcn-video walk.mp4 -o walk3d.mp4 -o walk3d.bvh -o walk3d.npy
    glagcn-video dance.mov --people all -o dance3d.mp4 -o dance3d.bvh
    glagcn-video --from-3d walk3d.npz -o walk3d.bvh --bvh-skeleton cmu

    The files written are listed on standard output. Beside each goes NAME.run.json with the
    settings, versions, models and timings of the run.

    \b
    Exit code: 0  everything was written
               1  it failed: no video, nobody in it, no such model or device,
                  a file that cannot be written, ...
               2  the command is wrong
             130  interrupted
    """
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose contradict each other")
    if not (outputs or plots):
        raise click.UsageError("name a file to write: -o FILE or --plot FILE")
    if source is None and from_3d is None and from_2d is None:
        raise click.UsageError("name the video, or a file of poses with --from-3d")
    if from_3d is not None and (from_2d is not None or save_2d):
        raise click.UsageError("--from-3d needs no 2D: leave out --from-2d and --save-2d")
    written: list[Path] = []
    given = {name: value for name, value in choices.items() if value is not None}
    keeping = {"from_2d": from_2d, "save_2d": save_2d, "cache": cache}
    task = Task(source, [*outputs], [*plots], overwrite, not quiet, written, keeping, fps)
    try:
        with messages_on_stderr(quiet, verbose), termination_unwinds():
            if from_3d is None:
                _lift(task, threads, given)
            else:
                _export_anew(task, from_3d, given)
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except KeyboardInterrupt:
        _fail("interrupted; files that were not finished are discarded", EXIT_INTERRUPTED)
    except GlagcnError as error:
        _fail(str(error), EXIT_FAILED, verbose)
    except Exception as error:
        named = from_3d or source or from_2d
        _fail(_unexpected(named, error, verbose), EXIT_FAILED, verbose)
    finally:
        for path in () if quiet else written:
            click.echo(path)


@dataclass(frozen=True)
class Task:
    """What one call is to do: the video, files to write, where those that were go, uses of 2D."""

    source: Path | str | None
    outputs: list[Path]
    plots: list[Path]
    overwrite: bool
    progress: bool
    written: list[Path]
    keeping: Mapping[str, Any]
    fps: float | None


def _lift(task: Task, threads: int | None, given: dict[str, object]) -> None:
    """Check everything that is cheap to check, then load the models and work."""
    from .keypoints_source import KeypointsUse
    from .preflight import check_outputs, check_source

    source, use = task.source, KeypointsUse(**task.keeping)
    if source is None and (useless := sorted(given.keys() & _OF_VIDEO)):
        raise UsageError(f"--{useless[0].replace('_', '-')} has no effect without a video")
    main_input = Path(source or use.from_2d or "")
    if source is not None:
        check_source(Path(source))
    everybody = given.get("people") == "all"
    check_outputs(
        task.outputs, main_input, plots=task.plots, overwrite=task.overwrite, everybody=everybody
    )
    use.check([*task.outputs, *task.plots], task.overwrite)
    if use.from_2d is not None and (useless := sorted(given.keys() & {"detector", "pose"})):
        raise UsageError(f"--{useless[0]} has no effect with --from-2d; leave one of them out")
    if source is None:
        _work(task, None, threads, given, use)
        return
    from .clip_times import ClipRange
    from .sources import as_file

    part = ClipRange(**{name: given[name] for name in given.keys() & _OF_VIDEO})  # type: ignore[arg-type]
    with as_file(source, part, task.fps) as file:
        from .video import probe

        probe(file, part)
        _work(task, file, threads, given, use)


def _work(
    task: Task,
    file: Path | None,
    threads: int | None,
    given: dict[str, object],
    use: KeypointsUse,
) -> None:
    """Load the models and lift the video in a file, or the 2D that ``use`` names."""
    from .preflight import check_models
    from .settings import Settings
    from .sources import shown
    from .system_libraries import check_opencv

    settings = Settings(**given)  # type: ignore[arg-type]
    check_models(settings)
    check_opencv()
    if threads:
        _limit_threads(threads)
    from .pipeline import VideoLifter, process_video
    from .progress import Stages

    stages = Stages(visible=task.progress and sys.stderr.isatty())
    with stages.stage("loading"):
        models = VideoLifter(settings)
    process_video(
        models, file, task.outputs, plots=task.plots, overwrite=task.overwrite, stages=stages,
        on_written=task.written.append, use=use, named=shown(task.source) if task.source else None,
    )  # fmt: skip


def _export_anew(task: Task, poses: Path, given: dict[str, object]) -> None:
    """Write poses that were lifted before in other formats."""
    from .preflight import check_source
    from .progress import Stages
    from .reexport import APPLICABLE, export_anew
    from .sources import as_file

    # Click gives these whether or not they were asked for.
    chosen = given.keys() - {"people", "device"}
    if useless := sorted(chosen - set(APPLICABLE)):
        raise UsageError(
            f"--{useless[0].replace('_', '-')} has no effect on poses that were lifted before; "
            "leave it out, or lift the video anew"
        )
    if task.source is not None:
        check_source(Path(task.source))
    stages = Stages(visible=task.progress and sys.stderr.isatty())
    with as_file(task.source, image_fps=task.fps) if task.source else nullcontext() as file:
        export_anew(
            poses, task.outputs, file, {name: given[name] for name in chosen}, plots=task.plots,
            overwrite=task.overwrite, stages=stages, on_written=task.written.append,
        )  # fmt: skip


def _limit_threads(threads: int) -> None:
    import cv2
    import torch

    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)


def _fail(message: str, code: int, verbose: bool = False) -> None:
    """Say what went wrong on standard error, with what led to it if wanted, and exit."""
    lines = message.splitlines()
    if verbose:
        click.echo(traceback.format_exc(), err=True)
    elif len(lines) > _MOST_LINES or len(message) > _MOST_LINES * _LONGEST_LINE:
        # Such are quoted from libraries, torch's above all.
        lines = [line[:_LONGEST_LINE] for line in lines[:_MOST_LINES]]
        lines[-1] += " ... (--verbose shows all)"
    for line in lines:
        click.echo(f"glagcn-video: {line}", err=True)
    sys.exit(code)


def _unexpected(source: Path | str | None, error: Exception, verbose: bool) -> str:
    """Message for an error that is a fault of this program, or of the machine."""
    kind = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    more = "" if verbose else "; --verbose shows where"
    return f"{source}: stopped by an error that was not foreseen: {kind}{more}"


if __name__ == "__main__":
    main()
