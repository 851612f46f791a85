"""Command line of ``glagcn-video``: parse, call the library, print, exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import __version__
from .errors import GlagcnError, UsageError

if TYPE_CHECKING:
    from .pipeline import Settings

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


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
    if not value.isdigit() or int(value) < 1:
        raise click.BadParameter(f"{value!r} is neither a number from 1 nor 'all'")
    return int(value)


def _set_up_logging(quiet: bool, verbose: bool) -> None:
    """Warnings always, stages with --verbose, errors alone with --quiet; all on stderr."""
    level = logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logger = logging.getLogger("glagcn_cli")
    logger.handlers = [handler]
    logger.setLevel(level)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="File to write; repeat for several. The suffix picks the format: .mp4 (the video beside "
    "the 3D skeleton), .npy, .npz, .bvh.",
)
@click.option(
    "--person",
    "--people",
    "people",
    default="1",
    metavar="N|all",
    callback=_people,
    help="Whom to lift: 1 is the main person (longest in view and largest), 2 the next, ...; or "
    "everybody.  [default: 1]",
)
@click.option("--overwrite", is_flag=True, help="Replace outputs that exist already.")
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda[:N]",
    help="Where to compute; auto takes a GPU where there is one.",
)
@click.option(
    "--threads", type=click.IntRange(min=1), help="CPU threads of torch.  [default: all cores]"
)
@click.option(
    "--detector",
    metavar="NAME",
    help="Person detector: a name (movenet-multipose is the default and needs no download; "
    "rtmdet-m, rtmdet-nano) or CONFIG,CHECKPOINT of any MMDet detector.",
)
@click.option(
    "--pose",
    metavar="NAME",
    help="Keypoint model: a name (movenet-thunder is the default and needs no download; rtmpose-m, "
    "hrnet-w48, ...) or CONFIG,CHECKPOINT of any MMPose top-down model.",
)
@click.option("--lifter", metavar="NAME|FILE", help="2D-to-3D lifter: a shipped name or a file.")
@click.option("--flip", is_flag=True, help="Average the lifter with its mirror image (slower).")
@click.option(
    "--fov",
    type=click.FloatRange(min=5, max=150),
    metavar="DEGREES",
    help="Field of view over the picture's longer side.  [default: 60]",
)
@click.option(
    "--smoothing",
    type=click.FloatRange(min=0),
    metavar="HZ",
    help="Low-pass filter of the 3D joints, 0 for none.  [default: 7]",
)
@click.option(
    "--turn",
    type=float,
    metavar="DEGREES",
    help="Turn the 3D view by this much a second.  [default: 0, it stands still]",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Say more; full tracebacks of errors.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_versions,
    help="Show versions (torch, mmpose, ffmpeg, ...) and exit.",
)  # fmt: skip
def main(
    source: Path,
    outputs: Sequence[Path],
    overwrite: bool,
    quiet: bool,
    verbose: bool,
    threads: int | None,
    **choices: object,
) -> None:
    """Turn a video of people into 3D skeletons.

    \b
    glagcn-video walk.mp4 -o walk3d.mp4
    glagcn-video walk.mp4 -o walk3d.mp4 -o walk3d.bvh -o walk3d.npy
    glagcn-video dance.mov --people all -o dance3d.mp4 -o dance3d.bvh

    Beside the outputs goes a NAME.run.json with the settings, versions, models and timings. Exit
    code: 0 all done, 1 the input failed (nobody in it, not a video, ...), 2 wrong usage.
    """
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose contradict each other")
    _set_up_logging(quiet, verbose)
    try:
        written = _run(source, outputs, overwrite, not quiet, threads, choices)
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except GlagcnError as error:
        if verbose:
            logging.getLogger("glagcn_cli").exception("what led to this error:")
        click.echo(f"glagcn-video: {error}", err=True)
        sys.exit(EXIT_FAILED)
    except KeyboardInterrupt:
        click.echo("glagcn-video: interrupted, the output in work was discarded", err=True)
        sys.exit(EXIT_INTERRUPTED)
    if not quiet:
        for path in written:
            click.echo(path)


def _run(
    source: Path,
    outputs: Sequence[Path],
    overwrite: bool,
    progress: bool,
    threads: int | None,
    choices: dict[str, object],
) -> list[Path]:
    """Check everything that is cheap to check, then load the models and work."""
    from .pipeline import check_outputs
    from .video import probe

    check_outputs(outputs, source, overwrite)
    probe(source)
    settings = _settings(choices)

    from .pipeline import VideoLifter, process_video
    from .progress import Stages

    if threads:
        import torch

        torch.set_num_threads(threads)
    stages = Stages(visible=progress and sys.stderr.isatty())
    with stages.timed("loading"):
        models = VideoLifter(settings)
    return process_video(models, source, outputs, overwrite=overwrite, stages=stages)


def _settings(choices: dict[str, object]) -> Settings:
    """Settings of the choices made; what was not given keeps the library's default."""
    from .pipeline import Settings

    return Settings(**{name: value for name, value in choices.items() if value is not None})  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
