"""Finds the frames in which feet stand on the floor."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..lifting.gaps import bridge
from ..poses import PoseSequence
from ..skeleton import H36M17
from ..smoothing import low_pass, runs

ANKLES = H36M17.indices(["left_ankle", "right_ankle"])
_KNEES = H36M17.indices(["left_knee", "right_knee"])

LOWEST_ANKLE = 0.04
"""Metres above the floor: of a foot laid down flat, toes stretched."""

ANKLE_HEIGHT = 0.08
"""Metres between the floor and the ankle of a standing foot."""


class Evidence(NamedTuple):
    """Evidence of feet on the floor, (frames, 2) each: the left and the right foot.

    ``across`` is an ankle's speed in the picture, in metres a second at the person's depth, where a
    standing foot rests independently of the lifter. ``speed`` is that of the 3D ankle, ``height``
    its metres above that of a standing foot, ``rise`` the sine of the angle at which the shank
    rises from it, ``score`` the 2D's.
    """

    across: NDArray[np.float64]
    speed: NDArray[np.float64]
    height: NDArray[np.float64]
    rise: NDArray[np.float64]
    score: NDArray[np.float64]


SLOW, FASTEST_3D = 0.30, 1.2  # metres a second
LOW = 0.15  # metres
HEEL_OFF = 0.04
"""Metres above the lowest fifth of a contact at which the ankle has risen: the heel is off."""

STANDING_RISE = 0.5
"""Least `rise` of the shank above a standing foot, which lying and kneeling people stay below."""

LEAST_SCORE = 0.25
SHORTEST, LONGEST_GAP = 0.10, 0.06  # seconds of a contact; of a gap within one
PICTURE_CUTOFF = 6.0  # hertz: faster, the 2D of an ankle is noise
STEP = 0.06  # seconds to both sides over which speeds are measured


def find_contacts(
    body: PoseSequence, placed: NDArray[np.float64], pixels_a_metre: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Find the frames in which feet stand on the floor.

    Parameters
    ----------
    body
        Poses of H36M-17 with their 2D, seen by a camera that stands still.
    placed
        (frames, 17, 3) metres: joints in the scene, y up, floor at y = 0.
    pixels_a_metre
        (frames,) pixels a metre at the person's depth.

    Returns
    -------
    NDArray
        (frames, 2) bool: left, right.
    """
    return find_contacts_of(evidence(body, placed, pixels_a_metre), body)


def find_contacts_of(seen: Evidence, body: PoseSequence) -> NDArray[np.bool_]:
    """Find the frames in which feet stand on the floor, by evidence of the poses of a body."""
    contacts = (
        (seen.across < SLOW)
        & (seen.speed < FASTEST_3D)
        & (seen.height < LOW)
        & (seen.rise > STANDING_RISE)
        & (seen.score >= LEAST_SCORE)
        & body.valid[:, None]
    )
    fps = float(body.fps)
    for foot in range(2):
        held = bridge(contacts[:, foot], LONGEST_GAP * fps) & body.valid
        contacts[:, foot] = False
        for run in runs(held):
            flat = _flat(run, seen.height[run, foot])
            contacts[flat, foot] = flat.stop - flat.start >= SHORTEST * fps
    return contacts


def _flat(run: slice, height: NDArray[np.float64]) -> slice:
    """Return the part of a contact between heel strike and heel-off."""
    low = np.flatnonzero(height <= np.percentile(height, 20) + HEEL_OFF)
    return slice(run.start + int(low[0]), run.start + int(low[-1]) + 1)


def evidence(
    body: PoseSequence, placed: NDArray[np.float64], pixels_a_metre: NDArray[np.float64]
) -> Evidence:
    """Measure the evidence of contacts; parameters as in `find_contacts`."""
    fps = float(body.fps)
    pixels = low_pass(body.keypoints[:, ANKLES], body.valid, body.fps, PICTURE_CUTOFF)
    joints = placed[:, ANKLES]
    shank = placed[:, _KNEES] - joints
    return Evidence(
        speeds(pixels, body.valid, fps) / pixels_a_metre[:, None],
        speeds(joints, body.valid, fps),
        joints[..., 1] - ANKLE_HEIGHT,
        shank[..., 1] / np.linalg.norm(shank, axis=-1).clip(1e-9),
        body.scores[:, ANKLES].astype(np.float64),
    )


def own_evidence(body: PoseSequence, placed: NDArray[np.float64]) -> Evidence:
    """Measure the evidence of contacts where there is no picture: `across` is the 3D speed too."""
    everywhere = np.ones(len(placed))
    blind = replace(body, keypoints=np.zeros((*placed.shape[:2], 2), np.float32))
    seen = evidence(blind, placed, everywhere)
    return seen._replace(across=seen.speed)


def speeds(paths: NDArray[np.float64], valid: NDArray[np.bool_], fps: float) -> NDArray[np.float64]:
    """Compute speeds (frames, feet) a second of paths (frames, feet, 2 or 3), about each frame."""
    reach = max(1, round(STEP * fps))
    speed = np.zeros(paths.shape[:2])
    for run in runs(valid):
        frames = np.arange(run.start, run.stop)
        before = np.maximum(frames - reach, run.start)
        after = np.minimum(frames + reach, run.stop - 1)
        moved = np.linalg.norm(paths[after] - paths[before], axis=-1)
        speed[run] = moved * (fps / np.maximum(after - before, 1))[:, None]
    return speed
