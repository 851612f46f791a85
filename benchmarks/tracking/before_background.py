"""How often one number is given to people who are elsewhere, before a camera that pans.

    glagcn-video pf_sample.mp4 --people all -o pf.npz --save-2d
    python -m benchmarks.tracking.before_background pf.keypoints.npz

Spectators stay where they are before the background. Of each person's sightings those are counted
that are farther from their median place than `ELSEWHERE`; the main person, who moves, is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from benchmarks.tracking.identities import read_clip
from glagcn_cli.camera_path.carried import CarriedPlaces
from glagcn_cli.poses import FrameDetections
from glagcn_cli.similarity import centre
from glagcn_cli.tracking.tracks import Track, find_people
from glagcn_training.metrics.markdown_table import markdown_table

ELSEWHERE = 0.6
"""Distance, in diagonals of a person's box, from which on it is somebody else's place."""


def elsewhere(
    track: Track, clip: Sequence[FrameDetections], background: CarriedPlaces
) -> tuple[int, int]:
    """Count a person's sightings that are far from their median place, and all."""
    boxes = np.array([clip[f].boxes[row] for f, row in zip(track.frames, track.rows, strict=True)])
    frame = int(track.frames[len(track.frames) // 2])
    places = np.array([
        background.carried(centre(box), int(number), frame)
        for box, number in zip(boxes, track.frames, strict=True)
    ])  # fmt: skip
    diagonal = float(np.median(np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1)))
    away = np.linalg.norm(places - np.median(places, axis=0), axis=1)
    return int((away > ELSEWHERE * diagonal).sum()), len(boxes)


@click.command()
@click.argument("keypoints", type=click.Path(path_type=Path))
def main(keypoints: Path) -> None:
    """Count the sightings in KEYPOINTS (NAME.keypoints.npz) that are elsewhere."""
    clip = read_clip(keypoints)
    background = CarriedPlaces.of_clip(clip.clip, len(clip), float(clip.fps))
    rows = [["people are expected", "people", "sightings", "elsewhere", "%"]]
    for name, known in (
        ("at the same place of the picture", CarriedPlaces.still()),
        ("before the same background", background),
    ):
        people = find_people(clip.frames, clip.fps, background=known)
        counts = np.array([elsewhere(track, clip.frames, background) for track in people[1:]])
        off, all_ = counts.sum(axis=0) if len(counts) else (0, 0)
        rows.append(
            [name, str(len(people)), str(all_), str(off), f"{100 * off / max(1, all_):.1f}"]
        )
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
