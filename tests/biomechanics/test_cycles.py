from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.biomechanics.cycles import POINTS, cut, difference, gait_figures, strides
from glagcn_cli.biomechanics.findings import find_view, unknown, why_no_gait
from glagcn_cli.biomechanics.gait import find_gait
from glagcn_cli.biomechanics.repetitions import Repetitions, find_repetitions
from glagcn_cli.halves import UPPER
from glagcn_cli.skeleton import H36M17
from tests.helpers.gait_walk import CADENCE, STEP, pendulum_walk
from tests.helpers.moving_figure import Figure, sequence


def test_strides_go_from_strike_to_strike_of_a_foot():
    gait = find_gait(sequence(pendulum_walk()))
    for side in range(2):
        found = strides(gait, side)
        assert len(found) == len(gait.strikes[side]) - 1
        seconds = np.diff(np.array(found), axis=1) / 50
        np.testing.assert_allclose(seconds, 2 * 60 / CADENCE, atol=0.041)


def test_two_walks_with_a_pause_between_have_no_stride_across_it():
    walk = pendulum_walk(4.0)
    pause = np.repeat(walk[-1:], 60, axis=0)
    both = np.concatenate([walk, pause, walk + walk[-1, 0] - walk[0, 0]])
    gait = find_gait(sequence(both))
    for side in range(2):
        for first, last in strides(gait, side):
            assert last <= 205 or first >= 255


def test_figures_of_strides_are_those_that_were_walked():
    figures = gait_figures(find_gait(sequence(pendulum_walk())))
    assert figures["stride_length"] == pytest.approx(2 * STEP, abs=0.03)
    assert figures["left_stride_length"] == pytest.approx(2 * STEP, abs=0.03)
    assert figures["stride_seconds"] == pytest.approx(2 * 60 / CADENCE, abs=0.02)
    assert figures["swing_share"] == pytest.approx(1 - figures["stance_share"])
    assert gait_figures(find_gait(sequence(Figure(100).joints))) == {}


def test_cycles_of_any_length_are_stretched_to_the_same():
    wave = np.concatenate(
        [np.sin(np.linspace(0, 2 * np.pi, n, endpoint=False)) for n in (40, 50, 60)]
    )
    found = cut(wave, np.full(150, 2.0), [(0, 40), (40, 90), (90, 149)])
    assert found.degrees.shape == (3, POINTS)
    np.testing.assert_allclose(found.mean, np.sin(np.linspace(0, 2 * np.pi, POINTS)), atol=0.04)
    assert found.spread.max() < 0.1
    np.testing.assert_allclose(found.deviation, 2.0)


def test_a_cycle_with_a_long_gap_is_left_out_and_a_short_one_is_bridged():
    degrees = np.arange(100.0)
    degrees[10:30] = np.nan
    degrees[70:73] = np.nan
    found = cut(degrees, np.full(100, np.nan), [(0, 49), (50, 99)])
    assert len(found) == 1
    np.testing.assert_allclose(found.mean, np.linspace(50, 99, POINTS))
    assert np.isnan(found.spread).all() and np.isnan(found.deviation).all()


def test_no_cycle_has_no_mean():
    found = cut(np.zeros(10), np.zeros(10), [])
    assert len(found) == 0 and np.isnan(found.mean).all() and found.mean.shape == (POINTS,)


def test_sides_differ_in_percent_of_their_mean():
    assert difference(1.1, 0.9) == pytest.approx(20)
    assert np.isnan(difference(0.0, 0.0))


@pytest.mark.parametrize(
    ("heading", "degrees", "name"),
    [(0.0, 0, "the front"), (45.0, 45, "the front and the side"), (-90.0, 90, "the side"),
     (130.0, 130, "the back and the side"), (180.0, 180, "behind")],
)  # fmt: skip
def test_the_view_is_where_the_camera_sees_a_person_from(heading, degrees, name):
    view = find_view(sequence(pendulum_walk(heading=heading)))
    assert view is not None and view.name == name
    assert view.degrees == pytest.approx(degrees, abs=3)


def test_a_walk_towards_the_camera_is_told_to_be_depth():
    for heading, told in ((0.0, True), (90.0, False)):
        person = sequence(pendulum_walk(heading=heading))
        notes = unknown(person, find_gait(person), Repetitions((), person.fps))
        assert any("depth" in note for note in notes) == told


def test_a_treadmill_has_no_speed_and_no_lengths():
    walk = pendulum_walk(heading=90)
    walk -= walk[:, :1] * [1, 0, 1]
    person = sequence(walk)
    gait = find_gait(person)
    assert gait.found and np.isnan(gait_figures(gait)["stride_length"])
    notes = unknown(person, gait, find_repetitions(person, gait))
    assert any("treadmill" in note for note in notes)


@pytest.mark.parametrize(
    ("joints", "why"),
    [
        (Figure(100).joints, "stand"),
        (Figure(100, hip=90, knee=90, alternate=False).joints, "wheelchair"),
        (pendulum_walk(1.0), "lasts 1.0 s"),
        (pendulum_walk(1.6, heading=90), "strike in turn"),
    ],
)
def test_the_reason_for_no_gait_is_told(joints, why):
    person = sequence(joints)
    assert not find_gait(person).found
    assert why in why_no_gait(person)
    notes = unknown(person, find_gait(person), find_repetitions(person))
    assert any(why in note for note in notes)


def test_few_strides_and_a_missing_side_are_told():
    person = sequence(pendulum_walk(2.2, heading=90))
    gait = find_gait(person)
    assert gait.found
    notes = " ".join(unknown(person, gait, Repetitions((), person.fps)))
    assert "No whole stride" in notes or "too few" in notes


def test_gaps_and_a_hidden_half_are_told():
    from dataclasses import replace

    person = sequence(pendulum_walk(heading=90), valid=np.arange(300) % 5 > 0)
    person = replace(person, absent=UPPER.mask(H36M17))
    notes = " ".join(unknown(person, find_gait(person), Repetitions((), person.fps)))
    assert "80%" in notes and "Half of the body" in notes and "no error bars" in notes
