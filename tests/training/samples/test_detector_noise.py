"""Errors of a detector's points: how large, how steady, where larger; and the scores."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from glagcn_cli.skeleton import COCO17, HUMANEVA15, JOINT_SETS
from glagcn_training.samples.detector_noise import (
    CORRELATION_TIME,
    NOISE,
    add_detector_noise,
    exact_detections,
    hidden_by_torso,
    kind_of,
)
from tests.helpers.training_draws import double_draws, step_draws

SIZE = 100.0
FPS = 25.0


def standing(samples, frames=27, joint_set=COCO17):
    """People of 100 pixels who stand still."""
    points = torch.zeros((samples, frames, len(joint_set), 2))
    points[:, :, 0, 1], points[:, :, -1, 1] = -SIZE / 2, SIZE / 2
    return points


def noisy(samples, factor=1.0, exact=0.0, joint_set=COCO17, hidden=(), frames=27):
    seen = exact_detections(standing(samples, frames, joint_set))
    behind = torch.zeros(seen.scores.shape, dtype=torch.bool)
    behind[:, :, list(hidden)] = True
    spoilt = add_detector_noise(step_draws(samples), seen, behind, joint_set, factor, exact, FPS)
    return (spoilt.points - seen.points) / SIZE, spoilt.scores


def levels(error):
    """How much larger each sample's errors are than the table says."""
    table = torch.tensor([math.hypot(*NOISE[kind_of(j)]) for j in COCO17.joints])
    return (error / table[:, None]).square().mean(dim=(1, 2, 3)).sqrt()


def test_every_joint_is_off_by_its_own_amount_at_level_one(monkeypatch):
    monkeypatch.setattr("glagcn_training.samples.detector_noise._LEVEL_SPREAD", 0.0)
    error, _ = noisy(3000)
    spread = error.square().mean(dim=(0, 1)).sqrt()
    for i, joint in enumerate(COCO17.joints):
        expected = math.hypot(*NOISE[kind_of(joint)])
        assert spread[i].tolist() == pytest.approx([expected, expected], rel=0.04)


def test_the_steady_part_forgets_in_its_time_and_starts_like_any_frame(monkeypatch):
    monkeypatch.setattr("glagcn_training.samples.detector_noise._LEVEL_SPREAD", 0.0)
    error = noisy(3000)[0][:, :, COCO17.index("left_hip")]
    quick, steady = NOISE["hip"]
    for lag in (1, 5, 10, 20):
        together = (error[:, :-lag] * error[:, lag:]).mean() / error.square().mean()
        expected = steady**2 / (quick**2 + steady**2) * math.exp(-lag / FPS / CORRELATION_TIME)
        assert together == pytest.approx(expected, abs=0.02)
    spread = error.square().mean(dim=(0, 2)).sqrt()
    np.testing.assert_allclose(spread, spread.mean(), rtol=0.08)


def test_samples_have_levels_of_their_own_and_some_are_exact():
    error, scores = noisy(4000, factor=0.5, exact=0.25)
    level = levels(error)
    exact = level == 0
    assert exact.float().mean() == pytest.approx(0.25, abs=0.02)
    assert level[~exact].median() == pytest.approx(0.5, rel=0.08)
    assert level[~exact].std() > 0.15
    assert level.max() < 0.5 * 2 * 1.6  # twice, and chance
    assert scores[exact].min() > 0.4 and scores[exact].mean() > 0.85


def test_few_points_are_much_further_off(monkeypatch):
    monkeypatch.setattr("glagcn_training.samples.detector_noise._LEVEL_SPREAD", 0.0)
    error = noisy(2000)[0][:, :, COCO17.index("left_wrist"), 0]
    jump = error.diff(dim=1)  # nearly all of it quick
    kurtosis = (jump**4).mean() / (jump**2).mean() ** 2
    assert kurtosis > 4  # a Gaussian's is 3


