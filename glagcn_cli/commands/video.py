"""Command line of ``glagcn-video``: parse, call the library, print, exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..errors import GlagcnError, UsageError
from ..machine.process import prepare_process
from ..pipeline.setting import Call, settings_of
from ..pipeline.settings import Settings
from ..progress.console import messages_on_stderr, termination_unwinds
from ..progress.events import EVENTS, JSON
from ..video.source import Source
from .contradictions import checked_call
from .event_command import EventCommand
from .live_camera import run_camera
from .many_videos import lift_videos
from .one_video import export_poses, lift
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
    sources: Sequence[Path | str], *, progress: str, quiet: bool, verbose: bool, **options: Any
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
    context = click.get_current_context()
    written: list[Path] = []
    named = options["camera"] or options["from_3d"] or (sources[0] if sources else None)
    try:
        call = checked_call(context)
        with messages_on_stderr(quiet, verbose, progress == JSON), termination_unwinds():
            if not _run(call, sources, progress, quiet, written, options):
                sys.exit(EXIT_FAILED)
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except KeyboardInterrupt:
        _fail("interrupted; files that were not finished are discarded", EXIT_INTERRUPTED)
    except GlagcnError as error:
        _fail(str(error), EXIT_FAILED, verbose)
    except Exception as error:
        _fail(_unexpected(named or options["from_2d"], error, verbose), EXIT_FAILED, verbose)
    finally:
        for path in () if quiet else written:
            click.echo(path)


def _run(
    call: Call,
    sources: Sequence[Path | str],
    progress: str,
    quiet: bool,
    written: list[Path],
    options: Mapping[str, Any],
) -> bool:
    """Do what the options ask for; whether all of it is done."""
    names = settings_of(Settings).keys() & options.keys()
    given = {name: options[name] for name in names if options[name] is not None}
    of_2d = {name: options[name] for name in ("save_2d", "cache")}
    threads, video = options["threads"], sources[0] if sources else None
    shared = {
        "overwrite": options["overwrite"], "image_fps": options["fps"], "progress": progress,
        "on_written": written.append,
    }  # fmt: skip
    if call == Call.CAMERA:
        run_camera(options["camera"], given, threads, progress)
    elif call == Call.MANY:
        of_many = {name: options[name] for name in ("formats", "jobs", "ray")}
        folder = options["output_dir"]
        return lift_videos(
            sources, folder, given, threads=threads, quiet=quiet, **of_many, **of_2d, **shared
        )
    elif call == Call.POSES:
        shared |= {name: options[name] for name in ("plots", "pages")}
        export_poses(options["from_3d"], video, options["outputs"], given, **shared)
    else:
        shared |= {name: options[name] for name in ("plots", "pages", "from_2d", "threads")}
        lift(video, options["outputs"], given, **of_2d, **shared)
    return True


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


def _unexpected(source: Path | str | None, error: Exception, verbose: bool) -> str:
    """Return the message for an error that is a fault of this program, or of the machine."""
    named = Source.of(source).name if source else "this call"
    kind = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    more = "" if verbose else "; --verbose shows where"
    return f"{named}: unexpected error: {kind}{more}"


if __name__ == "__main__":
    main()
