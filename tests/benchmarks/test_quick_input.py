"""Punches as they are made for measuring: straight when they should be, on bones that stay."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from benchmarks.measuring.quick_input import FPS, bends, impulse, swing, thrown
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.takes import Take, TakeSet
from tests.helpers.synthetic_motion import walking


def standing() -> TakeSet:
    take = Take("somebody", "walks", "", walking(60).astype(np.float32))
    return TakeSet("mocap", H36M17, Fraction(50), (take,))


def test_an_impulse_is_straight_for_as_long_as_it_is_held() -> None:
    way = impulse(2)
    assert (way == 1).sum() == 2
    assert len(way) == 2 * FPS + 4 + 2 and way[0] == way[-1] == 0


def test_a_swing_is_out_once_a_period() -> None:
    way = swing(3)
    assert np.isclose(way.max(), 1) and np.isclose(way.min(), 0)
    assert ((way[1:-1] > way[:-2]) & (way[1:-1] > way[2:])).sum() == 9


def test_a_thrown_arm_is_straight_and_keeps_its_bones() -> None:
    way = impulse(3)
    takes = thrown(standing(), way, 0)
    assert takes.fps == Fraction(FPS)
    joints = takes.takes[0].joints.astype(np.float64)
    bent = bends(joints)
    assert bent[way == 1].max() < 0.1
    assert bent[way == 0].min() > 60
    lengths = np.linalg.norm(joints[:, 1:] - joints[:, H36M17.parents[1:]], axis=-1)
    np.testing.assert_allclose(lengths, lengths[:1].repeat(len(way), 0), atol=1e-4)
