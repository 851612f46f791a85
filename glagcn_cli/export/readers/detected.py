"""The 2D in a detector's own points, feet and palms among them, and hands, read back."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...poses import HANDS_SHAPE, Keypoints2D
from .positions import joint_set_of


def detected_of(
    names: Sequence[str],
    points: NDArray[np.floating],
    scores: NDArray[np.floating],
    valid: NDArray[np.bool_],
    fps: Fraction,
    image_size: tuple[int, int],
    person: int,
    hands: NDArray[np.float32] | None = None,
) -> Keypoints2D:
    """Put together what was read.

    Parameters
    ----------
    names
        Of the points.
    points
        (frames, points, 2) pixels, NaN where not seen.
    scores
        (frames, points).
    valid
        (frames,) bool.
    fps, image_size, person, hands
        As of `Keypoints2D`.
    """
    joint_set, columns = joint_set_of(names)
    points, scores = points[:, columns], np.nan_to_num(scores[:, columns])
    seen = np.isfinite(points).all(axis=-1)
    return Keypoints2D(
        np.nan_to_num(points).astype(np.float32),
        np.where(seen, scores, 0.0).astype(np.float32),
        valid,
        fps,
        image_size,
        joint_set,
        person,
        hands,
    )


def hands_from(
    points: NDArray[np.floating], places: NDArray[np.floating], scores: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return hands as `Keypoints2D` has them.

    Parameters
    ----------
    points
        (frames, 2, 21, 2) pixels, NaN where a hand was not seen.
    places
        (frames, 2, 21, 3) metres.
    scores
        (frames, 2).
    """
    hands = np.zeros((len(points), *HANDS_SHAPE), np.float32)
    hands[..., :2], hands[..., 2:5], hands[..., 5] = points, places, scores[..., None]
    return np.where(np.isfinite(hands).all(axis=(2, 3), keepdims=True), hands, np.float32(0.0))
