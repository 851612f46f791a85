"""Whether people keep their identities: IDF1 and switches on clips of known people.

    glagcn-video demo.mp4 --people all -o demo.npz --save-2d
    python -m benchmarks.tracking.identities demo.keypoints.npz --library-python LIB/bin/python
    python -m benchmarks.tracking.identities demo.keypoints.npz --library-python LIB/bin/python
        --video demo.mp4

Real people's detections are moved along known paths (`clips.py`), or a person is cut out of
the frames, put into them again and found by the 2D stage (`tracking_pixels`). The program's
tracking, the nearest box and the trackers of published libraries (`tracking_library`) follow them.
All are given the same detections, doubles taken out, and of all tracks shorter than the program
keeps are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations, count
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.tracking.clips import Actor, KnownClip, actors_of, make_clip
from benchmarks.tracking.libraries import LIBRARY_TRACKERS, Boxes, library_tracks
from benchmarks.tracking.pixels import pasted_clips
from benchmarks.tracking.scenes import FPS, KINDS
from benchmarks.tracking.scores import IdentityCounts, count_identities
from glagcn_cli.camera_path.carried import CarriedPlaces
from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.files import read_keypoints
from glagcn_cli.poses import CLOTHES_SHAPE, FrameDetections, Keypoints2D
from glagcn_cli.similarity import centre, size
from glagcn_cli.tracking.tracklets import AT_REST, without_doubles
from glagcn_cli.tracking.tracks import SHORTEST_TRACK, find_people, track_people
from glagcn_training.metrics.markdown_table import markdown_table

NEAREST_WAITS = 1.0  # seconds that the nearest box waits for a person
NEAREST_REACH = 1.0  # of a person's size: how far the nearest box may be

Tracks = list[NDArray[np.int64]]


def our_tracks(frames: Sequence[FrameDetections], background: CarriedPlaces = AT_REST) -> Tracks:
    """Return the program's track of each detection, -1 for none."""
    tracks = [np.full(len(frame), -1, np.int64) for frame in frames]
    for track in find_people(frames, FPS, background=background):
        for frame, row in zip(track.frames, track.rows, strict=True):
            tracks[frame][row] = track.person
    return tracks


def nearest_box(frames: Sequence[FrameDetections]) -> Tracks:
    """Assign everybody to the nearest person of the last frame, the nearest pair first."""
    tracks, new = [], count()
    last: dict[int, tuple[int, NDArray[np.floating], float]] = {}
    for number, frame in enumerate(frames):
        given = np.full(len(frame), -1, np.int64)
        last = {k: seen for k, seen in last.items() if number - seen[0] <= NEAREST_WAITS * FPS}
        pairs = sorted(
            (float(np.linalg.norm(centre(box) - place)) / unit, who, row)
            for row, box in enumerate(frame.boxes)
            for who, (_, place, unit) in last.items()
        )
        taken: set[int] = set()
        for off, who, row in pairs:
            if off <= NEAREST_REACH and given[row] < 0 and who not in taken:
                given[row] = who
                taken.add(who)
        given[given < 0] = [next(new) for _ in range(int((given < 0).sum()))]
        for row, known in enumerate(given):
            last[int(known)] = (number, centre(frame.boxes[row]), size(frame.boxes[row]))
        tracks.append(given)
    return tracks


def single(clip: KnownClip) -> KnownClip:
    """Remove double detections of a clip, as the program does before tracking."""
    rows = [without_doubles(frame) for frame in clip.frames]
    frames = [
        FrameDetections(
            f.boxes[r], f.box_scores[r], f.keypoints[r], f.scores[r],
            clothes=None if f.clothes is None else f.clothes[r],
        )
        for f, r in zip(clip.frames, rows, strict=True)
    ]  # fmt: skip
    truth = [who[r] for who, r in zip(clip.identities, rows, strict=True)]
    return replace(clip, frames=frames, identities=truth)


def without_short(tracks: Tracks) -> Tracks:
    """Remove tracks that are too short for the program."""
    numbers, counts = np.unique(np.concatenate(tracks), return_counts=True)
    short = numbers[counts < SHORTEST_TRACK * FPS]
    return [np.where(np.isin(frame, short), -1, frame) for frame in tracks]


def score(clips: Sequence[KnownClip], tracks: Sequence[Tracks]) -> list[str]:
    """Return a contestant's cells: IDF1 in percent and switches, for each kind of clip and all."""
    counts = {kind: IdentityCounts(0, 0, 0, 0) for kind in [*kinds(clips), "all"]}
    for clip, given in zip(clips, tracks, strict=True):
        told = count_identities(clip.identities, without_short(given))
        counts[clip.kind] += told
        counts["all"] += told
    return [f"{100 * c.idf1:.1f} ({c.switches})" for c in counts.values()]


