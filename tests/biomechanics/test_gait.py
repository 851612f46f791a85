from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.biomechanics.gait import Gait, find_gait
from glagcn_cli.biomechanics.gait_events import ROLLS, Legs
from glagcn_cli.skeleton import H36M17
from tests.helpers.gait_walk import ANKLE, CADENCE, SPEED, STEP, pendulum_walk
from tests.helpers.moving_figure import Figure, sequence

STANCE = 0.62 + ROLLS * CADENCE / 120
"""Share of a stride from the touch of a heel that is not there, `ROLLS` before the ankle stands."""


def expected_strikes(lag: float, seconds: float, fps: float) -> NDArray:
    stride_time = 2 * 60 / CADENCE
    return np.arange(lag, seconds / stride_time) * stride_time * fps


def events_of(gait: Gait) -> tuple[NDArray, ...]:
    return (*gait.strikes, *gait.toe_offs)


@pytest.mark.parametrize("heading", [0.0, 90.0, -135.0])
@pytest.mark.parametrize("fps", [25, 50, 120])
def test_strikes_and_toe_offs_come_when_the_feet_land_and_leave(heading, fps):
    gait = find_gait(sequence(pendulum_walk(6.0, fps, heading), fps=Fraction(fps)))
    tolerance = max(1.0, 0.04 * fps)  # frames
    for side, lag in enumerate((0.0, 0.5)):
        for found, true in (
            (gait.strikes[side], expected_strikes(lag, 6.0, fps) - ROLLS * fps),
            (gait.toe_offs[side], expected_strikes(lag + 0.62 - 1, 6.0, fps)),
        ):
            inside = true[(true > 0.3 * fps) & (true < 5.6 * fps)]
            assert len(inside) >= 4
            nearest = np.abs(found[:, None] - inside).min(axis=0)
            assert nearest.max() <= tolerance, (found, inside)
            assert len(found) <= len(inside) + 2


def test_summary_of_a_walk_is_that_of_the_walk():
    summary = find_gait(sequence(pendulum_walk())).summary()
    assert summary["cadence"] == pytest.approx(CADENCE, rel=0.02)
    assert summary["speed"] == pytest.approx(SPEED, rel=0.01)
    for side in ("", "left_", "right_"):
        assert summary[f"{side}step_length"] == pytest.approx(STEP, rel=0.01)
        assert summary[f"{side}stance_share"] == pytest.approx(STANCE, abs=0.03)


def test_a_limp_shows_in_the_lengths_of_both_sides():
    joints = pendulum_walk()
    for joint in ("knee", "ankle"):
        joints[:, H36M17.index(f"left_{joint}"), 2] += 0.05
    summary = find_gait(sequence(joints)).summary()
    assert summary["left_step_length"] == pytest.approx(STEP + 0.05, abs=0.01)
    assert summary["right_step_length"] == pytest.approx(STEP - 0.05, abs=0.01)


def test_a_step_is_measured_where_the_feet_lie_flat():
    joints = pendulum_walk()
    fps, stride_time = 50, 2 * 60 / CADENCE
    just_landed = (np.arange(300) / fps / stride_time) % 1.0 < 0.08
    joints[just_landed, H36M17.index("left_ankle"), 2] -= 0.06  # the heel lands, the ankle rolls on
    summary = find_gait(sequence(joints)).summary()
    assert summary["left_step_length"] == pytest.approx(STEP, abs=0.01)
    assert summary["right_step_length"] == pytest.approx(STEP, abs=0.01)


def test_on_a_treadmill_events_are_found_and_lengths_are_not_known():
    joints = pendulum_walk(heading=30.0)
    path = joints[:, :1] * [1, 0, 1]
    walk, belt = find_gait(sequence(joints)), find_gait(sequence(joints - path))
    for one, other in zip(events_of(walk), events_of(belt), strict=True):
        np.testing.assert_allclose(one, other, atol=1)
    summary = belt.summary()
    assert summary["cadence"] == pytest.approx(CADENCE, rel=0.02)
    assert np.isnan(summary["speed"]) and np.isnan(summary["step_length"])
    assert summary["stance_share"] == pytest.approx(STANCE, abs=0.03)


def test_walking_backwards_strikes_with_the_foot_that_lands():
    backwards = pendulum_walk()[::-1]
    gait = find_gait(sequence(backwards.copy()))
    last = len(backwards) - 1
    # Seen backwards a foot lands where it left, and walking is towards -z though it faces +z.
    true = last - expected_strikes(0.62 - 1, 6.0, 50)
    inside = true[(true > 20) & (true < last - 20)]
    assert np.abs(gait.strikes[0][:, None] - inside).min(axis=0).max() <= 2
    assert gait.summary()["speed"] == pytest.approx(SPEED, rel=0.02)


def seated(frames: int) -> NDArray:
    """Sits and swings the shanks to and fro in turn."""
    swing = 40 * np.sin(np.arange(frames) / 50 * 2 * np.pi)
    one, other = (
        Figure(frames, hip=85, knee=80 + s * swing, alternate=False, path=(0, 0.5, 0)).joints
        for s in (1, -1)
    )
    one[:, list(H36M17.right)] = other[:, list(H36M17.right)]
    return one


