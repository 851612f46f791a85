from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.resampling import bridge, fill_gaps, resample

RATES = [Fraction(24000, 1001), 25, 30, Fraction(30000, 1001), 50, 120]


def mask(text: str) -> np.ndarray:
    """Frames as text: x is true, a dot is not."""
    return np.array([letter == "x" for letter in text])


@pytest.mark.parametrize(
    "valid, gap, bridged",
    [
        ("x..x", 2, "xxxx"),
        ("x..x", 1, "x..x"),
        ("x..x", 1.9, "x..x"),
        ("..x..", 5, "..x.."),
        ("..x.x...x.", 1, "..xxx...x."),
        ("..x.x...x.", 3, "..xxxxxxx."),
        ("xxxx", 0, "xxxx"),
        ("....", 9, "...."),
        ("", 9, ""),
    ],
)
def test_bridge(valid: str, gap: float, bridged: str) -> None:
    before = mask(valid)
    np.testing.assert_array_equal(bridge(before, gap), mask(bridged))
    np.testing.assert_array_equal(before, mask(valid))


def ramp(frames: int) -> np.ndarray:
    """One joint that moves by (1, 10) pixels a frame."""
    return (np.arange(frames)[:, None, None] * np.array([1.0, 10.0])).reshape(frames, 1, 2)


def test_a_short_gap_lies_on_the_line_between_its_ends() -> None:
    valid = mask("xx...xx")
    damaged = np.where(valid[:, None, None], ramp(7), -999)
    filled, has_pose = fill_gaps(damaged, valid[:, None], valid, max_gap=3)
    np.testing.assert_allclose(filled, ramp(7))
    assert has_pose.all()


def test_frames_of_a_long_gap_and_outside_have_no_pose_but_numbers() -> None:
    valid = mask("..xx....xx.")
    damaged = np.where(valid[:, None, None], ramp(11), -999)
    filled, has_pose = fill_gaps(damaged, valid[:, None], valid, max_gap=3)
    np.testing.assert_array_equal(has_pose, valid)
    np.testing.assert_allclose(filled[2:10], ramp(11)[2:10])
    np.testing.assert_allclose(filled[:2], ramp(11)[[2, 2]])
    np.testing.assert_allclose(filled[10:], ramp(11)[[9]])


def test_a_joint_unseen_for_a_moment_is_interpolated_and_the_others_are_left() -> None:
    points = np.concatenate([ramp(9), ramp(9) + 5], axis=1)
    damaged = points.copy()
    damaged[3:5, 1] = -999
    seen = np.ones((9, 2), bool)
    seen[3:5, 1] = False
    filled, has_pose = fill_gaps(damaged, seen, np.ones(9, bool), max_gap=2)
    np.testing.assert_allclose(filled, points)
    assert has_pose.all()


@pytest.mark.parametrize("sight", ["x........", "....x....", "........x", ".........", "xx......x"])
def test_a_joint_unseen_for_long_stays_with_the_body(sight: str) -> None:
    """Held where it was last seen, a foot would be dragged across the picture."""
    walking = ramp(9) * 50
    filled, _ = fill_gaps(walking, mask(sight)[:, None], np.ones(9, bool), max_gap=2)
    np.testing.assert_allclose(filled, walking)


def test_nobody_at_all_is_left_alone() -> None:
    nowhere = np.zeros((4, 3, 2))
    filled, has_pose = fill_gaps(nowhere, np.zeros((4, 3), bool), np.zeros(4, bool), 9)
    np.testing.assert_array_equal(filled, nowhere)
    assert not has_pose.any()


@pytest.mark.parametrize("rate", RATES)
def test_the_same_rate_is_identity(rate) -> None:
    values = np.random.default_rng(0).normal(size=(13, 4, 2))
    np.testing.assert_array_equal(resample(values, rate, rate), values)


@pytest.mark.parametrize("frames", [1, 2, 26, 28, 301])
@pytest.mark.parametrize("rate", RATES)
def test_there_and_back_keeps_count_and_a_ramp(rate, frames: int) -> None:
    values = ramp(frames)
    at_50 = resample(values, rate, 50)
    back = resample(at_50, 50, rate, frames=frames)
    # The last source frame may lie between two steps of the other rate, where the end is held.
    exact = frames if frames == 1 else frames - 1 - int(np.ceil(Fraction(rate) / 50))
    assert len(back) == frames
    np.testing.assert_allclose(back[:exact], values[:exact], atol=1e-9)
    assert np.abs(back - values).max() <= 10 * max(1, float(Fraction(rate) / 50))


def test_30_to_50_and_back_is_exact_for_a_ramp_of_a_whole_second() -> None:
    at_50 = resample(ramp(31), 30, 50)
    assert len(at_50) == 51
    np.testing.assert_allclose(at_50, ramp(51) * 30 / 50, atol=1e-9)
    np.testing.assert_allclose(resample(at_50, 50, 30), ramp(31), atol=1e-9)


def test_known_answers_between_frames() -> None:
    values = np.array([0.0, 10, 30])
    np.testing.assert_allclose(resample(values, 1, 2), [0, 5, 10, 20, 30])
    np.testing.assert_allclose(resample(values, 2, 1), [0, 30])
    np.testing.assert_allclose(resample(values, 1, 2, frames=7), [0, 5, 10, 20, 30, 30, 30])


@pytest.mark.parametrize("source, target, frames, expected", [
    (25, 50, 500, 999), (50, 25, 500, 251), (Fraction(24000, 1001), 50, 24, 49), (120, 50, 1, 1),
])  # fmt: skip
def test_frame_counts_reach_the_last_source_frame(source, target, frames, expected) -> None:
    assert len(resample(np.zeros(frames), source, target)) == expected
    assert (expected - 1) / Fraction(target) >= (frames - 1) / Fraction(source)
