"""Everything the 2D stage learned of a clip, as one object that can be kept in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..skeleton import JOINT_SETS, JointSet
from ..wording import plain_text

FORMAT = "glagcn-keypoints"
FORMAT_VERSION = 1

FARTHEST = 1e6
"""Pixels; no picture is that large, and a point beyond says that a file is damaged."""

FASTEST = 10_000
"""Frames a second; no camera is this fast."""

_PER_FRAME = "detections."
_PER_CLIP = "clip."
_NEEDED = (
    "joint_set", "joint_names", "fps_fraction", "image_size", "truncated", "starts_at",
    "people_per_frame",
)  # fmt: skip
_NUMBERS = "fiub"  # kinds of numpy's data types: floats, whole numbers, truth values


@dataclass(frozen=True)
class ClipDetections:
    """What the 2D stage found in a clip, before anybody is followed over time.

    Parameters
    ----------
    frames
        All people of each frame.
    joint_set
        What their keypoints are.
    fps
        Frames per second, exact.
    image_size
        (width, height) of the frames in pixels.
    truncated
        The video is cut off or damaged and ends after these frames.
    source
        Name of the video without its folder; None where it is not known.
    starts_at
        Seconds from the video's first picture to the first of these frames.
    clip
        Whatever else was learned of the clip while its frames went by, by name, as arrays.
    """

    frames: Sequence[FrameDetections]
    joint_set: JointSet
    fps: Fraction
    image_size: tuple[int, int]
    truncated: bool = False
    source: str | None = None
    starts_at: Fraction = Fraction(0)
    clip: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.frames:
            raise ValueError("there are no frames")
        if not 0 < self.fps <= FASTEST:
            raise ValueError(f"the rate of {float(self.fps):g} frames a second is none")
        if not all(0 < side <= FARTHEST for side in self.image_size):
            raise ValueError(f"the image size {self.image_size} is none")

    def __len__(self) -> int:
        return len(self.frames)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Lay everything out as arrays of numbers, truth values and text, by name."""
        stored = {
            "format": np.array(FORMAT),
            "format_version": np.array(FORMAT_VERSION),
            "joint_set": np.array(self.joint_set.name),
            "joint_names": np.array(self.joint_set.joints),
            "fps": np.array(float(self.fps)),
            "fps_fraction": np.array([self.fps.numerator, self.fps.denominator]),
            "image_size": np.array(self.image_size),
            "truncated": np.array(self.truncated),
            "starts_at": np.array([self.starts_at.numerator, self.starts_at.denominator]),
        }
        if self.source is not None:
            stored["source"] = np.array(plain_text(self.source))
        clip = {_PER_CLIP + name: np.asarray(value) for name, value in self.clip.items()}
        return stored | frame_arrays(self.frames) | clip

    @classmethod
    def from_arrays(cls, stored: Mapping[str, NDArray[Any]]) -> ClipDetections:
        """Rebuild a clip from its arrays.

        Raises
        ------
        ValueError, TypeError, OverflowError
            They are not what `arrays` makes.
        """
        if "format" not in stored or str(stored["format"]) != FORMAT:
            raise ValueError("it holds no 2D keypoints of a clip")
        if int(stored.get("format_version", FORMAT_VERSION)) > FORMAT_VERSION:
            raise ValueError(
                f"its format version is {stored['format_version']}, newer than this program; "
                "update it"
            )
        if missing := [name for name in _NEEDED if name not in stored]:
            raise ValueError(f"expected an array {missing[0]!r}, found {', '.join(sorted(stored))}")
        name = str(stored["joint_set"])
        if name not in JOINT_SETS:
            raise ValueError(
                f"expected one of {', '.join(JOINT_SETS)} as its joint_set, found {name!r}"
            )
        joint_set = JOINT_SETS[name]
        if tuple(str(name) for name in stored["joint_names"]) != joint_set.joints:
            raise ValueError(f"its joints are not those of {joint_set.name}")
        width, height = (int(side) for side in stored["image_size"])
        start = len(_PER_CLIP)
        return cls(
            frames_from_arrays(stored, len(joint_set)),
            joint_set,
            _fraction(stored["fps_fraction"]),
            (width, height),
            bool(stored["truncated"]),
            str(stored["source"]) if "source" in stored else None,
            _fraction(stored["starts_at"]),
            {name[start:]: a for name, a in stored.items() if _is_of_clip(name, a)},
        )


