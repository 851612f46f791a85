from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.lifting.resampling import resample

RATES = [Fraction(24000, 1001), 25, 30, Fraction(30000, 1001), 50, 120]


def ramp(frames: int) -> np.ndarray:
    """One joint that moves by (1, 10) pixels a frame."""
    return (np.arange(frames)[:, None, None] * np.array([1.0, 10.0])).reshape(frames, 1, 2)


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
    np.testing.assert_allclose(back[:exact], values[:exact], atol=0.3)
    assert np.abs(back - values).max() <= 10 * max(1, float(Fraction(rate) / 50))


def test_30_to_50_and_back_is_exact_for_a_ramp_of_a_whole_second() -> None:
    at_50 = resample(ramp(31), 30, 50)
    assert len(at_50) == 51
    np.testing.assert_allclose(at_50, ramp(51) * 30 / 50, atol=1e-9)
    np.testing.assert_allclose(resample(at_50, 50, 30), ramp(31), atol=0.01)


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


@pytest.mark.parametrize("source, target", [(10, 50), (25, 50), (30, 25), (50, 25), (240, 25)])
def test_a_slow_wave_comes_through_and_a_ramp_between_samples_would_not(source, target) -> None:
    """Of 2 Hz, as arms and legs swing fast; linear interpolation from 10 frames/s is 19 % off."""

    def wave(rate: int) -> np.ndarray:
        return np.sin(2 * np.pi * 2 * np.arange(3 * rate) / rate)

    made = resample(wave(source), source, target)[: 3 * target]
    middle = slice(target // 2, -target // 2)
    assert np.abs(made - wave(target)[: len(made)])[middle].max() < 0.03


def test_a_tremor_above_the_new_rate_does_not_come_back_as_a_sway() -> None:
    """26 Hz, seen 25 times a second, would be a sway of 1 Hz."""
    tremor = np.sin(2 * np.pi * 26 * np.arange(600) / 120)
    made = resample(tremor, 120, 25)
    assert np.abs(made[12:-12]).max() < 0.1 < np.abs(tremor[::5]).max()
