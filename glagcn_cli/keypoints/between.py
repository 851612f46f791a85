"""Frames that the 2D stage does not look at, and the people in them by splines over time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..shots.shots import Shot, between_cuts
from ..skeleton import JointSet
from ..smoothing import runs
from ..tracking.tracklets import Tracklet, follow
from .clip import nobody

T = TypeVar("T")

CUBIC = 3


def looked_at_every(fps: Fraction, rate: float) -> int:
    """Return N where every Nth frame of a clip is looked at.

    Parameters
    ----------
    fps
        Frames per second of the clip.
    rate
        Frames per second to look at, which the result comes nearest to; 0 for all frames.
    """
    return max(1, round(float(fps) / rate)) if rate > 0 else 1


def looked_at(index: int, is_last: bool, every: int) -> bool:
    """Tell whether a frame is looked at: every Nth of a clip, and the last."""
    return is_last or index % every == 0


def marking_last(items: Iterable[T]) -> Iterator[tuple[T, bool]]:
    """Give items, each with whether it is the last."""
    before: list[T] = []
    for item in items:
        if before:
            yield before.pop(), False
        before.append(item)
    if before:
        yield before.pop(), True


def people_between(
    frames: Sequence[FrameDetections],
    every: int,
    joint_set: JointSet,
    fps: Fraction,
    cuts: Sequence[int] = (),
) -> list[FrameDetections]:
    """Place people in the frames that were not looked at.

    People are followed over the frames that were looked at. Between two of these in which somebody
    is, joints move along cubic splines; at the ends of a shot they stay where they are.

    Parameters
    ----------
    frames
        All frames of a clip; those that `looked_at` leaves out are ignored.
    every
        As `looked_at_every` returns it.
    joint_set
        Of the keypoints.
    fps
        Frames per second of the clip.
    cuts
        First frames of shots; nobody is followed over a cut.
    """
    if every == 1:
        return list(frames)
    count = len(frames)
    numbers = np.array([k for k in range(count) if looked_at(k, k == count - 1, every)])
    keys = [frames[number] for number in numbers]
    bodies = [key.body for key in keys]
    added: list[list[FrameDetections]] = [[] for _ in frames]
    for shot in between_cuts(cuts, count):
        start, stop = np.searchsorted(numbers, (shot.start, shot.stop)).tolist()
        for tracklet in follow(bodies, start, stop, float(fps) / every):
            for number, person in _in_between(keys, numbers, tracklet, shot):
                added[number].append(person)
    filled = [_together(people) if people else nobody(joint_set) for people in added]
    for number, key in zip(numbers, keys, strict=True):
        filled[number] = key
    return filled


def _in_between(
    keys: Sequence[FrameDetections], numbers: NDArray[np.intp], person: Tracklet, shot: Shot
) -> Iterator[tuple[int, FrameDetections]]:
    """Give the frames between those in which a person was found, and the person in each."""
    found, rows = np.array(person.frames), np.array(person.rows)
    first, last = np.searchsorted(numbers, (shot.start, shot.stop)) - (0, 1)
    there = np.zeros(len(numbers), bool)
    there[found] = True
    for run in runs(there):
        at = numbers[run]
        start = shot.start if run.start == first else at[0]
        stop = shot.stop if run.stop - 1 == last else at[-1] + 1
        wanted = np.setdiff1d(np.arange(start, stop), at)
        if not len(wanted):
            continue
        own = rows[np.isin(found, np.arange(run.start, run.stop))]
        people = [
            _one(keys[k], row) for k, row in zip(range(run.start, run.stop), own, strict=True)
        ]
        yield from zip(wanted.tolist(), _interpolated(at, people, wanted), strict=True)


def _one(frame: FrameDetections, row: int) -> FrameDetections:
    """Return one person of a frame alone."""
    known = {name: values for name, values in vars(frame).items() if values is not None}
    return FrameDetections(**{name: values[[row]] for name, values in known.items()})


def _interpolated(
    at: NDArray[np.intp], people: Sequence[FrameDetections], wanted: NDArray[np.intp]
) -> Iterator[FrameDetections]:
    """Give one person at wanted frames, from the frames `at`; held before and after them."""
    from scipy.interpolate import make_interp_spline  # slow to import, and not needed for 30 fps

    time = np.clip(wanted, at[0], at[-1])
    values: dict[str, NDArray[np.float64]] = {}
    for name, first in vars(people[0]).items():
        if first is None or name == "clothes":  # nobody looked
            continue
        given = np.concatenate([getattr(one, name) for one in people]).astype(np.float64)
        degree = CUBIC if name == "keypoints" and len(at) > CUBIC else 1
        values[name] = (
            np.repeat(given, len(wanted), axis=0)
            if len(at) == 1
            else make_interp_spline(at, given, k=degree)(time)
        )
    for number in range(len(wanted)):
        row = {name: np.asarray(all_[number], np.float32)[None] for name, all_ in values.items()}
        if people[0].clothes is not None:
            row["clothes"] = np.zeros_like(people[0].clothes)
        yield FrameDetections(**row)


def _together(people: Sequence[FrameDetections]) -> FrameDetections:
    """Put the people of a frame into one."""
    columns = [name for name, values in vars(people[0]).items() if values is not None]
    return FrameDetections(
        **{name: np.concatenate([getattr(one, name) for one in people]) for name in columns}
    )