def alternating_leg_raises(frames: int) -> NDArray:
    """Lies on the back and cycles in the air."""
    swing = 30 * np.sin(np.arange(frames) / 50 * 2 * np.pi)
    joints = Figure(frames, hip=swing, path=(0, 0, 0)).joints.reshape(-1, 3)
    lying = Rotation.from_euler("x", -90, degrees=True).apply(joints)
    return lying.reshape(frames, 17, 3) + np.array([0, 0.2, 0])


def left_foot_in_front(frames: int) -> NDArray:
    """Shuffles forwards, the right foot always behind."""
    joints = pendulum_walk(frames / 50)
    joints[:, H36M17.index("right_ankle"), 2] -= 0.7
    return joints


def one_lunge(frames: int) -> NDArray:
    """Steps out once and back, with the left leg."""
    out = 45 * np.sin(np.pi * np.clip((np.arange(frames) - 50) / 100, 0, 1)) ** 2
    return Figure(frames, hip=out / 2, knee=out, path=(0, 0.85, 0)).joints


NO_GAIT = {
    "stands": Figure(300, knee=3.0).joints,
    "waves": Figure(300, raised=90 + 60 * np.sin(np.arange(300) / 8), elbow=40.0).joints,
    "squats": Figure(
        300,
        hip=45 - 45 * np.cos(np.arange(300) / 20),
        knee=45 - 45 * np.cos(np.arange(300) / 20),
        alternate=False,
    ).joints,
    "sits and swings the shanks": seated(300),
    "cycles on the back": alternating_leg_raises(300),
    "lunges once": one_lunge(300),
    "keeps the left foot in front": left_foot_in_front(300),
    "gallops": pendulum_walk(lag=0.25),
    "marches too slowly": Figure(600, hip=20 * np.sin(np.arange(600) / 50)).joints,
    "is there for one frame": Figure(1).joints,
    "is there for two frames": Figure(2).joints,
}


@pytest.mark.parametrize("joints", NO_GAIT.values(), ids=NO_GAIT)
def test_where_there_is_no_gait_there_are_no_events(joints):
    gait = find_gait(sequence(joints))
    assert not gait.found and gait.summary() == {}
    assert all(len(frames) == 0 for frames in events_of(gait))


def test_standing_before_and_after_a_walk_is_not_walking():
    walk = pendulum_walk()
    joints = np.concatenate([np.repeat(walk[:1], 150, axis=0), walk, np.repeat(walk[-1:], 150, 0)])
    gait = find_gait(sequence(joints))
    frames = np.flatnonzero(gait.walking)
    assert frames[0] >= 130 and frames[-1] <= 150 + len(walk) + 20
    events = np.concatenate(events_of(gait))
    assert events.min() == frames[0] and events.max() == frames[-1]


def test_a_gap_ends_a_row_of_steps_and_no_event_lies_in_it():
    valid = np.ones(300, bool)
    valid[130:170] = False
    joints = pendulum_walk()
    joints[130:170] = 0.0
    gait = find_gait(sequence(joints, valid=valid))
    assert valid[np.concatenate(events_of(gait))].all()
    assert not gait.walking[~valid].any() and len(gait.speeds) == 2
    for times in gait.step_seconds:  # the first strike after the gap ends no step
        assert np.nanmax(times) < 0.7


def test_contacts_bear_strikes_out_or_speak_against_them():
    person = sequence(pendulum_walk())
    heights = person.joints[:, H36M17.indices(["left_ankle", "right_ankle"]), 1]
    standing = heights < ANKLE + 0.005
    assert find_gait(replace(person, contacts=standing)).found
    assert find_gait(replace(person, contacts=np.zeros((300, 2), bool))).found  # none are known
    only_at_the_end = standing & (np.arange(300) > 290)[:, None]
    assert not find_gait(replace(person, contacts=only_at_the_end)).found


def test_noise_of_a_lifter_moves_events_by_little():
    noise = np.random.default_rng(0).normal(0, 0.01, (300, 17, 3))
    clean, noisy = (find_gait(sequence(pendulum_walk() + n * noise)) for n in (0, 1))
    for one, other in zip(events_of(clean), events_of(noisy), strict=True):
        assert len(one) == len(other)
        assert np.abs(one - other).max() <= 2


def test_who_runs_lands_when_the_foot_is_farthest_ahead():
    joints = pendulum_walk(4.0, fps=100)
    walks, runs = (Legs(joints, H36M17, fps, None) for fps in (100, 200))
    (row,) = walks.rows()
    ahead = [frame for frame, _ in row]
    np.testing.assert_allclose(walks.touches(row), np.array(ahead) - ROLLS * 100, atol=1)
    np.testing.assert_array_equal(runs.touches(row), ahead)


def test_camera_frame_is_refused():
    with pytest.raises(ValueError, match="scene"):
        find_gait(sequence(pendulum_walk(), frame="camera"))
