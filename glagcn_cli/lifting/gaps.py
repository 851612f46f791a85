"""Fills in joints and people that were not seen, and lays out what was lifted between gaps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..poses import LiftedJoints
from ..skeleton import H36M17
from .normalisation import BODY, FILLED_SCORE

ROOT_BELOW_THORAX = 1.96
"""Length from thorax to hip as a multiple of that from thorax to head, in the resting body."""

ROOT_BELOW_SHOULDERS = 1.3
"""The same length as a multiple of the shoulders' width, without a visible head."""

ROOT_BELOW_UPPER_ARM = 1.6
"""The same length as a multiple of an upper arm, since shoulders from the side have no width."""

WELL_SEEN = 0.4
"""Share of visible joints in a frame above which joints unseen for long are missing. An upper body
has 9 of 17. With fewer, the detector's guesses are used."""

_ROOT, _THORAX, _HEAD = H36M17.indices(["hip", "thorax", "head"])
_HINTS = (
    (H36M17.indices(["left_shoulder", "right_shoulder"]), ROOT_BELOW_SHOULDERS),
    (H36M17.indices(["left_shoulder", "left_elbow"]), ROOT_BELOW_UPPER_ARM),
    (H36M17.indices(["right_shoulder", "right_elbow"]), ROOT_BELOW_UPPER_ARM),
)
"""Lengths in the picture that the distance from thorax to hip is a multiple of."""


class Filled(NamedTuple):
    """Keypoints without gaps.

    ``keypoints`` (frames, joints, 2) pixels, finite everywhere; ``scores`` (frames, joints) in
    0..1, `FILLED_SCORE` for a filled-in place and 0 for a missing joint; ``valid`` (frames,) frames
    with a pose.
    """

    keypoints: NDArray[np.float64]
    scores: NDArray[np.float64]
    valid: NDArray[np.bool_]


def fill_gaps(
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating],
    valid: NDArray[np.bool_],
    max_gap: float,
    min_score: float,
) -> Filled:
    """Interpolate joints linearly over the frames in which they were not seen.

    Parameters
    ----------
    keypoints
        (frames, joints, 2).
    scores
        (frames, joints) in 0..1; 0 where the detector gave no point at all.
    valid
        (frames,) bool: the person was found in this frame.
    max_gap
        Frames: gaps of the person up to this length, between two valid frames, become valid;
        gaps of a joint up to this length, between two frames that saw it, are interpolated.
    min_score
        Score from which a joint counts as seen.

    Returns
    -------
    Filled
        Before the first and after the last sight a position is held. A joint unseen for longer, or
        before its first or after its last sight, uses its detected positions in valid frames: a
        doubtful place on the body is nearer than an old one. It is missing where it has none. In
        frames that see enough of the body (`WELL_SEEN`) it is also missing farther than `max_gap`
        from any sight, since guesses would disturb the body.
    """
    from scipy.ndimage import maximum_filter1d  # slow to import, and the first frames wait

    frames = np.arange(len(keypoints))
    filled, trusted = keypoints.astype(np.float64), scores.astype(np.float64)
    bridged = bridge(valid, max_gap)
    well_seen = (scores[:, :BODY] >= min_score).mean(axis=1) >= WELL_SEEN
    for joint in range(keypoints.shape[1]):
        given = valid & (scores[:, joint] > 0)
        sight = given & (scores[:, joint] >= min_score)
        doubtful = given & ~bridge(sight, max_gap)
        near = maximum_filter1d(sight, 2 * int(max_gap) + 1, mode="constant")
        known = sight | (doubtful & (near | ~well_seen))
        between = bridge(known, max_gap) & ~known
        trusted[~known, joint] = 0.0
        trusted[between, joint] = FILLED_SCORE
        if known.any():
            usable = known | (doubtful & ~between)
            for axis in range(keypoints.shape[2]):
                line = np.interp(frames, frames[known], keypoints[known, joint, axis])
                filled[~usable, joint, axis] = line[~usable]
    return Filled(filled, trusted, bridged)


def bridge(valid: NDArray[np.bool_], max_gap: float) -> NDArray[np.bool_]:
    """Mark gaps of at most `max_gap` frames between two valid frames as valid."""
    bridged = valid.copy()
    marks = np.flatnonzero(valid)
    missing = np.diff(marks) - 1
    for gap in np.flatnonzero((missing > 0) & (missing <= max_gap)):
        bridged[marks[gap] : marks[gap + 1]] = True
    return bridged


def place_missing_root(filled: Filled) -> Filled:
    """Place the hip below the upper body in frames in which it is missing.

    A lifter's input is relative to the root. The hip is placed below the thorax, away from the
    head; below the shoulders if the head is missing too; in the middle of the present joints if the
    thorax is missing. Frames without any joint have no pose.

    Parameters
    ----------
    filled
        Keypoints of H36M-17 or H36M-25.
    """
    present = filled.scores > 0
    valid = filled.valid & present[:, :BODY].any(axis=1)
    missing = ~present[:, _ROOT]
    if not missing.any():
        return filled._replace(valid=valid)
    keypoints, scores = filled.keypoints.copy(), filled.scores.copy()
    thorax = keypoints[:, _THORAX]
    from_head = ROOT_BELOW_THORAX * (thorax - keypoints[:, _HEAD])
    below = np.where(present[:, [_HEAD]], from_head, _below_shoulders(filled))
    body = present[:, :BODY]
    counted = np.maximum(body.sum(axis=1), 1)[:, None]
    middle = (keypoints[:, :BODY] * body[..., None]).sum(axis=1) / counted
    place = np.where(present[:, [_THORAX]], thorax + below, middle)
    keypoints[missing, _ROOT] = place[missing]
    scores[missing, _ROOT] = FILLED_SCORE
    return Filled(keypoints, scores, valid)


def _below_shoulders(filled: Filled) -> NDArray[np.float64]:
    """Compute the vector (frames, 2) in pixels from thorax to hip from shoulders and upper arms."""
    lengths = [
        multiple
        * np.linalg.norm(np.diff(filled.keypoints[:, ends], axis=1)[:, 0], axis=-1)
        * (filled.scores[:, ends] > 0).all(axis=1)
        for ends, multiple in _HINTS
    ]
    return np.stack([np.zeros(len(filled.valid)), np.max(lengths, axis=0)], axis=1)


def laid_out(
    shape: tuple[int, int, int], pieces: Iterable[tuple[slice, LiftedJoints]]
) -> LiftedJoints:
    """Put lifted stretches of a clip of joints of a shape in their places; zero between them."""
    found: dict[str, NDArray[np.float64]] = {}
    for run, piece in pieces:
        for name, values in piece._asdict().items():
            if values is not None:
                whole = found.setdefault(name, np.zeros((shape[0], *values.shape[1:])))
                whole[run] = values
    return LiftedJoints(
        found.get("joints", np.zeros(shape)), found.get("uncertainty"), found.get("up")
    )
