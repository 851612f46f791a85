"""The options of ``glagcn-video``, in the order in which its help shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..export.formats import FORMATS, READABLE_SUFFIXES
from ..video.source import STANDARD_INPUT, is_address
from .batch_options import MANY_OPTIONS
from .completion import output_suffixes
from .config_file import CONFIG_OPTIONS
from .event_command import PROGRESS_OPTION
from .live_camera import CAMERA_OPTION
from .setting_options import Command, setting_options


def _print_versions(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the versions that a bug report needs."""
    if not wanted or context.resilient_parsing:
        return
    from ..keypoints.provenance import installed_versions

    click.echo(f"glagcn-video {__version__}")
    for name, version in installed_versions().items():
        if name != "glagcn":
            click.echo(f"{name} {version}")
    context.exit()


class _SourceType(click.Path):
    """A file, or an address, in which no slash may be taken away."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Make a path of all but addresses."""
        return value if is_address(value) else super().convert(value, param, ctx)

    def anchored(self, text: str, folder: Path) -> str:
        """Let a file start at a folder; addresses and standard input stay."""
        as_is = text == STANDARD_INPUT or is_address(text)
        return text if as_is else str(folder / Path(text).expanduser())


_PARAMETERS: tuple[Callable[[Command], Command], ...] = (
    click.argument("sources", metavar="[INPUT]...", nargs=-1, type=_SourceType(path_type=Path)),
    click.option(
        "-o",
        "--output",
        "outputs",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        shell_complete=output_suffixes,
        help="File to write; may be given several times. The suffix picks the format: "
        + ", ".join(f"{known.suffix} ({known.briefly})" for known in FORMATS)
        + ".",
    ),
    click.option(
        "--plot",
        "plots",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        shell_complete=output_suffixes,
        help="Draw the joint angles over time, with steps where somebody walks and the "
        "repetitions of an exercise, as .png, .pdf or .svg; the numbers go beside it as .csv.",
    ),
    click.option(
        "--report",
        "pages",
        metavar="FILE",
        multiple=True,
        type=click.Path(path_type=Path),
        shell_complete=output_suffixes,
        help="Write a page for each person, as .html or .pdf: cycles of gait, or of an exercise, "
        "left against right, figures with error bars, and what the clip cannot tell.",
    ),
    click.option("--overwrite", is_flag=True, help="Replace files that exist already."),
    click.option(
        "--save-2d",
        is_flag=True,
        help="Keep the 2D keypoints of everybody as NAME.keypoints.npz beside the first output.",
    ),
    click.option(
        "--from-3d",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Take the poses from a file instead of lifting: of this program "
        f"({', '.join(READABLE_SUFFIXES)}, of which the first hold most), or of MediaPipe, "
        "FreeMoCap, Pose2Sim, SAM 3D Body, of SMPL's joints, or of markers. INPUT may be left out; "
        "with it, .mp4, .html and .png show the video too.",
    ),
    click.option(
        "--from-2d",
        metavar="FILE|FOLDER",
        type=click.Path(path_type=Path),
        help="Take the 2D keypoints from a .keypoints.npz of this program, or from MMPose, COCO "
        "or AlphaPose (.json), OpenPose or Ultralytics (a folder), a table (.csv) or an array "
        "(.npy), instead of detecting them. With a "
        ".keypoints.npz INPUT may be left out.",
    ),
    click.option(
        "--cache/--no-cache",
        default=True,
        help="Keep 2D keypoints in the user's cache folder, and take those of earlier runs from "
        "there: a run that was stopped goes on, one with other 3D options is quick.  "
        "[default: cache]",
    ),
    click.option(
        "--fps",
        type=click.FloatRange(min=0.1, max=1000),
        metavar="RATE",
        help="Pictures a second that were really filmed: of numbered pictures, of slow motion, or "
        "where a file says a wrong rate. The times of a part then count at this rate, and sound is "
        "left out.  [default: 30 for numbered pictures, else what the file says]",
    ),
    CAMERA_OPTION,
    *MANY_OPTIONS,
    *setting_options(),
    click.option(
        "--threads",
        type=click.IntRange(min=1),
        metavar="N",
        help="CPU threads of the models.  [default: one a core]",
    ),
    *CONFIG_OPTIONS,
    PROGRESS_OPTION,
    click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors."),
    click.option("-v", "--verbose", is_flag=True, help="Tell more, and how an error came about."),
    click.option(
        "--version",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print_versions,
        help="Show the versions of this program, torch, mmpose, ffmpeg and others, and exit.",
    ),
)


def video_parameters(command: Command) -> Command:
    """Give a function the argument and the options of ``glagcn-video``."""
    for parameter in reversed(_PARAMETERS):
        command = parameter(command)
    return command
