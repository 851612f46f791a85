"""Command line of ``glagcn-video``: parse, call the library, print, exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from .console import messages_on_stderr, termination_unwinds
from .errors import GlagcnError, UsageError
from .help_groups import GroupedCommand
from .options import video_parameters

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130  # click itself ends with 2 after a UsageError

_MOST_LINES, _LONGEST_LINE = 5, 400  # of an error's message, without --verbose


@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@video_parameters
def main(
    source: Path | None,
    outputs: Sequence[Path],
    plots: Sequence[Path],
    from_3d: Path | None,
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
    if source is None and from_3d is None:
        raise click.UsageError("name the video, or a file of poses with --from-3d")
    written: list[Path] = []
    given = {name: value for name, value in choices.items() if value is not None}
    task = Task(source, [*outputs], [*plots], overwrite, not quiet, written)
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
        _fail(_unexpected(from_3d or source, error, verbose), EXIT_FAILED, verbose)
    finally:
        for path in () if quiet else written:
            click.echo(path)


@dataclass(frozen=True)
class Task:
    """What one call is to do: the video, files to write, and where those that were go."""

    source: Path | None
    outputs: list[Path]
    plots: list[Path]
    overwrite: bool
    progress: bool
    written: list[Path]


def _lift(task: Task, threads: int | None, given: dict[str, object]) -> None:
    """Check everything that is cheap to check, then load the models and work."""
    from .preflight import check_models, check_outputs, check_source

    source = task.source
    assert source is not None
    check_source(source)
    everybody = given.get("people") == "all"
    check_outputs(
        task.outputs, source, plots=task.plots, overwrite=task.overwrite, everybody=everybody
    )
    from .video import probe

    probe(source)
    from .settings import Settings
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
        models, source, task.outputs, plots=task.plots, overwrite=task.overwrite, stages=stages,
        on_written=task.written.append,
    )  # fmt: skip


def _export_anew(task: Task, poses: Path, given: dict[str, object]) -> None:
    """Write poses that were lifted before in other formats."""
    from .progress import Stages
    from .reexport import APPLICABLE, export_anew

    # Click gives these whether or not they were asked for.
    chosen = given.keys() - {"people", "device"}
    if useless := sorted(chosen - set(APPLICABLE)):
        raise UsageError(
            f"--{useless[0].replace('_', '-')} has no effect on poses that were lifted before; "
            "leave it out, or lift the video anew"
        )
    stages = Stages(visible=task.progress and sys.stderr.isatty())
    export_anew(
        poses, task.outputs, task.source, {name: given[name] for name in chosen},
        plots=task.plots, overwrite=task.overwrite, stages=stages, on_written=task.written.append,
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


def _unexpected(source: Path | None, error: Exception, verbose: bool) -> str:
    """Message for an error that is a fault of this program, or of the machine."""
    kind = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    more = "" if verbose else "; --verbose shows where"
    return f"{source}: stopped by an error that was not foreseen: {kind}{more}"


if __name__ == "__main__":
    main()
