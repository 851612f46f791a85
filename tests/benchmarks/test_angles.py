from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from benchmarks.accuracy import error_bars
from benchmarks.accuracy.error_fitting import (
    WITHIN,
    calibrated,
    nearest,
    rest_and_factor,
    steadiness,
)
from benchmarks.accuracy.foot_contacts import Foot
from benchmarks.accuracy.gait_events import is_run, is_walk
from benchmarks.accuracy.lifted_takes import VIEWS, camera_at, faces, seen_by, true_scene
from benchmarks.accuracy.takes_chosen import FOLDS, evenly, folds
from benchmarks.measuring.agreement import bland_altman, centred_rms, icc
from glagcn_cli.biomechanics.findings import find_view
from glagcn_cli.biomechanics.joint_angles import joint_angles
from glagcn_cli.poses import PoseSequence
from glagcn_training.data.takes import Take
from tests.helpers.synthetic_motion import walking

DRAW = np.random.default_rng(5)
WALK = Take("1", "walk", "", walking(100), pack="cmu_h36m17")


def test_limits_of_agreement_hold_95_percent():
    true = DRAW.normal(50, 10, 20_000)
    limits = bland_altman(true + DRAW.normal(2, 3, 20_000), true)
    assert limits.bias == pytest.approx(2, abs=0.1)
    assert limits.high - limits.low == pytest.approx(2 * 1.96 * 3, rel=0.02)


def test_the_intraclass_correlation_is_that_of_shrout_and_fleiss():
    """Their table of six targets and four judges, two of whom: by hand from the same squares."""
    one, two = np.array([9.0, 6, 8, 7, 10, 6]), np.array([2.0, 1, 4, 1, 5, 2])
    rows, columns = (one + two) / 2, np.array([one.mean(), two.mean()])
    whole = rows.mean()
    between = 2 * ((rows - whole) ** 2).sum() / 5
    judges = 6 * ((columns - whole) ** 2).sum()
    error = (((one - two - (one - two).mean()) ** 2).sum() / 2) / 5
    expected = (between - error) / (between + error + 2 * (judges - error) / 6)
    assert icc(one, two) == pytest.approx(expected)
    assert icc(one, one) == pytest.approx(1)
    assert icc(one, one + 5) < icc(one, one + 1) < 1


def test_centred_errors_do_not_know_an_offset():
    wave = np.sin(np.arange(100.0))
    assert centred_rms(wave + 7) == pytest.approx(centred_rms(wave))


@pytest.mark.parametrize("view", VIEWS)
def test_cameras_stand_where_the_view_says(view):
    seen = seen_by(camera_at(WALK, VIEWS[view], 6.0), WALK, "exact", 0)
    found = find_view(true_scene(seen))
    assert found is not None and found.degrees == pytest.approx(VIEWS[view], abs=2)
    assert np.linalg.norm(seen.path, axis=1).mean() == pytest.approx(6, abs=0.7)
    pixels = seen.keypoints
    assert (pixels > 0).all() and (pixels < seen.image_size).all()


def test_the_truth_keeps_its_angles_in_the_scene():
    upright = np.stack([WALK.joints[..., 0], WALK.joints[..., 2], -WALK.joints[..., 1]], axis=-1)
    own = PoseSequence(
        upright, np.ones((100, 17), np.float32), np.ones(100, bool), Fraction(50),
        np.zeros((100, 17, 2), np.float32),
    )  # fmt: skip
    scene = true_scene(seen_by(camera_at(WALK, 45.0, 6.0), WALK, "exact", 0))
    np.testing.assert_allclose(joint_angles(scene).degrees, joint_angles(own).degrees, atol=0.1)


def test_a_take_that_turns_round_faces_nowhere():
    turned = WALK.joints.copy()
    turned[50:] = turned[50:] * [-1, -1, 1]
    assert faces(WALK) is not None
    assert faces(Take("1", "turn", "", turned)) is None


