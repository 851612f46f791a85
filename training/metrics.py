"""Errors between predicted and true joints, in the unit of the input (metres here)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mpjpe(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """Mean per-joint position error of (..., joints, 3)."""
    return float(np.linalg.norm(predicted - true, axis=-1).mean())


def n_mpjpe(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """MPJPE after the best scale of every pose; (poses, joints, 3), relative to the root."""
    square = np.square(predicted).sum(axis=(-1, -2), keepdims=True)
    scale = (predicted * true).sum(axis=(-1, -2), keepdims=True) / np.maximum(square, 1e-12)
    return mpjpe(predicted * scale, true)


def procrustes(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> NDArray[np.float64]:
    """Predicted poses after the best rotation, translation and scale (Umeyama, 1991).

    Parameters
    ----------
    predicted, true
        (poses, joints, 3).

    Returns
    -------
    NDArray
        (poses, joints, 3): `predicted` aligned to `true`, never mirrored.
    """
    mean_p, mean_t = predicted.mean(axis=1, keepdims=True), true.mean(axis=1, keepdims=True)
    p, t = (predicted - mean_p).astype(np.float64), (true - mean_t).astype(np.float64)
    u, singular, vt = np.linalg.svd(np.einsum("nji,njk->nik", p, t))
    flip = np.ones_like(singular)
    flip[:, -1] = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    rotation = np.einsum("nij,nj,njk->nik", u, flip, vt)
    variance = np.maximum(np.square(p).sum(axis=(1, 2)), 1e-12)
    scale = (singular * flip).sum(axis=1) / variance
    return scale[:, None, None] * (p @ rotation) + mean_t


def p_mpjpe(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """MPJPE after Procrustes alignment of every pose; (poses, joints, 3)."""
    return mpjpe(procrustes(predicted, true), true)


def mpjve(predicted: NDArray[np.floating], true: NDArray[np.floating]) -> float:
    """Mean per-joint velocity error of one clip (frames, joints, 3), per frame; 0 for one frame."""
    if len(true) < 2:
        return 0.0
    return mpjpe(np.diff(predicted, axis=0), np.diff(true, axis=0))
