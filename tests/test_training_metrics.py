from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_training.metrics import mpjpe, mpjve, n_mpjpe, p_mpjpe, procrustes


def poses(count=20, seed=0):
    return np.random.default_rng(seed).normal(0, 0.4, (count, 17, 3))


def test_mpjpe_of_a_shift_is_its_length():
    assert mpjpe(poses() + np.array([0.03, 0.0, 0.04]), poses()) == pytest.approx(0.05)


def test_p_mpjpe_ignores_rotation_scale_and_translation():
    true = poses()
    rotation = Rotation.random(len(true), random_state=1).as_matrix()
    moved = 0.7 * np.einsum("nij,nvj->nvi", rotation, true) + np.array([1.0, -2.0, 3.0])
    assert p_mpjpe(moved, true) == pytest.approx(0, abs=1e-9)


def test_p_mpjpe_does_not_mirror():
    true = poses()
    assert p_mpjpe(true * [-1, 1, 1], true) > 0.1


def test_procrustes_agrees_with_scipys_alignment():
    true, predicted = poses(5, 1), poses(5, 2)
    aligned = procrustes(predicted, true)
    for a, p, t in zip(aligned, predicted, true, strict=True):
        p0, t0 = p - p.mean(0), t - t.mean(0)
        rotation, _ = Rotation.align_vectors(t0, p0)
        turned = rotation.apply(p0)
        scale = (turned * t0).sum() / (p0**2).sum()
        np.testing.assert_allclose(a, scale * turned + t.mean(0), atol=1e-6)


def test_n_mpjpe_ignores_scale_alone():
    true = poses()
    assert n_mpjpe(3.0 * true, true) == pytest.approx(0, abs=1e-9)
    rotated = Rotation.from_euler("z", 90, degrees=True).apply(true.reshape(-1, 3))
    assert n_mpjpe(rotated.reshape(true.shape), true) > 0.1


def test_mpjve_sees_steps_and_not_offsets():
    true = np.cumsum(np.full((10, 17, 3), 0.01), axis=0)
    assert mpjve(true + 5.0, true) == pytest.approx(0, abs=1e-12)
    assert mpjve(true * 2, true) == pytest.approx(0.01 * np.sqrt(3))
    assert mpjve(true[:1], true[:1]) == 0.0
