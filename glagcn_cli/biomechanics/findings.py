"""What a person's clip cannot tell, in sentences for a report."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..halves import LOWER
from ..poses import PoseSequence
from ..smoothing import low_pass, runs
from .body_axes import bone, pelvis_axes
from .cycles import strides
from .gait import CUTOFF, Gait
from .gait_events import LEAST_HEIGHT, LEAST_SWING, Legs
from .repetitions import Repetitions

LEAST_CYCLES = 3
"""Cycles of a side, below which a mean says little of the person."""

SHORTEST = 1.5
"""Seconds in which three steps fit."""

LEAST_POSES = 0.9
"""Share of the frames with a pose, below which the gaps are told."""

AHEAD = 30.0
"""Degrees between where a person faces and the line to the camera, up to which the swing of the
limbs is depth."""


class View(NamedTuple):
    """Where the camera sees a person from, as it is at most times.

    ``degrees`` from where the person faces to the camera, 0 to 180; ``name`` in words.
    """

    degrees: float
    name: str


def find_view(sequence: PoseSequence, gait: Gait | None = None) -> View | None:
    """Find the view of a person while they walk, or at all times; None without a pose."""
    frames = sequence.valid
    if gait is not None and gait.found:
        frames = frames & gait.walking
    joints = sequence.joints[frames].astype(np.float64)
    if not len(joints):
        return None
    forward = np.nan_to_num(pelvis_axes(joints, sequence.joint_set)[:, 0])
    level = np.hypot(forward[:, 0], forward[:, 2])
    known = level > 1e-6
    if not known.any():
        return None
    degrees = np.degrees(np.arccos(np.clip(forward[known, 2] / level[known], -1, 1)))
    found = float(np.median(degrees))
    names = ((AHEAD, "the front"), (75.0, "the front and the side"), (105.0, "the side"))
    for limit, name in (*names, (150.0, "the back and the side"), (180.1, "behind")):
        if found <= limit:
            return View(found, name)
    return None


def why_no_gait(sequence: PoseSequence) -> str:
    """Say why no gait was found in a clip, as far as the poses tell."""
    hidden = sequence.absent is not None and LOWER.mask(sequence.joint_set)[sequence.absent].any()
    if hidden:
        return "the legs were not seen"
    whole = len(sequence) / float(sequence.fps)
    if whole < SHORTEST:
        return f"the clip lasts {whole:.1f} s, and three steps take {SHORTEST:g} s"
    long = [run for run in runs(sequence.valid) if _seconds(sequence, run) >= SHORTEST]
    if not long:
        return f"no stretch of {SHORTEST:g} s has poses in all frames"
    if not any(_stands(sequence, run) for run in long):
        return (
            "the hips are too low above the ankles for walking, as of people who sit, kneel, lie "
            "or use a wheelchair"
        )
    if not any(_swings(sequence, run) for run in long):
        return "the feet hardly move against the pelvis, as of people who stand"
    return "left and right foot do not strike in turn at least three times"


def _seconds(sequence: PoseSequence, run: slice) -> float:
    return (run.stop - run.start) / float(sequence.fps)


def _leg(sequence: PoseSequence, run: slice) -> float:
    joints = sequence.joints[run]
    pairs = (("left_hip", "left_knee"), ("left_knee", "left_ankle"))
    bones = [np.linalg.norm(bone(joints, sequence.joint_set, *pair), axis=1) for pair in pairs]
    return float(np.median(np.sum(bones, axis=0)))


def _stands(sequence: PoseSequence, run: slice) -> bool:
    """Tell whether hips are high above ankles in a fifth of the frames."""
    joints = sequence.joints[run]
    raised = -bone(joints, sequence.joint_set, "left_hip", "left_ankle")[:, 1]
    return float((raised >= LEAST_HEIGHT * _leg(sequence, run)).mean()) > 0.2


def _swings(sequence: PoseSequence, run: slice) -> bool:
    """Tell whether both feet go to and fro against the pelvis as in a step."""
    joints = low_pass(sequence.joints, sequence.valid, sequence.fps, CUTOFF)[run]
    legs = Legs(joints, sequence.joint_set, float(sequence.fps), None)
    ranges = np.subtract(*np.percentile(legs.ahead, [95, 5], axis=0))
    return bool((ranges >= LEAST_SWING * _leg(sequence, run)).all())


def unknown(sequence: PoseSequence, gait: Gait, repetitions: Repetitions) -> list[str]:
    """Return what cannot be said of a person, and what to be careful with.

    Parameters
    ----------
    sequence
        Scene frame.
    gait, repetitions
        Of the same person.
    """
    told = []
    if not gait.found:
        told.append(f"No gait was found: {why_no_gait(sequence)}. Figures of gait are not given.")
        if not len(repetitions):
            told.append(
                "No repetitions of an exercise were found, of which three are needed: there are no "
                "cycles."
            )
    else:
        told += _of_gait(gait)
    told += _of_view(find_view(sequence, gait))
    share = float(sequence.valid.mean())
    if share < LEAST_POSES:
        told.append(f"Only {share:.0%} of the frames have a pose; the rest is left out.")
    if sequence.absent is not None:
        told.append("Half of the body was never seen; its angles are not given.")
    if sequence.uncertainty is None:
        told.append("The lifter has no estimate of its errors, so there are no error bars.")
    return told


def _of_gait(gait: Gait) -> list[str]:
    told = []
    counts = [len(strides(gait, side)) for side in range(2)]
    for name, count in zip(("left", "right"), counts, strict=True):
        if count == 0:
            told.append(f"No whole stride of the {name} foot is in the clip: its cycle is missing.")
    if 0 < min(counts) < LEAST_CYCLES:
        told.append(
            f"There are {counts[0]} strides of the left and {counts[1]} of the right foot: too few "
            "to tell a habit from chance."
        )
    if not np.isfinite(gait.speeds).any():
        told.append(
            "The pelvis stays in place (a treadmill, or a camera that goes along): speed and "
            "lengths are not given."
        )
    return told


def _of_view(view: View | None) -> list[str]:
    if view is None or AHEAD < view.degrees < 180 - AHEAD:
        return []
    return [
        f"The person is seen from {view.name}: flexion of hips and knees and lengths of steps are "
        "depth, which one camera sees worst. Film from the side for these."
    ]
