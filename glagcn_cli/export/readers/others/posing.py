"""Bodies of another program as poses: their unit, their axes, and points that were not seen."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....errors import InputError, UsageError
from ....lifting.gaps import bridge
from ....poses import PoseSequence
from ....skeleton import H36M17
from ..positions import DEFAULT_FPS, person_in_name
from .axes import (
    NAMED_AXES,
    UNITS,
    UP_AXES,
    Axes,
    height_of,
    in_camera_axes,
    is_mirrored,
    parse_axes,
    unit_of,
    up_axis,
)
from .recording import Recording

log = logging.getLogger(__name__)

AUTO = "auto"

MAX_GAP = 0.5
"""Seconds for which a missing point is interpolated, as in a video's 2D."""

MOVES, MOVES_LIKE_FEET = 0.15, 0.3
"""Metres that a root moves where bodies have a path of their own; or this share of what the ankles
move, since where bodies hang by the root, the ankles do all of it."""


TYPICAL = 1.5  # metres from ankles to ears, of bodies that are scaled to a height later


@dataclass(frozen=True)
class Naming:
    """What the user says of a file; `AUTO` and None leave it to the file and its bodies.

    Parameters
    ----------
    joints
        Name of a set of points (`joint_sets.BY_NAME`).
    axes
        As `axes.parse_axes` reads them.
    unit
        One of `axes.UNITS`.
    fps
        Frames a second.
    any_size
        Bodies are scaled to a height later, so that a unit that is not known does no harm.
    """

    joints: str = AUTO
    axes: str = AUTO
    unit: str = AUTO
    fps: Fraction | None = None
    any_size: bool = False

    @property
    def says_something(self) -> bool:
        """Whether the user says what only files of other programs need."""
        return (self.joints, self.axes, self.unit) != (AUTO, AUTO, AUTO)


class RecordedPoses(NamedTuple):
    """People of a file of another program.

    ``sequences`` hold H36M-17 joints in metres, axes x right, y down, z away, on their path where
    they have one; ``level`` says that up is exactly against y, and ``travels`` that they have a
    path. ``fps`` is None where nobody says it, and 30 stands in its place.
    """

    sequences: list[PoseSequence]
    level: bool
    travels: bool
    fps: Fraction | None


class Bodies(NamedTuple):
    """H36M-17 joints (frames, 17, 3) of people in the file's unit and axes, and what they are."""

    people: list[NDArray[np.float64]]
    fronts: list[NDArray[np.float64]]
    what: str
    axes: str


def posed(path: Path, recording: Recording, bodies: Bodies, naming: Naming) -> RecordedPoses:
    """Bring bodies to metres and to the camera's axes, and fill short gaps."""
    seen = [person[np.isfinite(person).all(axis=(1, 2))] for person in bodies.people]
    if not any(map(len, seen)):
        raise InputError(f"{path}: nobody has all joints in any frame")
    present = [person for person in seen if len(person)]
    unit, metres = _unit(path, present, recording, naming)
    axes = _axes(present, recording, bodies, naming, metres)
    said = "mirrored, " if axes.mirrored and naming.axes == AUTO else ""
    log.info(
        "%s: read as %s, %s, %saxes %s; --joints, --unit and --axes say otherwise",
        path, bodies.what, unit, said, _axes_text(axes),
    )  # fmt: skip
    fps = naming.fps or recording.fps
    numbers = recording.numbers or [person_in_name(path), *range(2, 1 + len(bodies.people))]
    scores = recording.scores or [np.ones(len(person)) for person in bodies.people]
    sequences = [
        _sequence(in_camera_axes(person * metres, axes), fps or DEFAULT_FPS, number, score)
        for person, number, score in zip(bodies.people, numbers, scores, strict=False)
    ]
    travels = any(_travels(body) for body in sequences if body.valid.any())
    return RecordedPoses(sequences, not axes.camera, travels, fps)


def _travels(body: PoseSequence) -> bool:
    """Tell bodies on their way from those that are about their root in every frame."""
    moved = np.ptp(body.joints[body.valid], axis=0).max(axis=-1)
    ankles = moved[H36M17.indices(["left_ankle", "right_ankle"])].max()
    return bool(moved[0] > MOVES or moved[0] >= MOVES_LIKE_FEET * ankles)


def _unit(
    path: Path, people: list[NDArray], recording: Recording, naming: Naming
) -> tuple[str, float]:
    """Return the unit's name and how many metres it is."""
    by_size = unit_of(people)
    if by_size is None and naming.any_size:
        return "of any size", TYPICAL / height_of(np.concatenate(people))
    if naming.unit != AUTO:
        return naming.unit, UNITS[naming.unit]
    said = recording.unit
    if by_size is None and said is None:
        raise UsageError(
            f"{path}: its people are not as tall as people in m, cm or mm; say --unit, or --height "
            "to scale them"
        )
    if said and by_size and by_size != said:
        log.warning("%s: says %s, but its people are as tall as people in %s", path, said, by_size)
    unit = by_size or str(said)
    return unit, UNITS[unit]


def _axes(
    people: list[NDArray], recording: Recording, bodies: Bodies, naming: Naming, metres: float
) -> Axes:
    """Take axes from the option, the file, how people stand, or the program's documentation."""
    if naming.axes != AUTO:
        return parse_axes(naming.axes)
    up = recording.up or up_axis(people)
    axes = parse_axes(UP_AXES[up] if up else NAMED_AXES[bodies.axes])
    turned = [person * metres @ axes.turn.T for person in people]
    fronts = [
        front[np.isfinite(person).all(axis=(1, 2))] * metres @ axes.turn.T
        for front, person in zip(bodies.fronts, bodies.people, strict=True)
        if np.isfinite(person).all(axis=(1, 2)).any()
    ]
    if is_mirrored(turned, fronts):
        axes.turn[2] *= -1
    return axes


def _axes_text(axes: Axes) -> str:
    """Write axes as `parse_axes` reads them."""
    parts = []
    for row in axes.turn:
        place = int(np.abs(row).argmax())
        parts.append(("-" if row[place] < 0 else "") + "xyz"[place])
    return ",".join(parts)


def _sequence(
    joints: NDArray[np.float64], fps: Fraction, person: int, scores: NDArray[np.float64]
) -> PoseSequence:
    """Make poses of joints (frames, 17, 3); short gaps of a joint are interpolated."""
    seen = np.asarray(np.isfinite(joints).all(axis=2))
    filled = joints.copy()
    frames = np.arange(len(joints))
    for joint in range(len(H36M17)):
        own = seen[:, joint]
        if own.any() and not own.all():
            for axis in range(3):
                line = np.interp(frames, frames[own], joints[own, joint, axis])
                filled[~own, joint, axis] = line[~own]
            seen[:, joint] = bridge(own, MAX_GAP * float(fps))
    valid = np.asarray(seen.all(axis=1))
    certain = scores if scores.ndim == 1 else np.median(scores, axis=1)
    return PoseSequence(
        joints=np.where(valid[:, None, None], filled, 0.0).astype(np.float32),
        scores=np.where(valid, certain, 0.0)[:, None].repeat(len(H36M17), 1).astype(np.float32),
        valid=valid,
        fps=fps,
        keypoints=np.full((*joints.shape[:2], 2), np.nan, np.float32),
        frame="camera",
        person=person,
    )