def _is_of_clip(name: str, values: NDArray[Any]) -> bool:
    if name.startswith(_PER_CLIP) and values.dtype.kind not in _NUMBERS:
        raise ValueError(f"{name} holds no numbers but {values.dtype}")
    return name.startswith(_PER_CLIP)


def _fraction(parts: NDArray[Any]) -> Fraction:
    numerator, denominator = (int(part) for part in parts)
    if denominator == 0:
        raise ValueError(f"{numerator}/0 is no number")
    return Fraction(numerator, denominator)


def nobody(joint_set: JointSet) -> FrameDetections:
    """Return the detections of a frame without people."""
    joints = len(joint_set)
    shapes = ((0, 4), (0,), (0, joints, 2), (0, joints))
    return FrameDetections(*(np.zeros(shape, np.float32) for shape in shapes))


def frame_arrays(frames: Sequence[FrameDetections]) -> dict[str, NDArray[Any]]:
    """Put the people of all frames one after the other.

    Every field of `FrameDetections` that is there in each frame with people becomes an array with
    one row a person; ``people_per_frame`` (frames,) says whose frame a row is of.
    """
    stored: dict[str, NDArray[Any]] = {
        "people_per_frame": np.array([len(frame) for frame in frames], np.int32)
    }
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    for column in fields(FrameDetections):
        rows = [getattr(frame, column.name) for frame in filled]
        if rows and all(row is not None for row in rows):
            stored[_PER_FRAME + column.name] = np.concatenate(rows)
    return stored


def frames_from_arrays(stored: Mapping[str, NDArray[Any]], joints: int) -> list[FrameDetections]:
    """Undo `frame_arrays`; raises `ValueError` where rows, joints or numbers cannot be so."""
    counts = stored["people_per_frame"]
    if counts.ndim != 1 or counts.dtype.kind not in "iu" or (counts.size and counts.min() < 0):
        raise ValueError("people_per_frame does not count people")
    total = int(counts.sum(dtype=np.int64))
    columns = {}
    for column in fields(FrameDetections):
        name = _PER_FRAME + column.name
        if name in stored:
            columns[column.name] = np.split(_checked(name, stored[name], total), _ends(counts))
        elif column.default is MISSING and column.default_factory is MISSING:
            raise ValueError(f"{name} is missing")
    found = [
        FrameDetections(**{name: rows[index] for name, rows in columns.items()})
        for index in range(len(counts))
    ]
    for frame in found:
        if frame.scores.shape[1] != joints:
            raise ValueError(f"it has {frame.scores.shape[1]} joints a person, expected {joints}")
    return found


def _ends(counts: NDArray[Any]) -> NDArray[np.int64]:
    return np.cumsum(counts, dtype=np.int64)[:-1]


def _checked(name: str, rows: NDArray[Any], total: int) -> NDArray[Any]:
    """Rows that are as many as there are people, and numbers that can be."""
    if rows.ndim < 1 or len(rows) != total:
        raise ValueError(f"{name} has shape {rows.shape}, expected {total} rows")
    if rows.dtype.kind not in _NUMBERS:
        raise ValueError(f"{name} holds no numbers but {rows.dtype}")
    if not np.isfinite(rows).all():
        raise ValueError(f"{name} holds NaN or infinity")
    if np.abs(rows.astype(np.float64)).max(initial=0) > FARTHEST:
        raise ValueError(f"{name} holds numbers that are far beyond any picture")
    scores = name.endswith("scores")
    if scores and rows.size and not 0 <= rows.min() <= rows.max() <= 1:
        raise ValueError(f"{name} holds numbers outside 0..1")
    return rows.astype(np.float32) if rows.dtype.kind == "f" else rows