def test_each_fold_has_of_every_motion():
    takes = [
        (number, Take(subject, action, "", WALK.joints, pack="cmu_h36m17"))
        for number, (subject, action) in enumerate(
            [("6", "walk"), ("39", "boxing")] * FOLDS + [("39", "walk")] * FOLDS
        )
    ]
    found = folds(takes)
    for subject, action in (("6", "walk"), ("39", "boxing"), ("39", "walk")):
        of_motion = [n for n, take in takes if (take.subject, take.action) == (subject, action)]
        assert sorted(found[n] for n in of_motion) == list(range(FOLDS))


@pytest.mark.parametrize(
    ("action", "walks", "runs"),
    [("walk", True, False), ("run/jog", False, True), ("walk, run", False, False)],
)
def test_walks_and_runs_are_told_apart(action, walks, runs):
    assert (is_walk(action), is_run(action)) == (walks, runs)


def test_takes_are_chosen_evenly():
    takes = [(number, WALK) for number in range(10)]
    assert [number for number, _ in evenly(takes, 4)] == [0, 2, 5, 7]
    assert evenly(takes, 0) == evenly(takes, 12) == takes


def test_bars_hold_the_shares_that_they_are_fitted_to():
    raw = DRAW.uniform(1, 10, 8000)
    scale, power = calibrated(np.stack([DRAW.normal(size=8000) * 1.5 * raw, raw]))
    assert power == 1.0 and scale == pytest.approx(1.5, rel=0.05)


def test_bars_of_errors_with_a_wide_tail_miss_both_shares_alike():
    off = np.abs(DRAW.standard_t(2, 40_000))
    scale, _ = calibrated(np.stack([off, np.ones_like(off)]))
    one, two = (float((off < bars * scale).mean()) for bars in (1, 2))
    assert one - WITHIN[0] == pytest.approx(WITHIN[1] - two, abs=0.005)
    assert one > WITHIN[0] + 0.01


def test_takes_lie_against_bars_of_the_others(monkeypatch):
    """A person whose errors are ten times as large is not in the fit of their own bars."""
    sizes = {"1": 1.0, "2": 1.0, "3": 10.0}
    monkeypatch.setattr(error_bars, "fit", lambda pairs: max(sizes[p] for p in pairs))
    monkeypatch.setattr(error_bars, "from_json", lambda content: content)
    monkeypatch.setattr(error_bars, "against_bars", lambda pairs, model: (pairs, model))
    found = error_bars.across(["1", "2", "3", "3"], lambda pair: pair)
    assert found == {"1": (["1"], 10.0), "2": (["2"], 10.0), "3": (["3", "3"], 1.0)}


def test_what_the_bars_of_events_lack_is_added():
    bars = DRAW.uniform(0.005, 0.03, 4000)
    errors = np.stack([DRAW.normal(size=4000) * np.hypot(0.02, bars), bars])
    rest, factor = rest_and_factor(errors, (0.0, 1.0))
    assert factor == 1.0 and rest == pytest.approx(0.02, rel=0.1)


def test_the_time_of_errors_is_found():
    steady, seconds = steadiness(
        [0.4 + 0.6 * np.exp(-lag / 0.5) for lag in (0.04, 0.1, 0.2, 0.4, 0.8, 1.6)]
    )
    assert steady == pytest.approx(0.4, abs=0.03) and seconds == pytest.approx(0.5, rel=0.1)


def test_the_nearest_event_counts_if_it_is_near():
    found = nearest(np.array([10, 52, 200]), np.array([12, 50]))
    np.testing.assert_array_equal(found, [-2, 2, np.nan])
    assert np.isnan(nearest(np.array([1]), np.array([], int))).all()


def test_a_foot_is_down_from_where_its_heel_is():
    time = np.arange(100)
    heel, ball = np.zeros((100, 3)), np.zeros((100, 3))
    heel[:, 2] = 0.05 + np.clip(40 - time, 0, 10) * 0.02
    ball[:, 0] = np.clip(time - 70, 0, 30) * 0.05
    foot = Foot(heel, ball)
    assert foot.strike_near(42) == pytest.approx(40, abs=1)
    assert foot.toe_off_near(68) == pytest.approx(70, abs=1)
