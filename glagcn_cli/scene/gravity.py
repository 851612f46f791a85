"""Finds the direction against gravity, from the lifter's estimates or from standing people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..poses import PoseSequence
from ..skeleton import H36M17

CAMERA_UP = np.array([0.0, -1.0, 0.0])

STANDING = 0.9
"""Distance from ankles to thorax, as a share of the bones between, above which a body stands."""

LARGEST_TILT = 60.0  # degrees between the camera's up and a body that counts as standing

LARGEST_LEAN = 30.0
"""Largest correction of a body's lean, degrees; a larger lean is real, not an error of the
lifter."""

STANDING_SHARE = 0.5
"""Weight of standing bodies against the lifter's estimates where both agree; their mean has a
smaller error than either."""

DISAGREEMENT = 15.0
"""Degrees between the two from which bodies have no weight, since they lean."""

AGREEMENT = 3.0
"""Degrees within which directions are averaged; beyond, they count by their side alone."""

LEAST_AGREEMENT = 0.1
"""Length of the mean of directions below which they have no common direction."""

_ROUNDS = 50  # of the reweighted mean, which settles in about ten

_ANKLES = H36M17.indices(["left_ankle", "right_ankle"])
_THORAX = H36M17.index("thorax")
_TRUNK = [("hip", "spine"), ("spine", "thorax")]
_LEGS = [
    (f"{side}_{upper}", f"{side}_{lower}")
    for side in ("left", "right")
    for upper, lower in (("hip", "knee"), ("knee", "ankle"))
]


def scene_up(sequences: Sequence[PoseSequence]) -> NDArray[np.float64]:
    """Find one direction against gravity for a clip; the camera is assumed to stand still.

    Parameters
    ----------
    sequences
        Camera frame; all people of a clip.

    Returns
    -------
    NDArray
        (3,) unit vector, camera frame: robust mean of the lifter's estimates over all people and
        frames, and of `standing_up`, with less weight the more it differs. Without estimates,
        `standing_up` alone.
    """
    estimates = [s.up[s.valid] for s in sequences if s.up is not None and s.valid.any()]
    up = robust_direction(np.concatenate(estimates)) if estimates else None
    standing = standing_up(sequences)
    if up is None:
        return standing
    if standing is CAMERA_UP:  # nobody stands
        return up
    apart = float(np.degrees(np.arccos(np.clip(up @ standing, -1, 1))))
    share = STANDING_SHARE * max(0.0, 1 - apart / DISAGREEMENT)
    mixed = (1 - share) * up + share * standing
    return np.asarray(mixed / np.linalg.norm(mixed))


def upright(body: PoseSequence, up: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation (3, 3) from a body's own up to the scene's.

    A lifter does not know how steeply it looks at a person, so people at different heights of the
    picture lean by different angles. Its estimate of gravity leans with them. Without an estimate,
    people who never stand are not turned.
    """
    own = scene_up([body])
    if own is CAMERA_UP or np.allclose(own, up) or own @ up < np.cos(np.radians(LARGEST_LEAN)):
        return np.eye(3)
    return Rotation.align_vectors(up[None], own[None])[0].as_matrix()


def robust_direction(
    directions: NDArray[np.floating], weights: NDArray[np.floating] | None = None
) -> NDArray[np.float64] | None:
    """Compute a mean direction that a minority of outliers does not move.

    Near the mean, directions count by their squared distance, beyond `AGREEMENT` by their distance:
    a geometric median with a mean at its middle, found by iterated reweighting.

    Parameters
    ----------
    directions
        (n, 3) unit vectors, at least one. A prior is another row.
    weights
        (n,) weight of each; None for equal ones.

    Returns
    -------
    NDArray or None
        (3,) unit vector; None without a common direction.
    """
    points = directions.astype(np.float64)
    given = np.ones(len(points)) if weights is None else weights.astype(np.float64)
    near = 2 * np.sin(np.radians(AGREEMENT) / 2)
    middle = np.median(points, axis=0)
    for _ in range(_ROUNDS):
        distance = np.linalg.norm(points - middle, axis=1)
        counts = given / np.maximum(distance, near)
        middle = counts @ points / counts.sum()
    length = np.linalg.norm(middle)
    return None if length < LEAST_AGREEMENT else middle / length


def standing_up(sequences: Sequence[PoseSequence]) -> NDArray[np.float64]:
    """Find the direction away from the floor from bodies that stand upright.

    Returns
    -------
    NDArray
        (3,) unit vector, camera frame; the camera's own up when nobody stands. Stretched bodies
        further from it than a held camera tilts are lying.
    """
    directions = np.concatenate([_standing_directions(sequence) for sequence in sequences])
    directions = directions[directions @ CAMERA_UP >= np.cos(np.radians(LARGEST_TILT))]
    if not len(directions):
        return CAMERA_UP
    # The median of each coordinate, since people bend more often than cameras tilt.
    up = np.median(directions, axis=0)
    return up / np.linalg.norm(up)


def _standing_directions(sequence: PoseSequence) -> NDArray[np.float64]:
    """Return directions (n, 3) from ankles to thorax in frames with a stretched body."""
    joints = sequence.joints[sequence.valid].astype(np.float64)
    body = joints[:, _THORAX] - joints[:, _ANKLES].mean(axis=1)
    length = np.linalg.norm(body, axis=1)
    standing = length >= STANDING * (_length(joints, _TRUNK) + _length(joints, _LEGS) / 2)
    return body[standing] / length[standing, None]


def _length(joints: NDArray[np.float64], bones: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """Compute the length (frames,) of bones together."""
    ends = np.array([H36M17.indices(bone) for bone in bones])
    return np.linalg.norm(joints[:, ends[:, 1]] - joints[:, ends[:, 0]], axis=-1).sum(axis=1)