def kinds(clips: Sequence[KnownClip]) -> list[str]:
    """List the kinds of clips, in order."""
    return list(dict.fromkeys(clip.kind for clip in clips))


def read_clip(path: Path) -> ClipDetections:
    """Read stored 2D of the program."""
    clip = read_keypoints(path)
    if not isinstance(clip, ClipDetections):
        raise click.ClickException(f"{path}: is not of this program; --save-2d writes it")
    return clip


def people_of(clip: ClipDetections) -> list[Keypoints2D]:
    """Return the people of stored 2D."""
    return track_people(clip.frames, clip.fps, clip.image_size, clip.joint_set)


def actors_in(clip: ClipDetections) -> list[Actor]:
    """Return the actors of stored 2D, in their clothes."""
    worn = []
    for track in find_people(clip.frames, clip.fps):
        clothes = np.zeros((len(clip), *CLOTHES_SHAPE))
        for frame, row in zip(track.frames, track.rows, strict=True):
            if (seen := clip.frames[frame].clothes) is not None:
                clothes[frame] = seen[row]
        worn.append(clothes)
    return actors_of(people_of(clip), clothes=worn)


def make_clips(paths: Sequence[Path], seeds: Sequence[int]) -> list[KnownClip]:
    """Make clips of each kind with the people of stored 2D."""
    actors = [actor for path in paths for actor in actors_in(read_clip(path))]
    return [single(make_clip(kind, actors, seed)) for kind in KINDS for seed in seeds]


def without_clothes(frames: Sequence[FrameDetections]) -> list[FrameDetections]:
    """Return detections of which only place, pose and size are known."""
    return [replace(frame, clothes=None) for frame in frames]


def dressed_alike(clips: Sequence[KnownClip]) -> str:
    """Say how many pairs of people of one clip wear the same, being one actor."""
    pairs = [pair for clip in clips for pair in combinations(clip.cast, 2)]
    alike = sum(one == other for one, other in pairs)
    return f"{alike} of {len(pairs)} pairs of people in one clip wear the same clothes"


CONTESTANTS: dict[str, Callable[[KnownClip], Tracks]] = {
    "nearest box": lambda clip: nearest_box(clip.frames),
    "glagcn, camera not followed": lambda clip: our_tracks(clip.frames),
    "glagcn, clothes not looked at": lambda clip: our_tracks(
        without_clothes(clip.frames), clip.background
    ),
    "glagcn": lambda clip: our_tracks(clip.frames, clip.background),
}


def _told(clips: Sequence[KnownClip]) -> list[list[str]]:
    """Return the rows of the table of those who need no library."""
    return [
        [name, *score(clips, [follow(clip) for clip in clips])]
        for name, follow in CONTESTANTS.items()
    ]


@click.command()
@click.argument("keypoints", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True, help="Of the first clip of each kind.")
@click.option("--clips", default=20, show_default=True, help="Clips of each kind.")
@click.option(
    "--library-python", type=click.Path(path_type=Path), help="A Python that has the libraries."
)
@click.option(
    "--video",
    type=click.Path(path_type=Path),
    help="Video of the first 2D: a person is cut out of it and pasted, instead of other clips.",
)
def main(
    keypoints: Sequence[Path],
    seed: int,
    clips: int,
    library_python: Path | None,
    video: Path | None,
) -> None:
    """Score identities with people of stored 2D (NAME.keypoints.npz)."""
    if video is None:
        known = make_clips(keypoints, range(seed, seed + clips))
    else:
        known = [single(clip) for clip in pasted_clips(video, people_of(read_clip(keypoints[0])))]
    rows = _told(known)
    if library_python is not None:
        given = [
            [Boxes(f.boxes, f.scores.mean(axis=1), f.keypoints) for f in clip.frames]
            for clip in known
        ]
        for name in LIBRARY_TRACKERS:
            rows.append([name, *score(known, library_tracks(library_python, name, given))])
    if video is None:
        click.echo(dressed_alike(known))
    click.echo(markdown_table([["IDF1, % (switches)", *kinds(known), "all"], *rows]))
    if own := [clip for clip in known if clip.cast and len({*clip.cast}) == len(clip.cast)]:
        click.echo(f"\nThe {len(own)} clips in which everybody wears something else:\n")
        click.echo(markdown_table([["IDF1, % (switches)", *kinds(own), "all"], *_told(own)]))


if __name__ == "__main__":
    main()
