"""Cuts found between real clips, and false cuts within them.

    python -m benchmarks.tracking.film_cuts CLIP...

Each clip is of one shot. The end of each is joined to the beginning of each other, which makes
known cuts; and each clip has a flash of another one put into it, which is none.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from glagcn_cli.shots.film_cuts import FilmCuts
from glagcn_cli.video.reader import VideoReader

Frames = list[NDArray[np.uint8]]
AROUND = 40  # frames of each clip at either side of a join
FLASH = 2  # frames


def cuts_of(frames: Sequence[NDArray[np.uint8]], fps: float) -> list[int]:
    """Find the cuts in frames."""
    found = FilmCuts(fps)
    found.add(frames)
    return found.cuts


def watch(clip: Path) -> tuple[Frames, Frames, int, float, float]:
    """Return a clip's first and last frames, its cuts, the seconds taken, and frames per second."""
    with VideoReader(clip) as reader:
        fps = float(reader.info.fps)
        first: Frames = []
        last: Frames = []
        found, seconds = FilmCuts(fps), []
        for frame in reader:
            started = time.perf_counter()
            found.add([frame])
            seconds.append(time.perf_counter() - started)
            first += [frame][: AROUND - len(first)]
            last = [*last, frame][-AROUND:]
    return first, last, len(found.cuts), float(np.median(seconds)), fps


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(path_type=Path))
def main(clips: Sequence[Path]) -> None:
    """Join clips of one shot each and look for the cuts."""
    ends = [watch(clip) for clip in clips]
    false, spent = sum(end[2] for end in ends), np.median([end[3] for end in ends])
    click.echo(f"{len(clips)} clips: {false} cuts found in them, {1000 * spent:.2f} ms a frame")
    found = flashes = 0
    joins = list(permutations(range(len(clips)), 2))
    for one, other in joins:
        last, following, fps = ends[one][1], ends[other][0], ends[one][4]
        hit = cuts_of(last + following, fps) == [len(last)]
        found += hit
        if not hit:
            click.echo(f"not found: {clips[one]} to {clips[other]}")
        flashes += len(cuts_of(last + following[:FLASH] + last, fps))
    click.echo(f"{len(joins)} joins: {found} found; as many flashes: {flashes} taken for cuts")


if __name__ == "__main__":
    main()
