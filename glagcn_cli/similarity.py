"""Similarity of boxes and of keypoints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

KEYPOINT_TOLERANCE = 0.12  # of the person's size: displacement at which similarity is exp(-1/2)


def centre(box: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the middle (..., 2) of boxes (..., 4)."""
    return (box[..., :2] + box[..., 2:]) / 2


def size(box: NDArray[np.floating]) -> float:
    """Return the square root of the box's area, at least a pixel."""
    return float(np.sqrt(max(1.0, (box[2] - box[0]) * (box[3] - box[1]))))


def keypoint_similarity(
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating],
    others: NDArray[np.floating],
    other_scores: NDArray[np.floating],
    tolerance: float,
) -> NDArray[np.float64]:
    """Compute the similarity of a pose to other poses, as COCO's object keypoint similarity.

    Parameters
    ----------
    keypoints, scores
        (joints, 2) pixels and (joints,).
    others, other_scores
        (people, joints, 2) and (people, joints).
    tolerance
        Pixels of displacement at which a joint counts exp(-1/2).

    Returns
    -------
    NDArray
        (people,) in 0..1; joints count by the product of both scores. 0 where the two have no joint
        in common.
    """
    square = np.square(others - keypoints).sum(axis=-1)
    weight = scores * other_scores
    weight = np.where(weight > 0, weight + 1e-6, 0)
    total = (np.exp(-square / (2 * tolerance**2)) * weight).sum(axis=-1)
    return total / np.maximum(weight.sum(axis=-1), 1e-6)


def shared_area(boxes: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.floating]:
    """Compute the area (...) that boxes (..., 4) share with others that broadcast with them."""
    low = np.maximum(boxes[..., :2], others[..., :2])
    high = np.minimum(boxes[..., 2:], others[..., 2:])
    return np.asarray(np.prod(np.clip(high - low, 0, None), axis=-1))


def box_overlap(box: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute the intersection over union of one box (4,) with others (people, 4)."""
    shared = shared_area(box, others)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    return shared / np.maximum(areas - shared, 1e-6)


SEEN = 0.2
"""Score from which on a keypoint tells where a person's edges are."""


def pose_fit(
    box: NDArray[np.floating], keypoints: NDArray[np.floating], scores: NDArray[np.floating]
) -> float:
    """Intersection over union of a box (4,) with the extent of a pose's seen keypoints.

    Parameters
    ----------
    box
        Left, top, right, bottom.
    keypoints, scores
        (joints, 2) pixels and (joints,).
    """
    seen = scores >= SEEN
    points = keypoints[seen] if seen.sum() > 1 else keypoints
    extent = np.concatenate([points.min(axis=0), points.max(axis=0)])
    return float(box_overlap(box, extent[None])[0])


def best_pairs(similarity: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair rows with columns, each at most once, by the greatest sum of similarities.

    Parameters
    ----------
    similarity
        (rows, columns).

    Returns
    -------
    rows, columns
        Of the pairs, as many as the shorter side has, rows rising.
    """
    if similarity.shape == (1, 1):
        return np.zeros(1, np.intp), np.zeros(1, np.intp)
    from scipy.optimize import linear_sum_assignment  # slow to import, and the first frames wait

    rows, columns = linear_sum_assignment(-similarity)
    return rows, columns
