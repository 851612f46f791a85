"""Repetitions of exercises: counted, and cut where the person rests."""

from __future__ import annotations

import csv
import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.biomechanics.repetitions import find_repetitions, period
from glagcn_cli.export.angles_plot import write_plot
from glagcn_cli.export.formats import ExportContext
from glagcn_cli.export.json_file import write as write_json
from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.poses import PoseSequence
from tests.helpers.moving_figure import Figure, sequence, walking

FPS = 30


def bends(
    count: int, seconds: float = 2.0, rest: float = 0.7, spread: float = 0.0, depth: float = 0.0
) -> np.ndarray:
    """0 at rest, about 1 in the middle of each of several repetitions, at `FPS`."""
    draws = np.random.default_rng(3)
    parts = [np.zeros(round(rest * FPS))]
    for _ in range(count):
        length = round(seconds * (1 + spread * draws.uniform(-1, 1)) * FPS)
        high = 1 + depth * draws.uniform(-1, 1)
        parts.append(high * np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2)
        parts.append(np.zeros(round(rest * FPS)))
    return np.concatenate(parts)


def squatting(bend: np.ndarray, heading: float = 20.0) -> PoseSequence:
    """Hips and knees bend, the hip sinks."""
    path = np.stack([0 * bend, 0.92 - 0.45 * bend, 0 * bend], axis=-1)
    figure = Figure(
        len(bend), heading=heading, hip=80 * bend, knee=100 * bend, shoulder=70 * bend,
        alternate=False, path=path,
    )  # fmt: skip
    return sequence(figure.joints, fps=Fraction(FPS))


@pytest.mark.parametrize("count", [3, 5, 12])
@pytest.mark.parametrize("rest", [0.0, 0.7, 2.0])
def test_squats_are_counted(count: int, rest: float) -> None:
    assert len(find_repetitions(squatting(bends(count, rest=rest)))) == count


def test_uneven_ones_are_counted_too() -> None:
    poses = squatting(bends(10, spread=0.25, depth=0.4))
    assert len(find_repetitions(poses)) == 10


def test_noise_of_a_lifter_adds_none() -> None:
    poses = squatting(bends(8))
    shaken = poses.joints + np.random.default_rng(0).normal(0, 0.02, poses.joints.shape)
    assert len(find_repetitions(sequence(shaken, fps=Fraction(FPS)))) == 8


def test_repetitions_begin_and_end_at_rest() -> None:
    bend = bends(6, rest=0.7)
    found = find_repetitions(squatting(bend))
    assert all(bend[first] < 0.02 and bend[last] < 0.02 for first, last in found.segments)
    ends = [last for _, last in found.segments]
    assert [first for first, _ in found.segments[1:]] == ends[:-1]
    assert abs(found.seconds - 2.7) < 0.2


def test_arms_that_turn_about_themselves_are_seen() -> None:
    bend = bends(6)
    poses = squatting(0 * bend)
    joints = poses.joints.copy()
    elbow, wrist = (poses.joint_set.index(f"left_{joint}") for joint in ("elbow", "wrist"))
    turn = np.radians(90 * bend)
    reach = 0.25 * np.stack([np.sin(turn), 0 * turn, np.cos(turn)], axis=-1)
    joints[:, wrist] = joints[:, elbow] + reach
    assert len(find_repetitions(sequence(joints, fps=Fraction(FPS)))) == 6


def cut_at(bend: np.ndarray, first: float, last: float) -> PoseSequence:
    """Squats of 2 s with 0.7 s between, from a second of the clip to another."""
    return squatting(bend[round(first * FPS) : round(last * FPS)])


@pytest.mark.parametrize("first", [0.7, 1.2, 1.5, 1.7])
def test_one_that_the_beginning_of_the_clip_cuts_counts(first: float) -> None:
    found = find_repetitions(cut_at(bends(6), first, 20.0))
    assert len(found) == 6
    assert found.segments[0][0] < 5


