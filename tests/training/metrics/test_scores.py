from __future__ import annotations

import math
import pickle
import random

import numpy as np
import pytest

from glagcn_training.metrics.errors import acceleration_error, auc, mpjpe, mpjve, p_mpjpe, pck
from glagcn_training.metrics.scores import (
    ACTIONS,
    FRAMES,
    METRICS,
    SUBJECTS_AND_ACTIONS,
    TakeScores,
    by_action,
    score_take,
    summarise,
    table,
)


def motion(frames, seed=0):
    """Smooth truth and a noisy prediction, (frames, 17, 3) metres, root at 0."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 0.4, (1, 17, 3)) + np.cumsum(rng.normal(0, 0.01, (frames, 17, 3)), axis=0)
    predicted = true + rng.normal(0, 0.05, true.shape)
    return predicted - predicted[:, :1], true - true[:, :1]


def row(action, frames, **figures):
    return TakeScores("S1", action, "cam", frames, figures)


def test_a_take_is_scored_in_millimetres_and_percent():
    predicted, true = motion(40)
    scores = score_take(predicted, true, subject="S9", action="Eating", camera="54138969")
    assert (scores.subject, scores.action, scores.camera) == ("S9", "Eating", "54138969")
    assert scores.frames == 40
    assert list(scores.figures) == list(METRICS)
    expected = {
        "mpjpe": 1000 * mpjpe(predicted, true),
        "p_mpjpe": 1000 * p_mpjpe(predicted, true),
        "mpjve": 1000 * mpjve(predicted, true),
        "acceleration": 1000 * acceleration_error(predicted, true),
        "pck150": pck(predicted, true),
        "auc": auc(predicted, true),
    }
    for name, value in expected.items():
        assert scores.figures[name] == pytest.approx(value), name


def test_a_perfect_take_has_no_error():
    _, true = motion(10)
    figures = score_take(true, true).figures
    assert figures["pck150"] == 100
    assert figures["auc"] == pytest.approx(100 * 30 / 31)
    for name, metric in METRICS.items():
        if metric.unit != "%":
            assert figures[name] == pytest.approx(0, abs=1e-9)


def test_what_stands_in_frames_that_do_not_count_changes_nothing():
    predicted, true = motion(60)
    valid = np.ones(60, dtype=bool)
    valid[[0, 17, 18, 40, 59]] = False
    clean = score_take(predicted, true, valid=valid)
    spoilt = predicted.copy()
    spoilt[~valid] = 1e3
    assert score_take(spoilt, true, valid=valid) == clean
    spoilt[~valid] = np.nan
    assert score_take(spoilt, true, valid=valid) == clean
    assert clean.frames == 55
    assert clean.figures["mpjpe"] == pytest.approx(1000 * mpjpe(predicted[valid], true[valid]))


def test_no_velocity_is_taken_across_a_gap():
    true = np.zeros((6, 17, 3))
    predicted = true.copy()
    predicted[3:, :, 0] += 0.5  # a jump while frame 2 does not count
    valid = np.array([True, True, False, True, True, True])
    figures = score_take(predicted, true, valid=valid).figures
    assert figures["mpjve"] == figures["acceleration"] == 0
    assert figures["mpjpe"] == pytest.approx(300)  # 3 of the 5 counted frames
    assert score_take(predicted, true).figures["mpjve"] == pytest.approx(100)  # 1 of 5 steps


def test_runs_of_counted_frames_weigh_by_their_velocities():
    true = np.zeros((7, 17, 3))
    predicted = true.copy()
    predicted[:3, :, 0] = np.array([0.0, 0.01, 0.02])[:, None]  # two steps of 10 mm
    valid = np.array([True, True, True, False, True, True, False])  # then one of 0
    assert score_take(predicted, true, valid=valid).figures["mpjve"] == pytest.approx(20 / 3)


def test_a_figure_the_frames_do_not_allow_is_missing_and_not_zero():
    predicted, true = motion(5)
    lone = np.array([True, False, True, False, True])
    figures = score_take(predicted, true, valid=lone).figures
    assert "mpjpe" in figures and "mpjve" not in figures and "acceleration" not in figures
    assert "acceleration" not in score_take(predicted[:2], true[:2]).figures
    nothing = score_take(predicted, true, valid=np.zeros(5, dtype=bool))
    assert (nothing.frames, nothing.figures) == (0, {})


@pytest.mark.parametrize(
    ("predicted", "true", "valid"),
    [((5, 17, 3), (6, 17, 3), None), ((5, 17, 2), (5, 17, 2), None), ((5, 17, 3), (5, 17, 3), 4)],
)
def test_arrays_that_do_not_fit_are_refused(predicted, true, valid):
    flags = None if valid is None else np.ones(valid, dtype=bool)
    with pytest.raises(ValueError, match=r"frames"):
        score_take(np.zeros(predicted), np.zeros(true), valid=flags)


# Walking: 100 frames at 50 and 300 at 30 = 35; Sitting: 100 frames at 85.
UNEQUAL = [
    row("Walking", 100, mpjpe=50.0, auc=60.0),
    row("Sitting", 100, mpjpe=85.0, auc=40.0),
    row("Walking", 300, mpjpe=30.0, auc=80.0),
]


def test_the_mean_over_actions_is_not_the_mean_over_frames():
    assert by_action(UNEQUAL)["Walking"]["mpjpe"] == pytest.approx(35)
    assert summarise(UNEQUAL, over=FRAMES)["mpjpe"] == pytest.approx((5000 + 8500 + 9000) / 500)
    assert summarise(UNEQUAL, over=ACTIONS)["mpjpe"] == pytest.approx((35 + 85) / 2)
    assert summarise(UNEQUAL, over=ACTIONS)["auc"] == pytest.approx((75 + 40) / 2)


def test_the_mean_over_subjects_and_actions_is_that_of_the_cells():
    # By actions: Walking (100 x 10 + 300 x 30) / 400 = 25, Box 70, mean 47.5. By cells: 10, 30, 70.
    rows = [
        TakeScores("S1", "Walking", "C1", 100, {"mpjpe": 10.0}),
        TakeScores("S2", "Walking", "C1", 100, {"mpjpe": 20.0}),
        TakeScores("S2", "Walking", "C2", 200, {"mpjpe": 35.0}),
        TakeScores("S2", "Box", "C1", 7, {"mpjpe": 70.0}),
    ]
    assert summarise(rows, over=ACTIONS)["mpjpe"] == pytest.approx(47.5)
    assert summarise(rows, over=SUBJECTS_AND_ACTIONS)["mpjpe"] == pytest.approx(110 / 3)
    cells = by_action(rows, over=SUBJECTS_AND_ACTIONS)
    assert {name: figures["mpjpe"] for name, figures in cells.items()} == pytest.approx(
        {"S1 Walking": 10, "S2 Box": 70, "S2 Walking": 30}
    )
    lines = table(rows, SUBJECTS_AND_ACTIONS).split("\n")[2:]
    assert [line.split(" | ")[:3] for line in lines[:4]] == [
        ["| S1 Walking", "100", "10.0"],
        ["| S2 Box", "7", "70.0"],
        ["| S2 Walking", "300", "30.0"],
        ["| **Mean over subjects and actions**", "**407**", "**36.7**"],
    ]


def test_pck_and_auc_are_of_the_joints_that_count_and_mpjpe_of_all():
    true = np.zeros((4, 17, 3))
    predicted = true.copy()
    predicted[:, 13, 0] = 0.2  # counts: 13 of 14 right
    predicted[:, 16, 0] = 0.2  # does not
    whole = score_take(predicted, true).figures
    some = score_take(predicted, true, counted=range(14)).figures
    assert whole["pck150"] == pytest.approx(100 * 15 / 17)
    assert some["pck150"] == pytest.approx(100 * 13 / 14)
    assert some["auc"] == pytest.approx(100 * 13 / 14 * 30 / 31)
    assert whole["mpjpe"] == some["mpjpe"] == pytest.approx(400 / 17)
    assert {n for n in METRICS if whole[n] != some[n]} == {"pck150", "auc"}


def test_the_mean_over_frames_is_that_of_all_takes_in_one():
    pieces = [motion(frames, seed) for seed, frames in enumerate((13, 40, 7))]
    rows = [score_take(*piece, action=f"a{i}") for i, piece in enumerate(pieces)]
    predicted, true = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
    whole = score_take(predicted, true).figures
    found = summarise(rows)
    for name, metric in METRICS.items():
        if metric.span == 1:
            assert found[name] == pytest.approx(whole[name]), name


def test_a_take_without_a_figure_does_not_pull_its_mean_down():
    rows = [row("A", 10, mpjpe=10.0, mpjve=4.0), row("A", 90, mpjpe=20.0), row("B", 0)]
    assert summarise(rows)["mpjve"] == 4
    assert summarise(rows)["mpjpe"] == pytest.approx(19)
    assert summarise(rows, over=ACTIONS)["mpjpe"] == pytest.approx(19)
    with_another = [*rows, row("C", 5, mpjpe=39.0)]
    assert summarise(with_another, over=ACTIONS)["mpjpe"] == pytest.approx((19 + 39) / 2)
    assert by_action(rows)["B"] == {}
    assert math.isnan(summarise(rows)["pck150"])


def test_a_diverged_take_is_seen_in_the_mean():
    rows = [row("A", 10, mpjpe=10.0), row("A", 10, mpjpe=math.nan)]
    assert math.isnan(summarise(rows)["mpjpe"])
    assert "| nan |" in table(rows)


def test_the_order_of_the_rows_changes_no_bit():
    rows = [score_take(*motion(20, seed), action=f"a{seed % 3}") for seed in range(9)]
    shuffled = rows.copy()
    random.Random(4).shuffle(shuffled)
    assert shuffled != rows
    for over in (FRAMES, ACTIONS, SUBJECTS_AND_ACTIONS):
        assert summarise(rows, over=over) == summarise(shuffled, over=over)
        assert table(rows, over) == table(shuffled, over)


def test_actions_are_listed_by_alphabet_whatever_their_case():
    rows = [row(name, 1, mpjpe=1.0) for name in ("Waving", "walking", "WalkDog", "Sitting")]
    assert list(by_action(rows)) == ["Sitting", "WalkDog", "walking", "Waving"]


def test_nothing_to_average_is_an_error():
    with pytest.raises(ValueError, match="no take"):
        summarise([])
    with pytest.raises(ValueError, match="over 'cameras'"):
        summarise(UNEQUAL, over="cameras")


def test_rows_travel_between_processes():
    scores = score_take(*motion(12), subject="S1", valid=np.arange(12) > 3)
    assert pickle.loads(pickle.dumps(scores)) == scores
    assert {type(value) for value in scores.figures.values()} == {float}
    assert type(scores.frames) is int


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_has_a_line_for_each_action_and_the_mean_last():
    head, rule, *lines = table(UNEQUAL, ACTIONS).strip().split("\n")
    assert cells(head)[:3] == ["Action", "Frames", "MPJPE (mm)"]
    assert len({len(cells(line)) for line in (head, rule, *lines)}) == 1
    assert [cells(line)[:3] for line in lines] == [
        ["Sitting", "100", "85.0"],
        ["Walking", "400", "35.0"],
        ["**Mean over actions**", "**500**", "**60.0**"],
    ]
    assert cells(lines[0])[cells(head).index("MPJVE (mm/frame)")] == "-"
    assert cells(table(UNEQUAL, FRAMES).strip().split("\n")[-1])[2] == "**45.0**"


def test_a_name_with_a_bar_stays_in_its_cell():
    line = table([row("pick | place", 3, mpjpe=1.0)]).split("\n")[2]
    assert line.startswith("| pick \\| place | 3 | 1.0 |")
