from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.signal import butter, filtfilt

from glagcn_cli.smoothing import SHORTEST, low_pass, runs

FPS = Fraction(50)


def everywhere(values: np.ndarray) -> np.ndarray:
    return np.ones(len(values), bool)


@pytest.mark.parametrize(
    "valid, expected",
    [
        ("", []),
        ("...", []),
        ("xxx", [slice(0, 3)]),
        (".xx.x", [slice(1, 3), slice(4, 5)]),
        ("x..xx", [slice(0, 1), slice(3, 5)]),
    ],
)
def test_runs(valid: str, expected: list[slice]) -> None:
    assert runs(np.array([letter == "x" for letter in valid], bool)) == expected


def test_a_bump_stays_where_it_is_and_symmetric() -> None:
    frames = np.arange(201)
    bump = np.exp(-np.square((frames - 100) / 3.0))
    smooth = low_pass(bump, everywhere(bump), FPS, 5.0)
    assert smooth.argmax() == 100
    assert smooth.max() < 0.95
    # Not to the last digit: forwards and backwards meet the ends in another order.
    np.testing.assert_allclose(smooth, smooth[::-1], atol=1e-4)


@pytest.mark.parametrize("fps", [25, 50, 120, 240])
def test_constants_and_straight_lines_are_unchanged(fps: int) -> None:
    seconds = np.arange(3 * fps) / fps
    paths = np.stack([np.full(len(seconds), 3.0), 1.2 * seconds - 1], axis=1)
    smooth = low_pass(paths, everywhere(paths), Fraction(fps))
    np.testing.assert_allclose(smooth, paths, atol=2e-6)  # metres


def test_the_shortest_run_that_is_smoothed_keeps_a_walkers_path() -> None:
    path = 1.2 * np.arange(SHORTEST) / 50
    smooth = low_pass(path, everywhere(path), FPS)
    np.testing.assert_allclose(smooth, path, atol=1e-4)


@pytest.mark.parametrize("cutoff", [3.0, 7.0, 12.0])
def test_gain_is_a_half_at_the_cutoff_and_falls_with_the_frequency(cutoff: float) -> None:
    seconds = np.arange(1000) / 50

    def gain(hertz: float) -> float:
        wave = np.sin(2 * np.pi * hertz * seconds)
        smooth = low_pass(wave, everywhere(wave), FPS, cutoff)
        middle = slice(300, 700)
        return float(smooth[middle] @ wave[middle] / (wave[middle] @ wave[middle]))

    assert 20 * np.log10(gain(cutoff)) == pytest.approx(-6.02, abs=0.05)
    assert gain(cutoff / 3) > 0.97
    assert gain(cutoff * 1.9) < 0.08


def test_agrees_with_the_filter_in_another_form() -> None:
    noise = np.random.default_rng(3).normal(size=(400, 17, 3)).cumsum(axis=0)
    b, a = butter(2, 7, fs=50)
    expected = filtfilt(b, a, noise, axis=0, padlen=22)  # three periods of 7 Hz
    np.testing.assert_allclose(low_pass(noise, everywhere(noise), FPS, 7.0), expected, atol=1e-8)


def test_each_run_is_filtered_as_if_alone() -> None:
    noise = np.random.default_rng(4).normal(size=(120, 3))
    valid = everywhere(noise)
    valid[50:60] = False
    noise[50:60] = 1e6
    smooth = low_pass(noise, valid, FPS)
    np.testing.assert_allclose(smooth[:50], low_pass(noise[:50], valid[:50], FPS))
    np.testing.assert_allclose(smooth[60:], low_pass(noise[60:], valid[60:], FPS))
    np.testing.assert_array_equal(smooth[50:60], noise[50:60])


def test_short_runs_are_left_alone() -> None:
    noise = np.random.default_rng(5).normal(size=(SHORTEST + 10, 3))
    valid = everywhere(noise)
    valid[SHORTEST - 1] = False
    np.testing.assert_array_equal(low_pass(noise, valid, FPS), noise)


@pytest.mark.parametrize("cutoff, fps", [(0.0, 50), (-1.0, 50), (25.0, 50), (400.0, 50), (7.0, 12)])
def test_a_cutoff_that_the_rate_cannot_hold_changes_nothing(cutoff: float, fps: int) -> None:
    noise = np.random.default_rng(6).normal(size=(60, 3))
    np.testing.assert_array_equal(low_pass(noise, everywhere(noise), Fraction(fps), cutoff), noise)


def test_the_input_is_not_written_to() -> None:
    noise = np.random.default_rng(7).normal(size=(60, 3))
    before = noise.copy()
    low_pass(noise, everywhere(noise), FPS)
    np.testing.assert_array_equal(noise, before)
