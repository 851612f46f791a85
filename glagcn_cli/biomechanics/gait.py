"""Gait: foot strikes and toe-offs, cadence, step length and stance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..halves import LOWER
from ..poses import PoseSequence
from ..smoothing import low_pass, runs
from .gait_events import Frames, Legs, Row, step_frames
from .joint_angles import SIDES

FOOT_FLAT = (0.2, 0.6)
"""Step times after a strike between which the foot lies flat: its ankle does not move."""

IN_PLACE = 0.5
"""Share of the feet's speed against the pelvis above which the pelvis travels. Below it the person
walks on a belt, or the camera moves along, and steps have no length."""

CUTOFF = 6.0
"""Hertz: the usual cutoff for gait in biomechanics."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gait:
    """Gait events of one person. Pairs are the left and the right foot.

    Parameters
    ----------
    strikes, toe_offs
        Frame numbers, rising; empty where there is no gait.
    walking
        (frames,) bool: frames of gait, from the first event of a row of steps to its last.
    step_seconds, step_metres
        One for each of `strikes`: time since the other foot's strike, and distance ahead of that
        foot. NaN for the first strike of a row; metres also where the clip ends before the foot
        lies flat, and where the pelvis stays in place.
    stance_shares
        Share of every stride (from a strike to the same foot's next) with the foot on the floor.
    speeds
        Speed of the pelvis over the floor, m/s, one for each row of steps; NaN in place.
    fps
        Frames per second, exact.
    """

    strikes: tuple[Frames, Frames]
    toe_offs: tuple[Frames, Frames]
    walking: NDArray[np.bool_]
    step_seconds: tuple[Floats, Floats]
    step_metres: tuple[Floats, Floats]
    stance_shares: tuple[Floats, Floats]
    speeds: Floats
    fps: Fraction

    @property
    def found(self) -> bool:
        """True with a gait anywhere."""
        return bool(self.walking.any())

    def summary(self) -> dict[str, float]:
        """Return medians over all steps, NaN where unknown; empty without a gait.

        `cadence` steps a minute, `speed` metres a second, `step_length` metres and `stance_share`
        0..1 of both sides together, and the last two of each side with its name before them.
        """
        if not self.found:
            return {}
        figures = {
            "cadence": 60.0 / _median(np.concatenate(self.step_seconds)),
            "speed": _median(self.speeds),
            "step_length": _median(np.concatenate(self.step_metres)),
            "stance_share": _median(np.concatenate(self.stance_shares)),
        }
        for side, metres, shares in zip(SIDES, self.step_metres, self.stance_shares, strict=True):
            figures[f"{side}_step_length"] = _median(metres)
            figures[f"{side}_stance_share"] = _median(shares)
        return figures


class _Measured(NamedTuple):
    """Events and measures of one row of steps, of the left and the right foot."""

    strikes: tuple[Frames, ...]
    toe_offs: tuple[Frames, ...]
    step_seconds: tuple[Floats, ...]
    step_metres: tuple[Floats, ...]
    stance_shares: tuple[Floats, ...]
    speed: float


