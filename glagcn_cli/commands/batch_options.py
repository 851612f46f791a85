"""The options of ``glagcn-video`` for many videos in one call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

MANY_OPTIONS: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    click.option(
        "--output-dir",
        metavar="FOLDER",
        type=click.Path(path_type=Path, file_okay=False),
        help="Lift every INPUT, and all videos in those that are folders, and write NAME.mp4 and "
        "so on into this folder, which keeps their tree. Videos that are done are skipped, one "
        "that fails does not stop the others, and summary.csv tells what became of each.",
    ),
    click.option(
        "--format",
        "formats",
        metavar="LIST",
        multiple=True,
        help="What to write for each video: suffixes with commas between them.  [default: "
        "mp4,npy,bvh]",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        metavar="N",
        help="How many videos to lift at a time, each in a process with models of its own (about "
        "0.8 GB) and a share of the threads; a GPU is shared too.  [default: 1]",
    ),
    click.option(
        "--ray",
        metavar="ADDRESS",
        help="Lift the videos as tasks of the Ray cluster at this address, whose machines share "
        "their files; local starts one on this machine.",
    ),
)
