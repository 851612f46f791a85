from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.detection.openmmlab.prepare import prepare
from glagcn_training.metrics.errors import (
    acceleration_error,
    auc,
    mpjpe,
    mpjve,
    n_mpjpe,
    p_mpjpe,
    pck,
    procrustes,
)

prepare()
from mmpose.evaluation.functional import keypoint_mpjpe  # noqa: E402

# What keypoint_3d_pck and keypoint_3d_auc of MMPose 0.29.0 (the last release that has them; 1.x
# dropped both) give for `detected(seed)`: as given, after "scale" and after "procrustes".
MMPOSE_PCK = {
    0: (64.77941274642944, 67.17647314071655, 70.88235020637512),
    1: (67.89705753326416, 69.47059035301208, 72.75000214576721),
}
MMPOSE_AUC = {
    0: (31.872390892972508, 33.0626187151328, 35.24051213434206),
    1: (35.32685014163895, 36.24003813339157, 38.35815977785856),
}
ALIGNMENTS = ("none", "scale", "procrustes")


def poses(count=20, seed=0):
    return np.random.default_rng(seed).normal(0, 0.4, (count, 17, 3))


def detected(seed):
    """400 true poses and predictions off by 0 to some 300 mm; legacy draws never change."""
    random = np.random.RandomState(seed)
    true = random.normal(0, 0.4, (400, 17, 3))
    spread = random.uniform(0.01, 0.15, (400, 1, 1))
    return true + spread * random.normal(0, 1, true.shape), true


def aligned(predicted, true, alignment):
    if alignment == "procrustes":
        return procrustes(predicted, true)
    if alignment == "scale":
        scales = [(p * t).sum() / (p * p).sum() for p, t in zip(predicted, true, strict=True)]
        return predicted * np.array(scales)[:, None, None]
    return predicted


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


def test_a_mirrored_pose_keeps_the_error_of_its_thinnest_axis():
    """Six points at +-a x, +-b y, +-c z with a > b > c, in a mirror.

    The best rotation gives up the thin axis: the map is diag(1, 1, -1) s, with the scale of least
    squares s = (a2 + b2 - c2) / (a2 + b2 + c2). Pairs are told apart by their own order.
    """
    a, b, c = 3.0, 2.0, 1.0
    true = np.array([[a, 0, 0], [-a, 0, 0], [0, b, 0], [0, -b, 0], [0, 0, c], [0, 0, -c]])
    mirrored = true * [-1, 1, 1]
    s = (a * a + b * b - c * c) / (a * a + b * b + c * c)
    expected = ((1 - s) * a + (1 - s) * b + (1 + s) * c) / 3
    assert p_mpjpe(mirrored[None], true[None]) == pytest.approx(expected, abs=1e-12)
    turned = procrustes(mirrored[None], true[None])[0]
    back_to_front = np.linalg.lstsq(mirrored, turned, rcond=None)[0]
    assert np.linalg.det(back_to_front) > 0


def test_procrustes_agrees_with_scipys_alignment():
    true, predicted = poses(5, 1), poses(5, 2)
    moved = procrustes(predicted, true)
    for a, p, t in zip(moved, predicted, true, strict=True):
        p0, t0 = p - p.mean(0), t - t.mean(0)
        rotation, _ = Rotation.align_vectors(t0, p0)
        turned = rotation.apply(p0)
        scale = (turned * t0).sum() / (p0**2).sum()
        np.testing.assert_allclose(a, scale * turned + t.mean(0), atol=1e-6)


