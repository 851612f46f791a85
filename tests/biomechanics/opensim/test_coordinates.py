"""Coordinates by geometry: values that were put in, without OpenSim."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.biomechanics.opensim.coordinates import LENGTHS, CoordinateMotion, coordinate_motion
from glagcn_cli.biomechanics.opensim.model import neutral_places, read_model
from glagcn_cli.biomechanics.opensim.scaling import scaled_model
from glagcn_cli.errors import UsageError
from glagcn_cli.halves import LOWER, UPPER
from glagcn_cli.skeleton import H36M17, HUMANEVA15
from tests.helpers.moving_figure import Figure, sequence, walking

ARMS_AT_SIDES = {"raised": 0}


def motion_of(joints: np.ndarray) -> CoordinateMotion:
    person = sequence(joints)
    return coordinate_motion(person, scaled_model(person))


# The figure faces +z, its left at +x; it swings its left leg forwards and its left arm backwards.
@pytest.mark.parametrize(
    ("posture", "expected"),
    [
        ({"heading": 0}, {"pelvis_rotation": -90}),
        ({"heading": 90}, {"pelvis_rotation": 0, "pelvis_list": 0}),
        ({"heading": 130}, {"pelvis_rotation": 40}),
        ({"tilt": 12}, {"pelvis_list": 12, "L5_S1_Lat_Bending": 0}),
        ({"tilt": 12, "heading": 70}, {"pelvis_list": 12, "pelvis_rotation": -20}),
        ({"bend": 15}, {"L5_S1_Lat_Bending": 15, "pelvis_list": 0}),
        ({"twist": 20}, {"L5_S1_axial_rotation": 20, "pelvis_rotation": -90}),
        ({"hip": 30}, {"hip_flexion_l": 30, "hip_flexion_r": -30}),
        ({"hip": 100, "alternate": False}, {"hip_flexion_l": 100, "hip_flexion_r": 100}),
        ({"knee": 65}, {"knee_angle_l": 65, "knee_angle_r": 65, "hip_flexion_l": 0}),
        ({"thigh_turn": 20, "knee": 60}, {"hip_rotation_l": -20, "hip_rotation_r": -20}),
        ({"shoulder": 40, **ARMS_AT_SIDES}, {"arm_flex_l": -40, "arm_flex_r": 40}),
        ({"raised": 30}, {"arm_add_l": -30, "arm_add_r": -30, "arm_flex_l": 0}),
        ({"raised": 80}, {"arm_add_l": -80, "arm_add_r": -80}),
    ],
)
def test_postures_have_the_coordinates_that_were_put_in(posture, expected):
    straight = motion_of(Figure(1, heading=90, **ARMS_AT_SIDES).joints)
    found = motion_of(Figure(1, **(ARMS_AT_SIDES | posture)).joints)
    for name, value in expected.items():
        # The figure is built a little differently from the model, which counts from its own rest.
        own = 0.0 if name == "pelvis_rotation" else straight[name][0]
        assert found[name][0] - own == pytest.approx(value, abs=4.0), name


def test_a_forearm_that_bends_forwards_bends_the_elbow():
    # Upper arms hang down, forearms point to where the figure faces.
    joints = Figure(1, **ARMS_AT_SIDES).joints.copy()
    for side in ("left", "right"):
        elbow, wrist = H36M17.indices([f"{side}_elbow", f"{side}_wrist"])
        joints[:, wrist] = joints[:, elbow] + [0.0, 0.0, 0.25]
    found = motion_of(joints)
    for letter in "lr":
        assert found[f"elbow_flex_{letter}"][0] == pytest.approx(90, abs=10)
        assert abs(found[f"arm_rot_{letter}"][0]) < 20


def test_the_model_at_rest_has_coordinates_of_zero():
    root = read_model()
    places = neutral_places(root)
    joints = np.stack([places[name] for name in H36M17.joints])[None]
    motion = coordinate_motion(sequence(joints), root)
    for name, value in zip(motion.names, motion.values[0], strict=True):
        # A straight elbow and one that bends by ten degrees look alike: the model's are askew.
        most = 1e-6 if name in LENGTHS else 12.0 if name.startswith("elbow") else 5.0
        assert abs(value) < most, name


def test_moving_and_turning_the_scene_changes_the_pelvis_alone():
    joints = walking(40).joints
    before = motion_of(joints)
    turn = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])  # by 90 degrees, left
    after = motion_of(joints @ turn.T + [3.0, 0.0, -2.0])
    changed = ("pelvis_rotation", *LENGTHS)
    for name in set(before.names) - set(changed):
        assert after[name] == pytest.approx(before[name], abs=0.01), name
    assert after["pelvis_rotation"] - before["pelvis_rotation"] == pytest.approx(90.0, abs=0.01)


def test_an_arm_that_is_raised_by_the_side_goes_on_over_the_head():
    raised = np.linspace(5, 170, 60)
    poses = [Figure(1, raised=angle).joints for angle in raised]
    added = motion_of(np.concatenate(poses))["arm_add_l"]
    assert np.diff(added).max() < 0 and added[-1] == pytest.approx(-170, abs=5)
    assert np.abs(np.diff(added)).max() < 8


def test_a_person_who_turns_round_and_round_has_no_jump():
    heading = np.linspace(0, 700, 200)
    valid = np.arange(200) % 50 > 5
    person = sequence(Figure(200, heading=heading).joints, valid=valid)
    rotation = coordinate_motion(person, scaled_model(person))["pelvis_rotation"][valid]
    turned = heading[valid]
    assert rotation - rotation[0] == pytest.approx(turned - turned[0], abs=0.1)


def test_straight_limbs_have_all_coordinates():
    motion = motion_of(Figure(3, hip=20, knee=0, elbow=0, raised=90).joints)
    assert np.isfinite(motion.values).all()


def test_frames_without_a_pose_have_none():
    person = sequence(walking(20).joints, valid=np.arange(20) % 7 != 3)
    motion = coordinate_motion(person, scaled_model(person))
    assert np.array_equal(np.isfinite(motion.values).all(axis=1), person.valid)
    assert np.array_equal(np.isnan(motion.values).all(axis=1), ~person.valid)


def test_legs_that_were_never_seen_have_no_coordinates():
    person = replace(sequence(walking(20).joints), absent=LOWER.mask())
    names = coordinate_motion(person, scaled_model(person)).names
    assert "pelvis_tilt" in names and "arm_flex_l" in names
    assert not [name for name in names if name.startswith(("hip", "knee"))]


def test_without_an_upper_body_the_pelvis_is_upright_and_legs_have_coordinates():
    person = replace(sequence(walking(20).joints), absent=UPPER.mask())
    motion = coordinate_motion(person, scaled_model(person))
    assert "knee_angle_l" in motion.names and "L5_S1_Flex_Ext" not in motion.names
    assert "pelvis_tilt" not in motion.names, "nothing shows it"
    assert np.isfinite(motion.values).all()


def test_joints_that_the_model_lacks_are_told():
    few = sequence(walking(5).joints)
    joints = few.joints[:, : len(HUMANEVA15)]
    other = replace(
        few, joints=joints, scores=few.scores[:, :15], keypoints=few.keypoints[:, :15],
        joint_set=HUMANEVA15,
    )  # fmt: skip
    with pytest.raises(UsageError, match="needs spine"):
        coordinate_motion(other, read_model())
