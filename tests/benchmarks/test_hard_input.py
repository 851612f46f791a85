"""Postures, hidden limbs and other frame rates: made as they say, and nothing else changed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from benchmarks.measuring.hard_input import (
    LEGS,
    LEGS_BELOW_THE_HIPS,
    LOWEST,
    POSTURES,
    UPPER_BODY,
    at_rate,
    bend,
    hide,
    in_posture,
)
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.takes import Take, TakeSet
from glagcn_training.evaluation.evaluate import Observation
from tests.helpers.synthetic_motion import walking

MOTION = walking(60)


def turned(motion: np.ndarray, degrees: float) -> np.ndarray:
    """About the vertical."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return motion @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def bones(motion: np.ndarray) -> np.ndarray:
    parents, children = np.array(H36M17.bone_indices).T
    return motion[:, children] - motion[:, parents]


def at(motion: np.ndarray, joint: str) -> np.ndarray:
    return motion[:, H36M17.index(joint)]


@pytest.mark.parametrize("posture", list(POSTURES))
def test_a_posture_keeps_bones_and_path_and_lies_on_the_floor(posture) -> None:
    bent = bend(MOTION, POSTURES[posture], 50)
    lengths = np.linalg.norm(bones(bent), axis=-1)
    np.testing.assert_allclose(lengths, np.linalg.norm(bones(MOTION), axis=-1), atol=1e-5)
    np.testing.assert_allclose(bent[:, 0, :2], MOTION[:, 0, :2], atol=1e-5)
    np.testing.assert_allclose(bent[..., 2].min(axis=1), LOWEST, atol=1e-5)


@pytest.mark.parametrize("degrees", [0, 70, 200])
def test_bodies_face_where_their_posture_says_whichever_way_they_walk(degrees) -> None:
    """The walker goes along +x with its left at +y; here it is turned about the vertical."""
    motion = turned(MOTION.astype(np.float64), degrees)
    found = {name: turned(bend(motion, how, 50), -degrees) for name, how in POSTURES.items()}
    trunk = {name: at(m, "thorax") - at(m, "hip") for name, m in found.items()}
    for name, up in (
        ("as captured", [0, 0, 1]), ("sitting", [0, 0, 1]), ("upside down", [0, 0, -1]),
        ("lying on the front", [1, 0, 0]), ("lying on the back", [-1, 0, 0]),
        ("on all fours", [1, 0, 0]),
    ):  # fmt: skip
        direction = trunk[name] / np.linalg.norm(trunk[name], axis=1, keepdims=True)
        assert (direction @ np.array(up, float)).min() > 0.99, name
    knees = at(found["sitting"], "left_knee") - at(found["sitting"], "left_hip")
    assert knees[:, 0].min() > 0.3
    four = found["on all fours"]
    assert (at(four, "left_wrist") - at(four, "left_shoulder"))[:, 2].max() < -0.4
    assert (at(four, "left_knee") - at(four, "left_hip"))[:, 2].max() < -0.3
    assert (at(four, "left_ankle") - at(four, "left_knee"))[:, 0].max() < -0.3
    left = at(four, "left_shoulder") - at(four, "right_shoulder")
    assert left[:, 1].min() > 0.3  # nobody is mirrored


def test_a_set_of_takes_is_put_into_a_posture_as_a_whole() -> None:
    takes = TakeSet("mocap", H36M17, 50, (Take("a", "walk", "", MOTION),) * 2)
    assert in_posture(takes, "as captured") is takes
    lying = in_posture(takes, "lying on the back")
    assert [take.name for take in lying.takes] == ["a walk", "a walk"]
    assert all(np.ptp(take.joints[..., 2], axis=1).max() < 0.75 for take in lying.takes)


def seen() -> Observation:
    rng = np.random.default_rng(0)
    return Observation(rng.uniform(0, 700, (20, 17, 2)), np.zeros((20, 17, 3)), fps=50)


def test_hidden_joints_are_where_the_limb_was_last_seen() -> None:
    person = hide(seen(), (*LEGS_BELOW_THE_HIPS, "left_wrist"), 0.1)
    for joint, place in (
        ("left_knee", "left_hip"), ("left_ankle", "left_hip"), ("right_ankle", "right_hip"),
        ("left_wrist", "left_elbow"), ("right_wrist", "right_wrist"), ("hip", "hip"),
    ):  # fmt: skip
        expected = seen().keypoints[:, H36M17.index(place)].astype(np.float32)
        np.testing.assert_array_equal(person.keypoints[:, H36M17.index(joint)], expected)
        known = 1.0 if joint == place else 0.1
        assert person.scores[:, H36M17.index(joint)] == pytest.approx(known)


def test_where_even_the_hip_is_hidden_the_thorax_is_left() -> None:
    person = hide(seen(), LEGS, 0.0)
    thorax = seen().keypoints[:, H36M17.index("thorax")].astype(np.float32)
    for joint in LEGS:
        np.testing.assert_array_equal(person.keypoints[:, H36M17.index(joint)], thorax)
        assert not person.scores[:, H36M17.index(joint)].any()
    assert set(LEGS) | set(UPPER_BODY) == set(H36M17.joints)


@pytest.mark.parametrize("rate", [10, 24, 25, Fraction(30000, 1001), 50, 120, 240])
def test_another_rate_sees_the_same_motion_at_its_own_times(rate) -> None:
    def where(seconds: np.ndarray) -> np.ndarray:
        return np.stack([np.sin(5 * seconds), seconds**2], axis=-1)

    values = at_rate(where(np.arange(101) / 50), 50, rate)
    times = np.arange(len(values)) / float(rate)
    assert 2 - 1 / float(rate) < times[-1] <= 2
    np.testing.assert_allclose(values, where(times), atol=1e-4)
