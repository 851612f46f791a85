"""Errors between predicted and true joints, in the unit of the input (metres here).

Joints are given relative to the root: no function moves the root to the origin. A joint of NaN
makes the errors NaN and counts as wrong in PCK and AUC.

Every function measures all given joints. `glagcn_training.metrics.scores.score_take` selects those
that a data set's tables count: MPI-INF-3DHP's own script measures PCK and AUC on 14 of 17.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PCK_THRESHOLD = 0.15  # metres: about half the size of a head
AUC_THRESHOLDS = np.linspace(0, PCK_THRESHOLD, 31)  # metres: 0, 5, 10 ... 150 mm

_SMALLEST_SQUARE = 1e-12  # least squared size of a pose to divide by


def mpjpe(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """Compute the mean per-joint position error of (..., joints, 3)."""
    return float(np.linalg.norm(predicted - true, axis=-1).mean())


def n_mpjpe(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """Compute MPJPE after the best scale of every pose; (..., joints, 3), relative to the root.

    The scale is that of least squares (Rhodin et al., 2018).
    """
    square = np.square(predicted).sum(axis=(-1, -2), keepdims=True)
    scale = (predicted * true).sum(axis=(-1, -2), keepdims=True)
    return mpjpe(predicted * (scale / np.maximum(square, _SMALLEST_SQUARE)), true)


def procrustes(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return poses after the best rotation, translation and scale (Umeyama, 1991).

    Parameters
    ----------
    predicted, true
        (poses, joints, 3).

    Returns
    -------
    NDArray
        (poses, joints, 3): `predicted` aligned to `true`, never mirrored. Joints in a line or a
        point have several equally good alignments, and one is chosen. A pose with a joint of NaN
        becomes NaN as a whole.
    """
    mean_p, mean_t = predicted.mean(axis=1, keepdims=True), true.mean(axis=1, keepdims=True)
    p, t = (predicted - mean_p).astype(np.float64), (true - mean_t).astype(np.float64)
    covariance = p.swapaxes(1, 2) @ t
    # The decomposition raises on NaN, and one diverged pose must not hide the others' figures.
    broken = ~np.isfinite(covariance).all(axis=(1, 2))
    covariance[broken] = 0
    u, singular, vt = np.linalg.svd(covariance)
    # The best orthogonal map may be a reflection: then the weakest axis is turned back.
    turn = np.ones_like(singular)
    turn[:, -1] = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    rotation = (u * turn[:, None]) @ vt
    variance = np.maximum(np.square(p).sum(axis=(1, 2)), _SMALLEST_SQUARE)
    scale = (singular * turn).sum(axis=1) / variance
    scale[broken] = np.nan
    return scale[:, None, None] * (p @ rotation) + mean_t


def p_mpjpe(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """Compute MPJPE after Procrustes alignment of every pose; (poses, joints, 3)."""
    return mpjpe(procrustes(predicted, true), true)


def mpjve(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """Compute the mean joint velocity error of (frames, joints, 3), per frame; 0 for one frame."""
    return _difference_error(predicted, true, 1)


def acceleration_error(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """Compute the mean joint acceleration error of a clip (frames, joints, 3), per frame squared.

    Accelerations are second differences over three neighbouring frames (Kanazawa et al., 2019);
    0 for fewer frames.
    """
    return _difference_error(predicted, true, 2)


def _difference_error(
    predicted: NDArray[np.floating], true: NDArray[np.floating], order: int
) -> float:
    """Compute the MPJPE of differences of an order along the frames; 0 without any."""
    if len(true) <= order:
        return 0.0
    return mpjpe(np.diff(predicted, n=order, axis=0), np.diff(true, n=order, axis=0))


def pck(
    predicted: NDArray[np.floating],
    true: NDArray[np.floating],
    threshold: float = PCK_THRESHOLD,
) -> float:
    """Compute the percentage of joints within a threshold of the truth; (..., joints, 3).

    A joint exactly at the threshold is wrong, as in MMPose's ``keypoint_3d_pck`` and in the script
    of MPI-INF-3DHP (Mehta et al., 2017). That script omits pelvis, spine and head: pass only the
    joints that count.
    """
    error = np.linalg.norm(predicted - true, axis=-1)
    return float((error < threshold).mean() * 100)


def auc(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """Compute the mean of the PCK at `AUC_THRESHOLDS`, in percent; (..., joints, 3).

    The thresholds include 0, at which no joint is right: a perfect prediction has 30 / 31, 96.8 %,
    in the field's tables as here.
    """
    error = np.linalg.norm(predicted - true, axis=-1)
    wrong_at = np.searchsorted(AUC_THRESHOLDS, error, side="right")
    return float((1 - wrong_at / len(AUC_THRESHOLDS)).mean() * 100)
