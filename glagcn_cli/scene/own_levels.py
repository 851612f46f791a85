"""Tells at what heights one person stands who steps or jumps up or down in sight."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..smoothing import runs
from .contacts import ANKLE_HEIGHT, ANKLES
from .levels import BEYOND_DOUBT, LEAST_STEP, SHORTEST, TILT

DEPTH = 0.05
"""Expected error of a person's distance as a share of it, from one stand to the next."""

LOOK = 1.0  # seconds before and after a step from which its height is taken
LEAST_LOOK = 0.25  # seconds of them for which feet must stand
LONGEST_STEP = 2.5  # seconds without standing feet: a fall from 6 m takes 1.1
SUNK = 0.15  # metres by which a foot may be below the floor that it is put down on
STEADY = 0.25  # seconds to both sides for which a foot keeps its height
STEADY_HEIGHT = 0.25  # metres to which it keeps it: who falls half a metre is faster
UNSURE = 1.2  # seconds about a step in which the floor under feet is a mixture of both

_Array = NDArray[np.float64]


class Step(NamedTuple):
    """A step to another floor: frames between which no foot stands, and metres upwards."""

    start: int
    stop: int
    up: float


def own_levels(
    joints: _Array, contacts: NDArray[np.bool_], sight: _Array, valid: NDArray[np.bool_],
    fps: Fraction,
) -> _Array:  # fmt: skip
    """Return how far above the lowest one (frames,) the floors lie that a body stands on, metres.

    Zero throughout, but where a step up or down is beyond doubt.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, y up, at the height that the picture gives.
    contacts
        (frames, 2) bool: the left and the right foot stand.
    sight
        (frames, 3) metres from the camera to the body.
    valid, fps
        Frames with a pose, and frames per second.
    """
    levels = np.zeros(len(joints))
    standing, lowest = _heights(joints, contacts, valid, float(fps))
    away = np.linalg.norm(sight[:, ::2], axis=1)
    for run in runs(valid):
        steps = _steps(standing[run], away[run], float(fps))
        levels[run] = _by_steps(steps, lowest[run], standing[run])
    return levels


def floor_below(
    floor: _Array, levels: _Array, joints: _Array, contacts: NDArray[np.bool_],
    valid: NDArray[np.bool_], fps: Fraction,
) -> _Array:  # fmt: skip
    """Return the height (frames,) of the lowest floor, from that under the feet, metres.

    About a step, feet that stand tell it, and not the lowest part of the body. Parameters as in
    `own_levels`; `floor` (frames,) is the height of the floor under the feet.
    """
    lowest = floor - levels
    about = round(UNSURE * float(fps))
    standing, _ = _heights(joints, contacts, valid, float(fps))
    for run in runs(valid):
        changes = np.flatnonzero(np.diff(levels[run])) + run.start
        sure = np.zeros(len(floor), bool)
        sure[run] = True
        for change in changes:
            sure[max(run.start, change - about) : change + about + 1] = False
        if not len(changes):
            continue
        for stand in runs(np.isfinite(standing) & ~sure & _within(run, len(floor))):
            lowest[stand] = np.median(standing[stand] - levels[stand])
            sure[stand] = True
        if sure.any():
            frames = np.arange(run.start, run.stop)
            lowest[run] = np.interp(frames, np.flatnonzero(sure), lowest[sure])
    return lowest


def _within(run: slice, frames: int) -> NDArray[np.bool_]:
    """Return which of so many frames lie in a run."""
    inside = np.zeros(frames, bool)
    inside[run] = True
    return inside


def _heights(
    joints: _Array, contacts: NDArray[np.bool_], valid: NDArray[np.bool_], fps: float
) -> tuple[_Array, _Array]:
    """Return heights (frames,) of the lowest standing sole, infinite for none, and of the lower."""
    soles = joints[:, ANKLES, 1] - ANKLE_HEIGHT
    standing = np.where(contacts, soles, np.inf).min(axis=1)
    lowest = soles.min(axis=1)
    for run in runs(valid):
        standing[run] = _with_those_who_fell(standing[run], lowest[run], fps)
    return standing, lowest


def _with_those_who_fell(standing: _Array, lowest: _Array, fps: float) -> _Array:
    """Add frames in which the lower foot keeps its height far below the floor it stood on before.

    Contacts are looked for about one floor, and quick feet that landed on another may give none.
    Who stays at one height under a floor is carried by a lower one.
    """
    if not np.isfinite(standing).any():
        return standing
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    window = 2 * max(1, round(STEADY * fps)) + 1
    swing = maximum_filter1d(lowest, window) - minimum_filter1d(lowest, window)
    before = np.median(standing[np.isfinite(standing)])
    fell = (swing < STEADY_HEIGHT) & (lowest < before - LEAST_STEP) & ~np.isfinite(standing)
    return np.where(fell, lowest, standing)


def _steps(standing: _Array, away: _Array, fps: float) -> list[Step]:
    """Return steps from floor to floor in a run of frames; heights are infinite in the air."""
    stands = runs(np.isfinite(standing))
    look, least = round(LOOK * fps), LEAST_LOOK * fps
    found = []
    for before, after in pairwise(stands):
        start, stop = before.stop, after.start
        then, now = standing[max(0, start - look) : start], standing[stop : stop + look]
        then, now = then[np.isfinite(then)], now[np.isfinite(now)]
        if stop - start > LONGEST_STEP * fps or min(len(then), len(now)) < least:
            continue
        heights = float(np.median(then)), float(np.median(now))
        doubt = np.hypot(DEPTH * max(map(abs, heights)), TILT * abs(away[stop] - away[start - 1]))
        up = heights[1] - heights[0]
        if abs(up) > max(LEAST_STEP, BEYOND_DOUBT * doubt):
            found.append(Step(start, stop, up))
    return _stood_between(found, np.isfinite(standing), fps)


def _stood_between(steps: list[Step], stands: NDArray[np.bool_], fps: float) -> list[Step]:
    """Leave out steps before or after which nobody stood for long."""
    kept: list[Step] = []
    for number, step in enumerate(steps):
        since = kept[-1].stop if kept else 0
        until = steps[number + 1].start if number + 1 < len(steps) else len(stands)
        sides = stands[since : step.start].sum(), stands[step.stop : until].sum()
        if min(sides) >= SHORTEST * fps:
            kept.append(step)
    return kept


def _by_steps(steps: list[Step], lowest: _Array, standing: _Array) -> _Array:
    """Return the levels (frames,) that steps lead to; in the air, of the floor below the feet."""
    levels = np.zeros(len(lowest))
    for step in steps:
        levels[step.stop :] += step.up
    for step in steps:
        before, after = levels[step.start - 1], levels[step.stop]
        own = np.nanmedian(np.where(np.isfinite(standing), standing - levels, np.nan))
        above = lowest[step.start : step.stop] - own >= max(before, after) - SUNK
        levels[step.start : step.stop] = np.where(above, max(before, after), min(before, after))
    return np.asarray(levels - levels.min(initial=0.0))
