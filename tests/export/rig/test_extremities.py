"""Rigs whose hands and feet are turned as palms and soles show."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.export.rig.extremities import FOREARM_SHARE, MOST_PRONATION, SHIN_SHARE, shared
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.export.rig.rig import FRONT, LEFT, NAMES, UP
from glagcn_cli.skeleton import H36M17, H36M25
from tests.helpers.moving_figure import Figure

FRAMES = 20
FPS = Fraction(50)


def figure(pronation=0.0, toes_out=0.0) -> np.ndarray:
    """(frames, 25, 3): stands with arms raised to the sides and bent, feet 0.3 m above the floor.

    `pronation` turns the hands about the forearms, from palms as the T-pose has them on the
    forearms; `toes_out` turns the soles about the shins, degrees.
    """
    made = Figure(FRAMES, raised=90.0, elbow=30.0, knee=20.0, hip=10.0, alternate=False,
                  path=(0.0, 1.2, 0.0))  # fmt: skip
    joints = [*np.moveaxis(made.joints, 1, 0)]
    for joint in H36M25.joints[len(H36M17) :]:
        side, kind = joint.split("_", 1)
        sign, name = (1, "Left") if side == "left" else (-1, "Right")
        if kind in ("heel", "big_toe"):
            turn = made.turns[f"{name}Leg"] * Rotation.from_rotvec(np.radians(sign * toes_out) * UP)
            place = made.joints[:, H36M17.index(f"{side}_ankle")]
            offset = {"heel": -0.05 * FRONT - 0.06 * UP, "big_toe": 0.19 * FRONT - 0.06 * UP}[kind]
        else:
            outwards = sign * LEFT
            turn = made.turns[f"{name}ForeArm"] * Rotation.from_rotvec(
                np.radians(sign * pronation) * outwards
            )
            place = made.joints[:, H36M17.index(f"{side}_wrist")]
            aside = {"index_knuckle": 0.025, "little_knuckle": -0.04}[kind]
            offset = 0.08 * outwards + aside * FRONT
        joints.append(place + turn.apply(offset))
    return np.stack(joints, axis=1)


def fitted(joints, absent=None):
    motion = fit_rig(joints, np.ones(len(joints), bool), FPS, absent=absent)
    return dict(zip(NAMES, motion.turns(), strict=True))


def apart(one: Rotation, other: Rotation) -> np.ndarray:
    return np.degrees((one.inv() * other).magnitude())


@pytest.mark.parametrize("pronation", [0.0, 40.0, -70.0])
def test_hands_turn_as_palms_and_forearms_take_half(pronation):
    turns, before = fitted(figure(pronation)), fitted(figure()[:, : len(H36M17)])
    for side in ("Left", "Right"):
        np.testing.assert_allclose(
            apart(before[f"{side}Hand"], turns[f"{side}Hand"]), abs(pronation), atol=0.5
        )
        np.testing.assert_allclose(
            apart(before[f"{side}ForeArm"], turns[f"{side}ForeArm"]),
            FOREARM_SHARE * abs(pronation), atol=0.5,
        )  # fmt: skip
        along = LEFT if side == "Left" else -LEFT
        np.testing.assert_allclose(
            turns[f"{side}ForeArm"].apply(along), before[f"{side}ForeArm"].apply(along), atol=1e-6
        )


@pytest.mark.parametrize("out", [0.0, 25.0])
def test_feet_in_the_air_point_where_their_toes_do(out):
    turns, before = fitted(figure(toes_out=out)), fitted(figure()[:, : len(H36M17)])
    for side, sign in (("Left", 1), ("Right", -1)):
        ahead = turns[f"{side}Foot"].apply(FRONT)
        heading = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 2])) * sign
        np.testing.assert_allclose(heading, out, atol=1.5)
        np.testing.assert_allclose(
            apart(before[f"{side}Leg"], turns[f"{side}Leg"]), SHIN_SHARE * out, atol=0.5
        )


def test_a_mirrored_person_has_mirrored_turns():
    joints = figure(pronation=35.0, toes_out=20.0)
    mirrored = joints[:, list(H36M25.mirror)] * [-1, 1, 1]
    turns, others = fitted(joints), fitted(mirrored)
    for name in ("Hand", "ForeArm", "Foot", "Leg"):
        quaternions = turns[f"Left{name}"].as_quat() * [1, -1, -1, 1]  # mirrored in x
        np.testing.assert_allclose(
            apart(Rotation.from_quat(quaternions), others[f"Right{name}"]), 0, atol=1e-4
        )


def test_feet_and_palms_that_were_never_seen_change_nothing():
    joints = figure(pronation=40.0, toes_out=20.0)
    absent = np.zeros(len(H36M25), bool)
    absent[len(H36M17) :] = True
    turns, before = fitted(joints, absent), fitted(joints[:, : len(H36M17)])
    for name in NAMES:
        np.testing.assert_allclose(apart(turns[name], before[name]), 0, atol=1e-6)


def test_standing_feet_lie_flat_and_keep_their_heading():
    lowered = figure(toes_out=25.0)
    lowered[..., 1] -= lowered[:, H36M17.index("left_ankle"), 1].min() - 0.08
    turns = fitted(lowered)
    ahead = turns["LeftFoot"].apply(FRONT)
    assert np.abs(ahead[:, 1]).max() < 0.25
    heading = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 2]))
    np.testing.assert_allclose(heading, 25.0, atol=4.0)


def test_a_turn_beyond_what_hands_can_do_is_limited():
    limb = Rotation.identity(1)
    end = Rotation.from_rotvec([np.radians(170.0) * LEFT])
    turned = shared(limb, end, LEFT, 1.0, MOST_PRONATION)
    assert turned.magnitude()[0] == pytest.approx(MOST_PRONATION)