def line(count):
    return np.linspace(0, 1, 17)[None, :, None] * np.array([0.1, 0.5, -0.2]) + np.zeros(
        (count, 1, 1)
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("degenerate", [np.zeros((4, 17, 3)), np.ones((4, 17, 3)), line(4)])
def test_degenerate_poses_give_finite_errors(degenerate, dtype):
    point_or_line, pose = degenerate.astype(dtype), poses(4).astype(dtype)
    for predicted, true in ((point_or_line, pose), (pose, point_or_line)):
        for error in (mpjpe, n_mpjpe, p_mpjpe, pck, auc):
            assert np.isfinite(error(predicted, true)), error.__name__
    assert p_mpjpe(point_or_line, point_or_line) == pytest.approx(0, abs=1e-6)


def test_a_point_is_aligned_to_the_middle_of_the_truth():
    true = poses(3)
    expected = mpjpe(np.broadcast_to(true.mean(axis=1, keepdims=True), true.shape), true)
    assert p_mpjpe(np.full_like(true, 7.0), true) == pytest.approx(expected, abs=1e-12)


def test_a_line_is_laid_along_another():
    other = line(2) @ Rotation.from_euler("xyz", [1, 2, 3]).as_matrix().T * 2.5 + 1
    assert p_mpjpe(line(2), other) == pytest.approx(0, abs=1e-9)


def test_one_diverged_pose_is_not_a_number_and_the_others_are():
    true = poses(3)
    predicted = 2 * true
    predicted[1, 4] = np.nan
    moved = procrustes(predicted, true)
    assert np.isnan(moved[1]).all()
    np.testing.assert_allclose(moved[[0, 2]], true[[0, 2]], atol=1e-9)
    assert np.isnan(p_mpjpe(predicted, true)) and np.isnan(mpjpe(predicted, true))
    assert pck(np.full_like(true, np.nan), true) == auc(np.full_like(true, np.nan), true) == 0


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


def test_acceleration_error_sees_a_bend_and_not_a_steady_drift():
    frames = np.arange(12.0)[:, None, None]
    true = poses(12)
    drift = true + frames * np.array([0.3, -0.2, 0.1]) + 4
    assert acceleration_error(drift, true) == pytest.approx(0, abs=1e-12)
    # x = a t2 / 2 has the second difference a in every frame.
    bend = true + frames**2 / 2 * np.array([0.03, 0.0, 0.04])
    assert acceleration_error(bend, true) == pytest.approx(0.05)
    assert acceleration_error(drift[:2], true[:2]) == 0.0


def test_one_jolt_is_felt_by_three_accelerations_and_two_velocities():
    true = np.zeros((11, 17, 3))
    jolted = true.copy()
    jolted[5, :, 2] = 0.01
    assert mpjve(jolted, true) == pytest.approx(2 * 0.01 / 10)
    assert acceleration_error(jolted, true) == pytest.approx((1 + 2 + 1) * 0.01 / 9)


def test_pck_counts_joints_below_the_threshold():
    errors = np.array([0.0, 0.149, 0.125, 0.151, 0.5])  # 0.125 is exact in binary
    predicted = np.zeros((2, 5, 3))
    predicted[..., 1] = errors
    assert pck(predicted, np.zeros_like(predicted)) == pytest.approx(60)
    assert pck(predicted, np.zeros_like(predicted), threshold=0.125) == pytest.approx(20)


@pytest.mark.parametrize(
    ("error", "thresholds_passed"), [(0.0, 30), (0.0049, 30), (0.0051, 29), (0.1499, 1), (0.16, 0)]
)
def test_auc_is_the_share_of_31_thresholds_passed(error, thresholds_passed):
    predicted = np.zeros((3, 17, 3))
    predicted[..., 0] = error
    assert auc(predicted, np.zeros_like(predicted)) == pytest.approx(100 * thresholds_passed / 31)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("metric", "alignment"), [(mpjpe, "none"), (n_mpjpe, "scale"), (p_mpjpe, "procrustes")]
)
def test_errors_agree_with_mmpose(metric, alignment, seed):
    predicted, true = detected(seed)
    everything = np.ones(true.shape[:2], dtype=bool)
    expected = keypoint_mpjpe(predicted, true, everything, alignment)
    assert metric(predicted, true) == pytest.approx(expected, rel=1e-10)


def test_p_mpjpe_agrees_with_mmpose_on_mirrored_poses():
    predicted, true = detected(2)
    predicted = predicted * [-1, 1, 1]
    everything = np.ones(true.shape[:2], dtype=bool)
    expected = keypoint_mpjpe(predicted, true, everything, "procrustes")
    assert p_mpjpe(predicted, true) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("column", "alignment"), list(enumerate(ALIGNMENTS)))
def test_pck_and_auc_agree_with_mmpose(column, alignment, seed):
    """MMPose averages in single precision; a joint counted differently would be 0.0147 off."""
    predicted, true = detected(seed)
    predicted = aligned(predicted, true, alignment)
    assert pck(predicted, true) == pytest.approx(MMPOSE_PCK[seed][column], abs=1e-4)
    assert auc(predicted, true) == pytest.approx(MMPOSE_AUC[seed][column], abs=1e-4)


def test_single_precision_is_enough():
    predicted, true = (array.astype(np.float32) for array in detected(3))
    for error in (mpjpe, n_mpjpe, p_mpjpe, mpjve, acceleration_error):
        exact = error(predicted.astype(np.float64), true.astype(np.float64))
        assert error(predicted, true) == pytest.approx(exact, rel=1e-5)
