"""Noise of evaluations: one condition that never moves, one that looks like a detector."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from glagcn_cli.lifting.lifter import MIN_SCORE
from glagcn_cli.lifting.normalisation import FILLED_SCORE
from glagcn_cli.skeleton import AS_GIVEN, COCO17, CONVERSION, H36M17
from glagcn_training.data.takes import Take, TakeSet
from glagcn_training.evaluation.evaluate import observe_takes
from glagcn_training.evaluation.evaluation_noise import (
    EXACT,
    MEASURED,
    gaussian_noise,
    measured_noise,
)
from glagcn_training.samples.augment import detector_points
from glagcn_training.samples.random_draws import GeneratorDraws
from tests.helpers.synthetic_motion import walking

torch.set_num_threads(1)


def draws(seed: int = 7) -> GeneratorDraws:
    return GeneratorDraws(np.random.default_rng(seed))


def test_gaussian_noise_is_that_of_the_first_figures_draw_for_draw() -> None:
    """Numbers of the function that trained and measured the first lifters, before it changed."""
    source = draws()
    exact = source.tensor(np.arange(2 * 5 * 17 * 2.0).reshape(2, 5, 17, 2) * 3 % 101)
    noise = gaussian_noise(source, exact) - exact
    assert noise[0, 0, 0].tolist() == pytest.approx([-1.1683988676126529, -1.3861977518039659])
    assert noise[1, 4, 16].tolist() == pytest.approx([5.802084281485797, 0.5022362060360877])
    assert float(noise.abs().sum()) == pytest.approx(523.8224603586576)


def standing_in_view(frames: int, takes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pixels of COCO's points of a walker 4 m in front of the camera, and their depths."""
    world = detector_points(torch.from_numpy(walking(frames, 0.2).astype(np.float64)))
    camera = torch.stack([world[..., 1], -world[..., 2], 4 - world[..., 0]], dim=-1)
    pixels = camera[..., :2] / camera[..., 2:] * 1000 + 600
    return pixels.expand(takes, -1, -1, -1), camera[..., 2].expand(takes, -1, -1)


def test_measured_noise_drifts_and_scores_fall_with_it() -> None:
    points, depth = standing_in_view(100, 40)
    source = draws()
    noisy = measured_noise(source, points, depth, COCO17, 50)
    exact = np.asarray(points[0]).astype(np.float64)
    wrist = H36M17.index("left_wrist")
    errors = np.stack([k[:, wrist] - exact[:, COCO17.index("left_wrist")] for k, _ in noisy])
    scores = np.stack([s[:, wrist] for _, s in noisy])
    assert scores.min() >= 0 and scores.max() <= 1
    one, other = errors[:, :-5].ravel(), errors[:, 5:].ravel()
    assert np.corrcoef(one, other)[0, 1] > 0.2  # a tenth of a second later still on the same side
    size = np.ptp(exact[..., 1], axis=1).mean()
    off = np.linalg.norm(errors, axis=-1)
    assert 0.003 < np.median(off) / size < 0.05
    assert scores[off > np.percentile(off, 90)].mean() < scores[off < np.median(off)].mean() - 0.05


def test_gaps_are_filled_as_in_videos() -> None:
    """A joint below the score that counts as seen is filled in, and its score says so."""
    points, depth = standing_in_view(100, 60)
    hidden = depth.clone()
    hidden[..., COCO17.index("left_wrist")] += 5  # far behind the body wherever it is drawn
    points = points.clone()
    points[..., COCO17.index("left_wrist"), :] = points[..., 5:13, :].mean(dim=2)  # the torso
    takes = measured_noise(draws(), points, hidden, COCO17, 50)
    scores = np.stack([s[:, H36M17.index("left_wrist")] for _, s in takes])
    filled = 0
    for its in scores:
        sights = np.flatnonzero(its >= MIN_SCORE)
        for before, after in pairwise(sights):
            if after - before <= 25:
                assert (its[before + 1 : after] == FILLED_SCORE).all()
                filled += after - before - 1
    assert filled > 100
    assert all(np.isfinite(keypoints).all() for keypoints, _ in takes)


@pytest.mark.parametrize("conversion", [CONVERSION, AS_GIVEN])
def test_motion_seen_with_measured_noise_has_scores(conversion) -> None:
    takes = TakeSet("mocap", H36M17, 50, (Take("a", "walk", "", walking(30)),))
    exact, noisy = (observe_takes(takes, noise, conversion)[0] for noise in (EXACT, MEASURED))
    assert exact.scores is None and noisy.scores.shape == (30, 17)
    off = np.linalg.norm(noisy.keypoints - exact.keypoints, axis=-1)
    size = np.ptp(exact.keypoints[..., 1], axis=1).mean()
    assert 0.001 * size < np.median(off) < 0.06 * size


def test_films_get_measured_noise_too() -> None:
    joints = walking(20)[..., [1, 2, 0]] * np.float32([1, -1, 1]) + np.float32([0, 1, 4])
    keypoints = joints[..., :2] / joints[..., 2:] * 900 + 500
    film = Take("S1", "Walk", "cam", joints, keypoints, (1000, 1000), 58.0)
    seen = observe_takes(TakeSet("h36m", H36M17, 50, (film,)), MEASURED)[0]
    assert seen.scores.shape == (20, 17) and 0 < np.abs(seen.keypoints - keypoints).max() < 200
