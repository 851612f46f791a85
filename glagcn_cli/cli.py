"""Command line of ``glagcn-video``: parse, call the library, print, exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from . import __version__
from .console import messages_on_stderr, termination_unwinds
from .errors import GlagcnError, UsageError

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130  # click itself ends with 2 after a UsageError

_MOST_LINES, _LONGEST_LINE = 5, 400  # of an error's message, without --verbose

_GROUPS = {
    "Output": ("outputs", "overwrite"),
    "Lifting": ("people", "fov", "smoothing", "flip"),
    "Picture": ("turn",),
    "Models": ("detector", "pose", "lifter", "device", "threads"),
    "Messages": ("quiet", "verbose"),  # and what is named nowhere: --version, --help
}


class GroupedCommand(click.Command):
    """A command whose help shows its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group."""
        group_of = {name: title for title, names in _GROUPS.items() for name in names}
        rows: dict[str, list[tuple[str, str]]] = {title: [] for title in _GROUPS}
        for option in self.get_params(ctx):
            row = option.get_help_record(ctx)
            if row and isinstance(option, click.Option):
                rows[group_of.get(option.name or "", "Messages")].append(row)
        for title, group in rows.items():
            with formatter.section(title):
                formatter.write_dl(group)


def _print_versions(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the versions that a bug report needs."""
    if not wanted or context.resilient_parsing:
        return
    from . import ffmpeg
    from .export.run_report import installed_versions

    click.echo(f"glagcn-video {__version__}")
    for name, version in (installed_versions() | {"ffmpeg": ffmpeg.version()}).items():
        if name != "glagcn":
            click.echo(f"{name} {version}")
    context.exit()


def _people(_: click.Context, __: click.Parameter, value: str) -> int | str:
    """Read a person's number or `all`."""
    if value == "all":
        return value
    if not (value.isascii() and value.isdigit()) or int(value) < 1:
        raise click.BadParameter(f"{value!r} is neither a number from 1 nor 'all'")
    return int(value)


# Defaults are told in words here, for reading them would import the library; a test compares them.
@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "outputs",
    metavar="FILE",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="File to write; may be given several times. The suffix picks the format: .mp4 (the video "
    "beside the 3D skeletons), .bvh (for Blender and other animation tools), .npy (3D joints), "
    ".npz (3D joints, 2D keypoints, scores and more).",
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist already.")
@click.option(
    "--person",
    "--people",
    "people",
    default="1",
    show_default=True,
    metavar="N|all",
    callback=_people,
    help="Whom to lift: 1 is the main person (large and long in view), 2 the next, and so on; or "
    "all. With all, .bvh and .npy hold person 1 and the others get files of their own: "
    "NAME.person2.bvh.",
)
@click.option(
    "--fov",
    type=float,
    metavar="DEGREES",
    help="The camera's field of view over the picture's longer side, 5 to 150.  [default: 60]",
)
@click.option(
    "--smoothing",
    type=float,
    metavar="HZ",
    help="Smooth the 3D joints: movement faster than this is taken out; 0 keeps everything.  "
    "[default: 7]",
)
@click.option(
    "--flip/--no-flip",
    default=None,
    help="Lift the mirror image too and average: better, at twice the work of the lifter.  "
    "[default: flip]",
)
@click.option(
    "--turn",
    type=float,
    metavar="DEGREES",
    help="Turn the view of the 3D skeletons by this much a second; 0 stands still.  [default: 0]",
)
@click.option(
    "--detector",
    metavar="NAME",
    help="What finds people: movenet-multipose, rtmdet-nano, rtmdet-m, or CONFIG,CHECKPOINT of any "
    "MMDetection detector. The default comes with the program, the others are downloaded on first "
    "use.  [default: movenet-multipose]",
)
@click.option(
    "--pose",
    metavar="NAME",
    help="What finds a person's joints in the picture: movenet-thunder, rtmpose-t, rtmpose-s, "
    "rtmpose-m, rtmpose-l, rtmpose-m-halpe26, rtmpose-l-halpe26, hrnet-w48, vitpose-b, or "
    "CONFIG,CHECKPOINT of any MMPose top-down model.  [default: movenet-thunder]",
)
@click.option(
    "--lifter",
    metavar="NAME|FILE",
    help="What turns 2D joints into 3D: a name, or a checkpoint that glagcn-train wrote.  "
    "[default: lifter-27]",
)
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda[:N]",
    help="Where the models run; auto takes a GPU where there is one.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="CPU threads of the models.  [default: one a core]",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("-v", "--verbose", is_flag=True, help="Tell more, and how an error came about.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_versions,
    help="Show the versions of this program, torch, mmpose, ffmpeg and others, and exit.",
)
def main(
    source: Path,
    outputs: Sequence[Path],
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
    written: list[Path] = []
    try:
        with messages_on_stderr(quiet, verbose), termination_unwinds():
            _run(source, outputs, overwrite, not quiet, threads, choices, written)
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except KeyboardInterrupt:
        _fail("interrupted; files that were not finished are discarded", EXIT_INTERRUPTED)
    except GlagcnError as error:
        _fail(str(error), EXIT_FAILED, verbose)
    except Exception as error:
        _fail(_unexpected(source, error, verbose), EXIT_FAILED, verbose)
    finally:
        for path in () if quiet else written:
            click.echo(path)


def _run(
    source: Path,
    outputs: Sequence[Path],
    overwrite: bool,
    progress: bool,
    threads: int | None,
    choices: dict[str, object],
    written: list[Path],
) -> None:
    """Check everything that is cheap to check, then load the models and work."""
    from .preflight import check_models, check_outputs, check_source

    everybody = choices["people"] == "all"
    check_source(source)
    check_outputs(outputs, source, overwrite=overwrite, everybody=everybody)
    from .video import probe

    probe(source)
    from .settings import Settings
    from .system_libraries import check_opencv

    given = {name: value for name, value in choices.items() if value is not None}
    settings = Settings(**given)  # type: ignore[arg-type]
    check_models(settings)
    check_opencv()
    if threads:
        _limit_threads(threads)
    from .pipeline import VideoLifter, process_video
    from .progress import Stages

    stages = Stages(visible=progress and sys.stderr.isatty())
    with stages.stage("loading"):
        models = VideoLifter(settings)
    process_video(
        models, source, outputs, overwrite=overwrite, stages=stages, on_written=written.append
    )


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


def _unexpected(source: Path, error: Exception, verbose: bool) -> str:
    """Message for an error that is a fault of this program, or of the machine."""
    kind = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    more = "" if verbose else "; --verbose shows where"
    return f"{source}: stopped by an error that was not foreseen: {kind}{more}"


if __name__ == "__main__":
    main()
