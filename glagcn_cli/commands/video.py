"""Command line of ``glagcn-video``: parse, call the library, print, exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from ..errors import GlagcnError, UsageError
from ..machine.process import prepare_process
from ..progress.console import messages_on_stderr, termination_unwinds
from ..progress.events import EVENTS, JSON
from .event_command import EventCommand
from .live_camera import run_camera
from .many_videos import ManyTask, lift_videos
from .one_video import Task, export_poses, lift
from .options import video_parameters

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130  # click itself ends with 2 after a UsageError

_MOST_LINES, _LONGEST_LINE = 5, 400  # of an error's message, without --verbose


@click.command(
    cls=EventCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@video_parameters
def main(
    sources: Sequence[Path | str],
    outputs: Sequence[Path],
    plots: Sequence[Path],
    from_3d: Path | None,
    from_2d: Path | None,
    save_2d: bool,
    cache: bool,
    camera: str | None,
    fps: float | None,
    overwrite: bool,
    progress: str,
    quiet: bool,
    verbose: bool,
    threads: int | None,
    output_dir: Path | None,
    formats: tuple[str, ...],
    jobs: int | None,
    ray: str | None,
    **choices: object,
) -> None:
    """Turn the people in a video into moving 3D skeletons.

    \b
    glagcn-video walk.mp4 -o walk3d.mp4
    glagcn-video walk.mp4 -o walk3d.mp4 -o walk3d.bvh -o walk3d.npy
    glagcn-video dance.mov --people all -o dance3d.mp4 -o dance3d.bvh
    glagcn-video --from-3d walk3d.npz -o walk3d.bvh --bvh-skeleton cmu
    glagcn-video clips/ --output-dir lifted --jobs 2

    The files written are listed on standard output. Beside each goes NAME.run.json with the
    settings, versions, models and timings of the run.

    \b
    Exit code: 0  everything was written
               1  it failed: no video, nobody in it, no such model or device,
                  a file that cannot be written, ...; of many, at least one did
               2  the command is wrong
             130  interrupted
    """
    prepare_process()
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose contradict each other")
    source = sources[0] if sources else None
    many = ManyTask(output_dir, formats, jobs, ray)
    of_one = {"-o": outputs, "--plot": plots, "--from-2d": from_2d, "--from-3d": from_3d}
    try:
        many.check(sources, of_one)
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    if output_dir is None and camera is None and not (outputs or plots):
        raise click.UsageError("name a file to write: -o FILE or --plot FILE")
    if source is None and from_3d is None and from_2d is None and camera is None:
        raise click.UsageError("name the video, or a file of poses with --from-3d")
    if from_3d is not None and (from_2d is not None or save_2d):
        raise click.UsageError("--from-3d needs no 2D: leave out --from-2d and --save-2d")
    written: list[Path] = []
    given = {name: value for name, value in choices.items() if value is not None}
    keeping = {"from_2d": from_2d, "save_2d": save_2d, "cache": cache}
    task = Task(source, [*outputs], [*plots], overwrite, progress, written, keeping, fps, quiet)
    try:
        with messages_on_stderr(quiet, verbose, progress == JSON), termination_unwinds():
            if camera is not None:
                run_camera(camera, click.get_current_context(), threads, given)
            elif output_dir is not None:
                if not lift_videos(task, many, sources, threads, given):
                    sys.exit(EXIT_FAILED)
            elif from_3d is None:
                lift(task, threads, given)
            else:
                export_poses(task, from_3d, given)
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except KeyboardInterrupt:
        _fail("interrupted; files that were not finished are discarded", EXIT_INTERRUPTED)
    except GlagcnError as error:
        _fail(str(error), EXIT_FAILED, verbose)
    except Exception as error:
        named = camera or from_3d or source or from_2d or "this call"
        _fail(_unexpected(named, error, verbose), EXIT_FAILED, verbose)
    finally:
        for path in () if quiet else written:
            click.echo(path)


def _fail(message: str, code: int, verbose: bool = False) -> None:
    """Say what went wrong on standard error, with what led to it if wanted, and exit."""
    if click.get_current_context().params["progress"] == JSON:
        if verbose:
            EVENTS.emit("message", level="debug", text=traceback.format_exc())
        EVENTS.emit("message", level="error", text=message)
        sys.exit(code)
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


def _unexpected(source: Path | str, error: Exception, verbose: bool) -> str:
    """Message for an error that is a fault of this program, or of the machine."""
    from ..video.sources import shown

    kind = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    more = "" if verbose else "; --verbose shows where"
    return f"{shown(source)}: stopped by an error that was not foreseen: {kind}{more}"


if __name__ == "__main__":
    main()