def find_gait(sequence: PoseSequence) -> Gait:
    """Find foot strikes and toe-offs, where there is a gait.

    A gait has at least three alternating strikes of left and right foot, 0.2 to 1 s apart, and no
    step twice as long as its neighbour. Each foot moves a quarter of a leg's length to and fro
    against the pelvis and lands that far ahead of the other. The hip is at least 0.6 leg lengths
    above the striking foot (`gait_events.py` has the thresholds). Where contacts are known, at
    least half of the strikes of a row must be followed by one. Standing, waving, sitting, squatting
    and lunges are no gait; running is, although the method was made for walking.

    Parameters
    ----------
    sequence
        Scene frame (y up, metres), with hips, spine and legs in its joint set. The direction of
        walking is that of the pelvis's path, or that the pelvis faces where it stays in place.
    """
    if sequence.frame != "scene":
        raise ValueError(f"poses are in the {sequence.frame} frame, expected the scene frame")
    sequence = sequence.of_body()
    measured: list[_Measured] = []
    joints = low_pass(sequence.joints, sequence.valid, sequence.fps, CUTOFF)
    has_legs = sequence.absent is None or not LOWER.mask(sequence.joint_set)[sequence.absent].any()
    for run in runs(sequence.valid & has_legs):
        contacts = None if sequence.contacts is None else sequence.contacts[run]
        legs = Legs(joints[run], sequence.joint_set, float(sequence.fps), contacts)
        measured += [_measure(legs, row, run.start) for row in legs.rows()]
    walking = np.zeros(len(sequence), bool)
    for row in measured:
        events = np.concatenate([*row.strikes, *row.toe_offs])
        walking[events.min() : events.max() + 1] = True
    return Gait(
        strikes=_joined((row.strikes for row in measured), np.intp),
        toe_offs=_joined((row.toe_offs for row in measured), np.intp),
        walking=walking,
        step_seconds=_joined((row.step_seconds for row in measured), np.float64),
        step_metres=_joined((row.step_metres for row in measured), np.float64),
        stance_shares=_joined((row.stance_shares for row in measured), np.float64),
        speeds=np.array([row.speed for row in measured]),
        fps=sequence.fps,
    )


def _measure(legs: Legs, row: Row, start: int) -> _Measured:
    """Measure a row of strikes in a stretch that starts at frame `start`."""
    ahead, foot = np.array(row, np.intp).T
    frames = legs.touches(row)
    seconds = np.diff(frames, prepend=np.nan) / legs.fps
    speed = _speed(legs, row)
    metres = np.full(len(row), np.nan) if np.isnan(speed) else _step_metres(legs, row)
    sides = [foot == side for side in range(2)]
    strikes = tuple(frames[side] for side in sides)
    toe_offs = tuple(legs.toe_offs(row, side) for side in range(2))
    return _Measured(
        strikes=tuple(start + events for events in strikes),
        toe_offs=tuple(start + events for events in toe_offs),
        step_seconds=tuple(seconds[side] for side in sides),
        step_metres=tuple(metres[side] for side in sides),
        stance_shares=tuple(
            _stance_shares(ahead[side], *both)
            for side, *both in zip(sides, strikes, toe_offs, strict=True)
        ),
        speed=speed,
    )


def _stance_shares(ahead: Frames, strikes: Frames, toe_offs: Frames) -> Floats:
    """Compute the share of stance in strides; a toe-off lies between two frames ahead."""
    offs = [toe_offs[(toe_offs > a) & (toe_offs < b)][0] for a, b in pairwise(ahead)]
    return (np.array(offs, np.float64) - strikes[:-1]) / np.diff(strikes)


def _speed(legs: Legs, row: Row) -> float:
    """Compute the pelvis's speed over the floor, first to last strike, m/s; NaN in place."""
    span = slice(row[0][0], row[-1][0] + 1)
    along = np.gradient(legs.root, axis=0) * legs.fps * legs.direction
    speed = float(along[span].sum(axis=-1).mean())
    return speed if speed > IN_PLACE * float(legs.back_speeds(row).mean()) else float("nan")


def _step_metres(legs: Legs, row: Row) -> Floats:
    """Compute the metres of the step ending in each strike, between places where feet lie flat.

    At the strike itself the ankle of the other foot has already rolled forwards by centimetres.
    """
    low, high = (round(share * step_frames(row)) for share in FOOT_FLAT)
    places = np.full((len(row), 2), np.nan)
    for number, (frame, side) in enumerate(row):
        if frame + high < len(legs.ankles):
            flat = legs.ankles[frame + low : frame + high + 1, side]
            places[number] = np.median(flat, axis=0)
    direction = legs.direction[[frame for frame, _ in row]]
    return np.sum(np.diff(places, axis=0, prepend=np.nan) * direction, axis=-1)


def _joined(parts: Iterable[tuple[NDArray, ...]], dtype: type) -> tuple[NDArray, NDArray]:
    """Join the rows of each side."""
    rows = list(parts)
    left, right = (
        np.concatenate([np.array([], dtype), *(row[side] for row in rows)]) for side in range(2)
    )
    return left, right


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
