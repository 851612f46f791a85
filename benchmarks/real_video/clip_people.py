"""The people that the program's 2D stage finds in a clip, stored for later runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.real_video.clip_measures import person_size
from glagcn_cli.keypoints.source import DETECT_ONLY
from glagcn_cli.keypoints.stage import KeypointStage
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.progress.stages import Stages
from glagcn_cli.skeleton import JOINT_SETS
from glagcn_cli.tracking.tracks import track_people
from glagcn_cli.video.source import Source

SAME = 0.15
"""Median distance of two detectors' joints, as a share of the person's size, up to which both mean
the same person."""


@dataclass(frozen=True)
class People:
    """The people of a clip, the main person first, and the models' seconds."""

    people: list[Keypoints2D]
    seconds: float


class PeopleFinder:
    """The 2D stage as in a run: default models, and people followed over time.

    Parameters
    ----------
    cache
        Folder for the results of each clip; None stores nothing.
    device
        Where the models run; they are loaded when a clip is not in the cache.
    keypoint_rate
        Frames a second that are looked at; 0 for all.
    """

    def __init__(
        self, cache: Path | None = None, device: str = "cpu", keypoint_rate: float = 0.0
    ) -> None:
        self.cache = cache
        self.keypoint_rate = keypoint_rate
        self._stage = KeypointStage(Settings(keypoint_rate=keypoint_rate), device)

    def __call__(self, clip: Path) -> People:
        """Find the people of a clip."""
        rate = f".{self.keypoint_rate:g}" if self.keypoint_rate else ""
        kept = self.cache and self.cache / f"{cache_name(clip)}{rate}.people.npz"
        if kept and kept.exists():
            return _read(kept)
        found = self._find(clip)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            _write(kept, found)
        return found

    def _find(self, clip: Path) -> People:
        stages = Stages()
        found = self._stage.of_video(Source.of(clip), use=DETECT_ONLY, stages=stages).clip
        people = track_people(found.frames, found.fps, found.image_size, found.joint_set)
        return People(people, stages.by_name["detection"].parts["models"])


def same_person(person: Keypoints2D, other: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return frames (frames,) whose other points (frames, joints, 2) are of this person.

    The other's points are NaN where it found no person.
    """
    if not person.valid.any():
        return person.valid
    size = person_size(person.keypoints[person.valid])
    apart = np.median(np.linalg.norm(person.keypoints - other, axis=-1), axis=1)
    return person.valid & (np.nan_to_num(apart / size, nan=np.inf) < SAME)


def most_alike(people: Sequence[Keypoints2D], other: NDArray[np.floating]) -> Keypoints2D:
    """Return the person with most frames in common with another detector's points."""
    return max(people, key=lambda person: same_person(person, other).sum())


def cache_name(clip: Path) -> str:
    """Return a file name for a clip: its own and, since names repeat, its folders'."""
    return "_".join(clip.resolve().parts[-4:])


def _write(path: Path, found: People) -> None:
    people = found.people
    first = people[0] if people else None
    about = [first.fps.numerator, first.fps.denominator, *first.image_size] if first else []
    arrays = {
        f"{name}{number}": getattr(person, name)
        for number, person in enumerate(people)
        for name in ("keypoints", "scores", "valid")
    }
    names = [person.joint_set.name for person in people]
    np.savez_compressed(
        path,
        about=np.array(about, int),
        joint_sets=np.array(names),
        seconds=np.array(found.seconds),
        **arrays,
    )


def _read(path: Path) -> People:
    with np.load(path) as kept:
        about = kept["about"].tolist()
        people = [
            Keypoints2D(
                kept[f"keypoints{number}"],
                kept[f"scores{number}"],
                kept[f"valid{number}"],
                Fraction(about[0], about[1]),
                (about[2], about[3]),
                JOINT_SETS[str(name)],
                number + 1,
            )
            for number, name in enumerate(kept["joint_sets"])
        ]
        return People(people, float(kept["seconds"]))