@pytest.mark.parametrize("last", [14.9, 15.4, 16.0])
def test_one_that_the_end_of_the_clip_cuts_counts(last: float) -> None:
    poses = cut_at(bends(6), 0.0, last)
    found = find_repetitions(poses)
    assert len(found) == 6
    assert len(poses) - found.segments[-1][1] < 5


@pytest.mark.parametrize(("first", "last"), [(2.5, 20.0), (0.0, 14.4)])
def test_one_that_is_mostly_cut_off_does_not_count(first: float, last: float) -> None:
    assert len(find_repetitions(cut_at(bends(6), first, last))) == 5


@pytest.mark.parametrize("fps", [Fraction(10), Fraction(30000, 1001), Fraction(120)])
def test_any_rate_gives_the_same_count(fps: Fraction) -> None:
    times = np.arange(round(20 * fps)) / float(fps)
    bend = np.sin(np.pi * times / 2.5) ** 2
    path = np.stack([0 * bend, 0.92 - 0.45 * bend, 0 * bend], axis=-1)
    joints = Figure(len(bend), hip=80 * bend, knee=100 * bend, alternate=False, path=path).joints
    assert len(find_repetitions(sequence(joints, fps=fps))) == 8


def test_gaps_cut_the_count_in_two() -> None:
    bend = bends(8, rest=1.0)
    poses = squatting(bend)
    valid = np.ones(len(bend), bool)
    middle = len(bend) // 2
    valid[middle - 10 : middle + 10] = False
    found = find_repetitions(sequence(poses.joints, valid=valid, fps=Fraction(FPS)))
    assert len(found) == 8
    assert all(valid[first : last + 1].all() for first, last in found.segments)


@pytest.mark.parametrize("frames", [1, 2, 10, 60])
def test_short_clips_have_none(frames: int) -> None:
    assert len(find_repetitions(squatting(np.zeros(frames)))) == 0


def test_standing_still_and_walking_are_no_exercise() -> None:
    still = squatting(np.zeros(300))
    shaken = still.joints + np.random.default_rng(0).normal(0, 0.005, still.joints.shape)
    assert len(find_repetitions(sequence(shaken, fps=Fraction(FPS)))) == 0
    assert len(find_repetitions(sequence(walking(400).joints))) == 0


def test_they_are_written_and_read_back(tmp_path: Path) -> None:
    poses = squatting(bends(4))
    context = ExportContext()
    [*write_json(tmp_path / "a.json", [poses], context)]
    (person,) = json.loads((tmp_path / "a.json").read_text())["people"]
    (back,) = read_poses(tmp_path / "a.json").sequences
    assert person["repetitions"] == [list(s) for s in find_repetitions(back).segments]
    assert len(person["repetitions"]) == 4
    assert back.valid.all()
    [*write_plot(tmp_path / "a.svg", [poses], context)]
    assert re.search(r"4 repetitions, one in 2\.[67] s", svg_words(tmp_path / "a.svg"))
    with (tmp_path / "a.csv").open() as file:
        numbers = [row["repetition"] for row in csv.DictReader(file)]
    assert [*dict.fromkeys(numbers)] == ["", "1", "2", "3", "4"]


def svg_words(path: Path) -> str:
    """The comments of a figure, in which matplotlib keeps the words that it draws as curves."""
    return " ".join(re.findall(r"<!-- (.*?) -->", path.read_text()))


def test_two_are_too_few() -> None:
    assert len(find_repetitions(squatting(bends(2)))) == 0


def test_wandering_without_a_period_has_none() -> None:
    draws = np.random.default_rng(1).normal(0, 1, 900)
    slow = np.cumsum(draws) / 40
    assert len(find_repetitions(squatting(np.clip(slow - slow.min(), 0, 1)))) == 0


def test_the_period_is_the_first_high_peak() -> None:
    times = np.arange(600) / 30
    assert period(1 - np.cos(2 * np.pi * times / 2), 30.0) == pytest.approx(60, abs=1)
    assert period(np.random.default_rng(0).normal(0, 1, 600), 30.0) is None
