"""Poses read back from the files that this package writes, to be exported anew without the video.

Each format has a reader in this package; docs/formats.md says what each file can give back. Nothing
of a file is ever run: no pickle is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ...camera import FilmCamera
from ...errors import InputError, UsageError
from ...files.damage import damage_named
from ...poses import PoseSequence
from ..formats import BY_SUFFIX, READABLE_SUFFIXES
from ..people import are_of_one_clip

FASTEST = 10_000
"""Frames a second; no camera is this fast, and a larger number says that a file is damaged."""


@dataclass(frozen=True)
class SavedPoses:
    """What a file of poses holds.

    Parameters
    ----------
    sequences
        One for each person, scene frame; the first is the main person. What the format does not
        hold is filled in: scores are 1 where there is a pose, keypoints NaN, person numbers 1.
    image_size
        (width, height) of the video's frames in pixels; None where the file does not say.
    source
        Name of the video that the poses come from, without its folder; None where it is not said.
    settings
        The settings of the run that made the poses, as JSON can say them; empty where not said.
    camera
        The camera in the scene; None where the file has none.
    of_others
        Another program wrote the file, and the scene was made here.
    rate_known
        The rate is the file's or the user's; otherwise 30 stands in its place.
    """

    sequences: list[PoseSequence]
    image_size: tuple[int, int] | None = None
    source: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    camera: FilmCamera | None = None
    of_others: bool = False
    rate_known: bool = True

    @property
    def has_keypoints(self) -> bool:
        """Whether the 2D keypoints that the poses were lifted from are known."""
        return any(bool(np.isfinite(s.keypoints).any()) for s in self.sequences)


class Reader(Protocol):
    """Read one file; anything may be raised where it is not what it should be."""

    def __call__(self, path: Path) -> SavedPoses:
        """Read; poses are in the scene frame."""
        ...


def read_poses(path: Path | str) -> SavedPoses:
    """Read poses from a file that was written by a writer of `export/`.

    Parameters
    ----------
    path
        A file with one of `READABLE_SUFFIXES`, upper or lower case. Of formats with one person a
        file, the file named is read and no other.

    Raises
    ------
    UsageError
        Poses cannot be read from files of this suffix.
    InputError
        The file is missing, damaged, something else than its suffix says, or without any pose.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    known = BY_SUFFIX.get(suffix)
    if known is None or known.reader is None:
        readable = ", ".join(READABLE_SUFFIXES)
        raise UsageError(f"{path}: poses can be read from {readable}, by the suffix")
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise InputError(f"{path}: {what}; name a file of poses")
    with damage_named(path, f"{suffix} poses"):
        read: Reader = import_module(f".{known.reader}", __package__).read
        saved = read(path)
        _check(saved)
    return saved


def _check(saved: SavedPoses) -> None:
    """Raise ``ValueError`` for what no clip can be."""
    people = saved.sequences
    if not any(sequence.valid.any() for sequence in people):
        raise ValueError("nobody has a pose in any frame")
    first = people[0]
    if not 0 < first.fps <= FASTEST:
        raise ValueError(
            f"frame rate must be above 0 and at most {FASTEST}, got {float(first.fps):g}"
        )
    if not are_of_one_clip(people):
        raise ValueError("its people differ in frames, rate or joints")
    numbers = [sequence.person for sequence in people]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"people share a number: {numbers}")
    if saved.camera is not None and not saved.camera.is_of(len(first)):
        raise ValueError("its camera has other frames than its people, or numbers that are none")
    if saved.image_size is not None and min(saved.image_size) < 1:
        raise ValueError(f"image sides must be at least 1 pixel, got {saved.image_size}")
