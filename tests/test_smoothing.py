from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.signal import butter, filtfilt

from glagcn_cli.smoothing import SHORTEST, certainty, low_pass, runs, smooth_joints

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
    np.testing.assert_allclose(smooth, smooth[::-1], atol=1e-9)


@pytest.mark.parametrize("fps", [25, 50, 120, 240])
def test_constants_and_straight_lines_are_unchanged(fps: int) -> None:
    seconds = np.arange(3 * fps) / fps
    paths = np.stack([np.full(len(seconds), 3.0), 1.2 * seconds - 1], axis=1)
    smooth = low_pass(paths, everywhere(paths), Fraction(fps))
    np.testing.assert_allclose(smooth, paths, atol=1e-9)


def test_the_shortest_run_that_is_smoothed_keeps_a_walkers_path() -> None:
    path = 1.2 * np.arange(SHORTEST) / 50
    smooth = low_pass(path, everywhere(path), FPS)
    np.testing.assert_allclose(smooth, path, atol=1e-9)


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
    np.testing.assert_allclose(low_pass(noise, everywhere(noise), FPS, 7.0), expected, atol=1e-5)


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


def wave(frames: int = 300, joints: int = 4) -> np.ndarray:
    """Joints that swing at 0.5 to 1.4 Hz, (frames, joints, 3) metres."""
    seconds = np.arange(frames) / 50
    hertz = np.linspace(0.5, 1.4, joints)[:, None] + np.array([0.0, 0.05, 0.1])
    return 0.3 * np.sin(2 * np.pi * hertz * seconds[:, None, None])


def told_noise(seed: int, frames: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A motion, what is seen of it, and how unsure each joint is: 1 cm, in places 12 cm."""
    rng = np.random.default_rng(seed)
    motion, unsure = wave(frames), np.full((frames, 4), 0.01)
    for joint in range(4):
        for start in rng.integers(10, frames - 40, 4):
            unsure[start : start + rng.integers(5, 20), joint] = 0.12
    return motion, motion + rng.normal(size=motion.shape) * unsure[..., None] / np.sqrt(3), unsure


def test_telling_where_joints_are_unsure_lowers_the_error() -> None:
    errors = []
    for seed in range(5):
        motion, seen, unsure = told_noise(seed)
        for given in (None, unsure):
            smooth = smooth_joints(seen, everywhere(seen), FPS, 7.0, given)
            error = np.linalg.norm(smooth - motion, axis=-1)
            errors.append([error.mean(), error[unsure > 0.1].mean(), error[unsure < 0.1].mean()])
    all_told = np.array(errors[1::2]).mean(axis=0)
    untold = np.array(errors[::2]).mean(axis=0)
    assert all_told[0] < 0.75 * untold[0]
    assert all_told[1] < 0.65 * untold[1]
    assert all_told[2] < 1.02 * untold[2]


def test_smoothing_without_uncertainty_is_the_plain_filter() -> None:
    _, seen, _ = told_noise(0)
    plain = low_pass(seen, everywhere(seen), FPS, 7.0)
    np.testing.assert_array_equal(smooth_joints(seen, everywhere(seen), FPS, 7.0), plain)
    same = np.full(seen.shape[:2], 0.06)
    np.testing.assert_array_equal(smooth_joints(seen, everywhere(seen), FPS, 7.0, same), plain)
    kept = smooth_joints(seen, everywhere(seen), FPS, 0.0, same)
    np.testing.assert_array_equal(kept, seen)


@pytest.mark.parametrize("fps", [24, 50, 240])
def test_unsure_stretches_of_a_straight_path_stay_straight(fps: int) -> None:
    """Neither a lag nor a pull towards the surer end, wherever they lie, the clip's ends too."""
    seconds = np.arange(2 * fps) / fps
    path = seconds[:, None, None] * np.array([1.5, -0.4, 0.0])
    unsure = np.full((2 * fps, 1), 0.02)
    unsure[: fps // 4] = unsure[fps // 2 : fps] = unsure[-fps // 4 :] = 0.4
    smooth = smooth_joints(path, everywhere(path), Fraction(fps), 7.0, unsure)
    np.testing.assert_allclose(smooth, path, atol=1e-5)


def test_backwards_in_time_gives_the_same_path_backwards() -> None:
    _, seen, unsure = told_noise(3)
    there = smooth_joints(seen, everywhere(seen), FPS, 7.0, unsure)
    back = smooth_joints(seen[::-1], everywhere(seen), FPS, 7.0, unsure[::-1])[::-1]
    middle = slice(30, -30)  # at the ends the plain filter is not the same both ways
    np.testing.assert_allclose(there[middle], back[middle], atol=1e-5)


def test_a_move_that_is_hardly_seen_neither_lags_nor_overshoots() -> None:
    """Half a metre within 0.3 s, unsure meanwhile, at rest before and after."""
    frames = np.arange(121)
    share = np.clip((frames - 52.5) / 15, 0, 1)
    path = 0.5 * (share * share * (3 - 2 * share))
    unsure = np.where(np.abs(frames - 60) < 9, 0.3, 0.02)[:, None]
    seen = np.repeat(path[:, None, None], 3, axis=2)
    smooth = smooth_joints(seen, everywhere(path), FPS, 7.0, unsure)[:, 0, 0]
    assert smooth[60] == pytest.approx(0.25, abs=1e-4)
    plain = low_pass(path, everywhere(path), FPS, 7.0)
    beyond = max(plain.max() - 0.5, -plain.min())
    assert max(smooth.max() - 0.5, -smooth.min()) < beyond + 0.005
    assert np.abs(smooth - path).max() < 0.04  # at 2.5 m/s, a frame is 5 cm


def test_a_wild_frame_that_is_told_leaves_no_trace() -> None:
    motion = wave()
    seen, unsure = motion.copy(), np.full(motion.shape[:2], 0.02)
    seen[100, 2] += [0.5, -0.4, 0.3]
    unsure[100, 2] = 0.5
    plain = low_pass(motion, everywhere(motion), FPS, 7.0)
    smooth = smooth_joints(seen, everywhere(seen), FPS, 7.0, unsure)
    np.testing.assert_allclose(smooth, plain, atol=0.005)
    untold = low_pass(seen, everywhere(seen), FPS, 7.0)
    assert np.abs(untold - plain).max() > 0.1


def test_certainty_compares_a_joint_with_itself() -> None:
    unsure = np.array([[0.02, 0.04], [0.02, 0.04], [0.04, 0.04], [0.01, 0.08], [2.0, 0.04]])
    expected = [[1, 1], [1, 1], [0.25, 1], [1, 0.25], [0.003, 1]]
    np.testing.assert_allclose(certainty(unsure), expected)
    np.testing.assert_allclose(certainty(np.full((9, 1), 0.2)), 0.25)  # unsure all the time


def test_each_run_of_unsure_joints_is_smoothed_as_if_alone() -> None:
    _, seen, unsure = told_noise(4)
    valid = everywhere(seen)
    valid[140:160] = False
    seen[140:160] = 1e6
    unsure[140:160] = 1e-9
    smooth = smooth_joints(seen, valid, FPS, 7.0, unsure)
    alone = smooth_joints(seen[160:], valid[160:], FPS, 7.0, unsure[160:])
    np.testing.assert_allclose(smooth[160:], alone)
    np.testing.assert_array_equal(smooth[140:160], seen[140:160])
