"""Joints, limbs and frames that a detector loses, swaps or guesses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.lifting.normalisation import FILLED_SCORE
from glagcn_cli.skeleton import COCO17, COCO17_TO_H36M17, H36M17, to_lifter_joints
from glagcn_training.samples import detector_errors
from glagcn_training.samples.detector_errors import (
    crop,
    drop_frames,
    fill_root,
    forget_scores,
    hide_joints,
    lifter_scores,
    swap_sides,
)
from glagcn_training.samples.detector_noise import exact_detections
from tests.helpers.training_draws import double_draws, step_draws

HIPS = slice(11, 13)


def moving(samples, frames=27):
    """Points anywhere; joints are told apart by their places."""
    return exact_detections(100 * torch.randn((samples, frames, 17, 2), dtype=torch.float64))


def upright(samples, frames=27):
    """People of 150 pixels who stand still."""
    heights = dict(nose=0, eye=-3, ear=-2, shoulder=20, elbow=45, wrist=70, hip=70, knee=110,
                   ankle=147)  # fmt: skip
    points = torch.zeros((samples, frames, 17, 2))
    for i, joint in enumerate(COCO17.joints):
        side = 20 if joint.startswith("left") else -20 if joint.startswith("right") else 0
        points[:, :, i] = torch.tensor([side, heights[joint.split("_")[-1]]])
    return exact_detections(points)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


# Hidden joints


def runs(changed):
    """How many runs of True (samples, frames) there are in each sample."""
    return changed[:, :1].sum(dim=1) + (changed[:, 1:] & ~changed[:, :-1]).sum(dim=1)


def test_filled_joints_lie_where_inference_would_fill_them_but_for_the_noise(monkeypatch):
    monkeypatch.setattr(detector_errors, "_GUESS_ERROR", 0.0)
    monkeypatch.setattr(detector_errors, "_HIDDEN_THROUGHOUT", 0.0)
    seen = moving(60)
    hidden = hide_joints(double_draws(), seen, 1.0, COCO17, scored=False)
    frames = np.arange(27)
    for before, after, scores in zip(*map(np.asarray, (seen.points, hidden.points, hidden.scores)),
                                     strict=True):  # fmt: skip
        trusted = scores == 1
        assert not trusted.all() and trusted[0].all() and trusted[-1].all()
        assert (scores[~trusted] == np.float32(FILLED_SCORE)).all()
        for joint in range(17):
            known = trusted[:, joint]
            for axis in range(2):
                line = np.interp(frames, frames[known], before[known, joint, axis])
                np.testing.assert_allclose(after[:, joint, axis], line, atol=1e-4)


def test_joints_are_lost_for_one_stretch_or_throughout():
    seen = moving(4000)
    hidden = hide_joints(step_draws(4000), seen, 0.3, COCO17, scored=True)
    changed = hidden.scores < 1
    assert torch.equal(changed, (hidden.points != seen.points).any(dim=-1))
    counts = changed.any(dim=1).sum(dim=1)
    assert (counts > 0).float().mean() == pytest.approx(0.3, abs=0.03)
    assert counts.max() <= 6  # three, and a wrist or ankle on each
    read = torch.from_numpy(COCO17_TO_H36M17).sum(dim=0) > 0
    each = changed.any(dim=1).float().mean(dim=0)
    assert (each[read] > 0.02).all() and (each[~read] == 0).all()
    over_time = changed.any(dim=2)[counts > 0]
    assert (runs(over_time) == 1).all()
    lengths = over_time.sum(dim=1)
    throughout = lengths == 27
    assert throughout.float().mean() == pytest.approx(0.3, abs=0.06)
    assert lengths.min() == 2 and lengths[~throughout].max() == 16  # 0.1 to 0.6 of 27 frames


def test_lost_joints_have_score_0_and_filled_ones_that_of_inference():
    hidden = hide_joints(step_draws(4000), moving(4000), 1.0, COCO17, scored=True)
    scores = hidden.scores
    assert scores.unique().tolist() == pytest.approx([0.0, FILLED_SCORE, 1.0])
    throughout = (scores < 1).all(dim=1)
    assert (scores.transpose(1, 2)[throughout] == 0).all()


def test_a_hidden_elbow_hides_the_wrist_in_half_of_the_samples():
    scores = hide_joints(step_draws(6000), moving(6000), 1.0, COCO17, scored=True).scores
    for joint, end in (("left_elbow", "left_wrist"), ("right_knee", "right_ankle")):
        lost = (scores[:, :, COCO17.index(joint)] < 1).any(dim=1)
        ends = (scores[:, :, COCO17.index(end)] < 1).any(dim=1)
        assert 0.5 < ends[lost].float().mean() < 0.72


def test_guesses_are_off_by_much():
    seen = upright(2000)
    hidden = hide_joints(step_draws(2000), seen, 1.0, COCO17, scored=True)
    error = (hidden.points - seen.points)[hidden.scores < 1]
    assert error.std() == pytest.approx(0.1 * 150, rel=0.05)


# Missing frames


def test_missing_frames_are_straight_lines_of_all_joints():
    seen = moving(1000)
    dropped = drop_frames(step_draws(1000), seen, 0.5)
    gone = dropped.scores < 1
    assert torch.equal(gone, gone[:, :, :1].expand_as(gone))
    gone = gone[:, :, 0]
    assert gone.any(dim=1).float().mean() == pytest.approx(0.5, abs=0.05)
    lengths = gone.sum(dim=1)
    assert set(lengths.tolist()) == set(range(13)) and (runs(gone) <= 1).all()
    bend = dropped.points.diff(n=2, dim=1).abs().amax(dim=(2, 3))
    assert bend[gone[:, 1:-1]].max() < 1e-3
    assert torch.equal(dropped.points[~gone], seen.points[~gone])


def test_joints_that_are_missing_stay_missing_in_missing_frames():
    seen = moving(50)
    seen.scores[:, :, 7] = 0
    dropped = drop_frames(step_draws(50), seen, 1.0).scores
    assert (dropped[:, :, 7] == 0).all()
    assert (dropped == FILLED_SCORE).any(dim=1)[:, :7].all()


@pytest.mark.parametrize("frames", [3, 5, 13])
def test_short_windows_keep_a_frame_to_either_side(frames):
    scores = drop_frames(step_draws(200), moving(200, frames), 1.0).scores
    assert (scores[:, 0] == 1).all() and (scores[:, -1] == 1).all() and (scores < 1).any()


# Swaps


def test_swapped_frames_are_the_mirrored_joints():
    seen = moving(2000)
    seen.scores.uniform_()
    swapped = swap_sides(step_draws(2000), seen, 0.5, COCO17)
    mirror = list(COCO17.mirror)
    changed = swapped.scores != seen.scores
    assert torch.equal(swapped.points[changed], seen.points[:, :, mirror][changed])
    assert torch.equal(swapped.scores[changed], seen.scores[:, :, mirror][changed])
    assert torch.equal(swapped.points[~changed], seen.points[~changed])
    burst = changed.any(dim=2)
    chosen = burst.any(dim=1)
    assert chosen.float().mean() == pytest.approx(0.5, abs=0.04)
    assert (runs(burst)[chosen] == 1).all() and burst.sum(dim=1).max() == 10  # 40 % of 27
    concerned = {tuple(row.nonzero().flatten().tolist()) for row in changed.any(dim=1)[chosen]}
    assert concerned == {tuple(range(11, 17)), tuple(range(5, 11)), tuple(range(1, 17))}


# Cropped bodies


def cropped(scored=True, seen=None, samples=3000):
    seen = upright(samples) if seen is None else seen
    return seen, crop(step_draws(samples), seen, 0.5, COCO17, scored)


def test_half_of_the_chosen_lose_what_is_beyond_the_edge_and_half_doubt_it():
    seen, cut = cropped()
    changed = (cut.points != seen.points).any(dim=-1)
    assert torch.equal(changed, cut.scores < 1)
    chosen = changed.any(dim=2).any(dim=1)
    assert chosen.float().mean() == pytest.approx(0.5, abs=0.05)
    assert torch.equal(changed, changed[:, :1].expand_as(changed))  # who stands still
    ankles = cut.scores[changed[:, 0, 15], 0, 15]
    lost = ankles == 0
    assert lost.float().mean() == pytest.approx(0.5, abs=0.06)
    assert ankles[~lost].min() >= 0.02 and ankles[~lost].max() <= 0.3


def test_an_edge_cuts_off_whatever_lies_beyond_it():
    seen, cut = cropped()
    changed = (cut.scores < 1)[:, 0]
    y, x = seen.points[0, 0, :, 1], seen.points[0, 0, :, 0]
    for row in changed[changed.any(dim=1)]:
        below = y[row].min() > y[~row].max()
        aside = x[row].min() > x[~row].max() or x[row].max() < x[~row].min()
        assert below or aside
    knees_without_shoulders = changed[:, 13] & ~changed[:, 5]
    assert knees_without_shoulders.any() and not changed[:, 0].all()


def test_lost_hips_are_off_by_a_steady_error():
    seen, cut = cropped()
    lost = cut.scores[:, :, HIPS] == 0
    error = (cut.points - seen.points)[:, :, HIPS][lost]
    assert 0.09 < error.std() / 150 < 0.115  # evenly from 0.05 to 0.15
    assert torch.equal(cut.points[:, :1, HIPS].expand(-1, 27, -1, -1), cut.points[:, :, HIPS])


def test_without_scores_whatever_is_cut_off_is_guessed():
    _, cut = cropped(scored=False)
    assert (cut.scores > 0).all()


def test_the_root_of_lifter_joints_is_never_lost():
    points = 100 * torch.randn((2000, 9, 17, 2))
    seen = exact_detections(points)
    cut = crop(step_draws(2000), seen, 1.0, H36M17, scored=True)
    cut = hide_joints(step_draws(2000), cut, 1.0, H36M17, scored=True)
    lost = (cut.scores == 0).any(dim=1).any(dim=0)
    assert not lost[0] and lost[1:].all()


# Scores


def test_a_root_that_is_lost_counts_as_filled_in():
    scores = torch.rand(3, 4, 17).round(decimals=1)
    scores[1, 2, 0] = scores[0, 1, 5] = 0
    filled = fill_root(scores, 0)
    assert filled[1, 2, 0] == FILLED_SCORE and filled[0, 1, 5] == 0
    assert torch.equal(filled[..., 1:], scores[..., 1:])
    assert torch.equal(filled[0], torch.where(scores[0] == 0, filled[0], scores[0]))


def test_scores_that_are_not_told_are_1_but_for_what_inference_knows():
    seen = moving(3000)
    seen.scores.fill_(0.4)
    seen.scores[:, :, 3], seen.scores[:, :, 4] = 0, FILLED_SCORE
    scores = forget_scores(step_draws(3000), seen).scores
    untold = scores[:, 0, 0] == 1
    assert untold.float().mean() == pytest.approx(0.3, abs=0.03)
    assert (scores[:, :, 3] == 0).all() and (scores[:, :, 4] == FILLED_SCORE).all()
    assert (scores[untold][:, :, 5:] == 1).all()
    assert torch.equal(scores[~untold], seen.scores[~untold])


def test_lifter_scores_are_those_of_inference():
    scores = torch.rand(5, 9, 17)
    _, expected = to_lifter_joints(np.zeros((5, 9, 17, 2)), scores.numpy(), COCO17)
    np.testing.assert_array_equal(lifter_scores(scores), expected)