def test_hidden_joints_are_further_off_and_have_low_scores():
    wrists = COCO17.indices(("left_wrist", "right_wrist"))
    error, scores = noisy(3000, hidden=wrists[:1])
    ratio = error[:, :, wrists[0]].std() / error[:, :, wrists[1]].std()
    assert 2.5 < ratio < 3.6
    assert scores[:, :, wrists[0]].mean() < 0.6 * scores[:, :, wrists[1]].mean()
    exact, sure = noisy(50, exact=1.0, hidden=wrists)
    assert (exact == 0).all() and sure[:, :, wrists].mean() > 0.85


def test_scores_fall_with_the_error_and_stay_in_range():
    error, scores = noisy(2000)
    off = error.norm(dim=-1)
    means = [scores[(off >= a) & (off < b)].mean() for a, b in
             ((0, 0.005), (0.005, 0.02), (0.02, 0.05), (0.05, 1))]  # fmt: skip
    assert all(a > b + 0.05 for a, b in pairwise(means))
    assert scores.min() >= 0.2 and scores.max() <= 1 and scores.dtype == torch.float32


@pytest.mark.parametrize("joint_set", JOINT_SETS.values(), ids=JOINT_SETS)
def test_every_joint_that_lifters_read_has_its_noise(joint_set):
    if joint_set.name == "halpe26":
        pytest.skip("converted from its COCO points")
    error, _ = noisy(50, joint_set=joint_set)
    assert (error.std(dim=(0, 1)) > 0.002).all()


def torso_with_wrist(x, y, depth):
    """A torso of 40 by 60 pixels, 4 m away, and the left wrist somewhere."""
    points, depths = torch.zeros((1, 1, 17, 2)), torch.full((1, 1, 17), 4.0)
    for joint, place in {
        "left_shoulder": (20, 0), "right_shoulder": (-20, 0), "left_hip": (14, 60),
        "right_hip": (-14, 60), "left_ankle": (14, 140), "right_ankle": (-14, 140),
        "nose": (0, -30), "left_wrist": (x, y), "left_elbow": (60, 30), "right_elbow": (-60, 30),
        "right_wrist": (-70, 50), "left_knee": (14, 100), "right_knee": (-14, 100),
    }.items():  # fmt: skip
        points[0, 0, COCO17.index(joint)] = torch.tensor(place, dtype=torch.float32)
    depths[0, 0, COCO17.index("left_wrist")] = depth
    return points, depths


@pytest.mark.parametrize("turn", [0.0, 1.0, 3.0])
@pytest.mark.parametrize(
    "x, y, depth, hidden",
    [
        (0, 30, 4.2, True), (0, 30, 3.8, False), (0, 30, 4.0, False), (50, 30, 4.2, False),
        (0, 90, 4.2, False), (-15, 55, 4.3, True), (0, -20, 4.2, False),
    ],
)  # fmt: skip
def test_a_wrist_behind_the_torso_is_hidden_and_nothing_else(x, y, depth, hidden, turn):
    points, depths = torso_with_wrist(x, y, depth)
    cos, sin = math.cos(turn), math.sin(turn)
    points = points @ torch.tensor([[cos, sin], [-sin, cos]])
    found = hidden_by_torso(points, depths, COCO17)[0, 0]
    assert found[COCO17.index("left_wrist")] == hidden
    assert found.sum() == hidden


def test_a_wrist_behind_the_torso_is_further_off_than_one_in_front():
    errors = []
    for depth in (4.3, 3.7):
        points, depths = (t.repeat(800, 9, *[1] * (t.dim() - 2)) for t in
                          torso_with_wrist(0, 30, depth))  # fmt: skip
        hidden = hidden_by_torso(points, depths, COCO17)
        spoilt = add_detector_noise(
            step_draws(800), exact_detections(points), hidden, COCO17, 1.0, 0.0, FPS
        )
        errors.append((spoilt.points - points)[:, :, COCO17.index("left_wrist")].std())
    assert errors[0] > 2 * errors[1]


def test_double_precision_stays_and_film_of_15_joints_works():
    points = standing(4, 9, HUMANEVA15).double()
    hidden = hidden_by_torso(points, torch.full(points.shape[:-1], 4.0), HUMANEVA15)
    spoilt = add_detector_noise(
        double_draws(), exact_detections(points), hidden, HUMANEVA15, 1.0, 0.0, 60
    )
    assert spoilt.points.dtype == torch.float64 and spoilt.scores.dtype == torch.float32
