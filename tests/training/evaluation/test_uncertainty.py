"""Reliability: an uncertainty that is right scores near 0, a wrong one does not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import H36M17
from glagcn_training.evaluation.evaluate import Observation
from glagcn_training.evaluation.uncertainty import (
    Bin,
    Reliability,
    bin_errors,
    expected_calibration_error,
)
from glagcn_training.evaluation.uncertainty_plot import draw_reliability

FRAMES = 600


def lifted(factor: float = 1.0, seed: int = 0, shuffled: bool = False):
    """A truth, a lifter that is off by 10 to 150 mm, and what it says of that, times a factor."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 0.4, (FRAMES, 17, 3))
    true -= true[:, :1]
    expected = rng.uniform(0.01, 0.15, (FRAMES, 17))
    # The mean length of a vector of three normal numbers of deviation s is s times sqrt(8 / pi).
    errors = rng.normal(0, 1, true.shape) * (expected / np.sqrt(8 / np.pi))[..., None]
    errors[:, 0] = 0
    if shuffled:
        expected = rng.permutation(expected.ravel()).reshape(expected.shape)
    seen = Observation(np.zeros((FRAMES, 17, 2)), true)
    return seen, LiftedJoints(true + errors, factor * expected)


def calibrated(*takes) -> Reliability:
    reliability = Reliability()
    for take in takes:
        reliability.watch(*take)
    return reliability


def test_a_right_uncertainty_has_next_to_no_error() -> None:
    reliability = calibrated(lifted(), lifted(seed=1))
    figures = reliability.figures()
    assert figures["error"] < 1.5
    assert 0.5 < figures["rank_correlation"] < 0.9  # an expectation, not the error itself
    assert set(figures["per_joint"]) == set(H36M17.joints[1:])
    assert all(joint["error"] < 8 for joint in figures["per_joint"].values())
    for decile in figures["bins"]:
        assert decile["predicted"] == pytest.approx(decile["observed"], rel=0.06)
    assert f"calibration error {figures['error']:.1f} mm" in reliability.describe()


@pytest.mark.parametrize("factor, error", [(0.5, 40), (2.0, 80), (0.0, 80)])
def test_a_wrong_one_is_off_by_as_much_as_it_is_wrong(factor, error) -> None:
    """80 mm is the mean error that the lifter makes."""
    figures = calibrated(lifted(factor)).figures()
    assert figures["error"] == pytest.approx(error, abs=2)
    wrist = figures["per_joint"]["left_wrist"]
    assert wrist["predicted"] == pytest.approx(factor * wrist["observed"], rel=0.06)


def test_the_right_mean_for_the_wrong_joints_is_wrong() -> None:
    figures = calibrated(lifted(shuffled=True)).figures()
    assert figures["error"] > 25 and abs(figures["rank_correlation"]) < 0.05
    one_for_all = lifted()[0], lifted()[1]._replace(uncertainty=np.full((FRAMES, 17), 0.08))
    assert calibrated(one_for_all).figures()["rank_correlation"] == pytest.approx(0, abs=1e-9)


def test_bins_hold_equal_shares_in_order() -> None:
    predicted = np.random.default_rng(0).permutation(np.arange(1, 101)) / 1000
    bins = bin_errors(predicted, 2 * predicted)
    assert [b.share for b in bins] == [0.1] * 10
    np.testing.assert_allclose([b.predicted for b in bins], np.arange(5.5, 100, 10))
    np.testing.assert_allclose([b.observed for b in bins], np.arange(11, 200, 20))
    assert bins[0].low == pytest.approx(2 * 3.25) and bins[0].high == pytest.approx(2 * 7.75)
    assert expected_calibration_error(bins) == pytest.approx(50.5)
    assert len(bin_errors(predicted[:3], predicted[:3])) == 3


def test_frames_that_do_not_count_and_the_root_do_not_count() -> None:
    seen, made = lifted()
    valid = np.arange(FRAMES) < 500
    part = Observation(seen.keypoints, seen.joints, valid=valid)
    spoilt = made.uncertainty.copy()
    spoilt[500:] = 9
    spoilt[:, 0] = 9
    cut = Observation(seen.keypoints[:500], seen.joints[:500])
    kept = LiftedJoints(made.joints[:500], made.uncertainty[:500])
    assert (
        calibrated((part, made._replace(uncertainty=spoilt))).figures()
        == calibrated((cut, kept)).figures()
    )


def test_a_lifter_that_says_nothing_has_no_calibration() -> None:
    seen, made = lifted()
    reliability = calibrated((seen, made._replace(uncertainty=None)))
    assert reliability.empty and reliability.figures() is None and reliability.describe() == ""


def drawn(path, factor: float) -> np.ndarray:
    reliability = calibrated(lifted(factor))
    draw_reliability(reliability.bins(), reliability.per_joint(), path, "a_lifter, $val$")
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


@pytest.mark.filterwarnings("error")
def test_the_picture_shows_on_which_side_of_the_diagonal_it_is(tmp_path) -> None:
    """Orange points: above the diagonal where errors are larger than predicted."""
    heights = []
    for factor in (0.5, 1.0, 2.0):
        picture = drawn(tmp_path / "c.png", factor)
        assert picture.shape == (550, 1155, 3)
        panel = picture[60:480, 60:560]
        rows, columns = np.nonzero((panel[..., 0] > 180) & (panel[..., 2] < 60))
        slope = np.polyfit(columns, -rows, 1)[0]
        heights.append(slope)
    assert heights[0] > 1.4 * heights[1] and heights[1] > 1.4 * heights[2]


def test_nothing_is_not_drawn(tmp_path) -> None:
    with pytest.raises(ValueError, match="no predicted errors"):
        draw_reliability([], {}, tmp_path / "c.png")
    assert not list(tmp_path.iterdir())
    draw_reliability([Bin(0, 0, 0, 0, 1.0)], {"hip": [Bin(0, 0, 0, 0, 1.0)]}, tmp_path / "c.png")
