from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.biomechanics.angle_names import RANGES, TRUNK_ANGLES, kind_of
from glagcn_cli.biomechanics.joint_angles import (
    FASTEST,
    NAMES,
    JointAngles,
    joint_angles,
    pelvis_axes,
    thorax_axes,
)
from glagcn_cli.errors import UsageError
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import COCO17, H36M17, H36M25, JointSet
from tests.helpers.moving_figure import Figure, sequence, walking


def angles_of(**posture) -> dict[str, float]:
    measured = joint_angles(sequence(Figure(1, **posture).joints))
    return dict(zip(measured.names, measured.degrees[0], strict=True))


# The figure swings its left leg forwards and its left arm backwards; the right side is opposite.
@pytest.mark.parametrize(
    ("posture", "expected"),
    [
        ({"hip": 30}, {"left_hip_flexion": 30, "right_hip_flexion": -30}),
        ({"hip": 120, "alternate": False}, {"left_hip_flexion": 120, "right_hip_flexion": 120}),
        ({"knee": 0}, {"left_knee_flexion": 0, "right_knee_flexion": 0}),
        ({"knee": 65}, {"left_knee_flexion": 65, "right_knee_flexion": 65}),
        ({"knee": 140, "hip": 90, "alternate": False}, {"right_knee_flexion": 140}),
        ({"elbow": 0}, {"left_elbow_flexion": 0, "right_elbow_flexion": 0}),
        ({"elbow": 110}, {"left_elbow_flexion": 110, "right_elbow_flexion": 110}),
        ({"shoulder": 40}, {"left_shoulder_flexion": -40, "right_shoulder_flexion": 40}),
        ({"raised": 10}, {"left_shoulder_abduction": 10, "right_shoulder_abduction": 10}),
        ({"raised": 85}, {"left_shoulder_elevation": 85, "right_shoulder_elevation": 85}),
        ({"raised": 150}, {"left_shoulder_elevation": 150, "left_shoulder_abduction": 30}),
        ({"raised": 150}, {"left_shoulder_flexion": 180}),
        ({"shoulder": -120, "raised": 0}, {"left_shoulder_flexion": 120}),
        ({"shoulder": -120, "raised": 0}, {"left_shoulder_elevation": 120}),
        ({"shoulder": -200, "raised": 0}, {"left_shoulder_flexion": 200}),
        ({"shoulder": -35, "raised": 0}, {"right_shoulder_flexion": -35}),
        ({"thigh_turn": 30, "knee": 50}, {"left_knee_flexion": 50, "left_hip_flexion": 0}),
    ],
)
def test_postures_have_the_angles_that_were_put_in(posture, expected):
    found = angles_of(**posture)
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-3)


def test_hip_abduction_is_positive_away_from_the_other_leg():
    joints = Figure(1).joints
    for side, outwards in (("left", 1), ("right", -1)):  # the figure's left is at +x
        hip, knee, ankle = H36M17.indices([f"{side}_{name}" for name in ("hip", "knee", "ankle")])
        down = joints[:, [knee, ankle]] - joints[:, [hip]]
        turn = Rotation.from_euler("z", outwards * 25.0, degrees=True)
        joints[:, [knee, ankle]] = joints[:, [hip]] + turn.apply(down[0])
    measured = joint_angles(sequence(joints))
    for side in ("left", "right"):
        assert measured[f"{side}_hip_abduction"] == pytest.approx(25, abs=1e-3)
        assert measured[f"{side}_hip_flexion"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(("outwards", "forwards"), [(20, 50), (-10, -25), (40, 100)])
def test_flexion_and_abduction_are_the_first_two_turns_of_the_leg(outwards, forwards):
    """An independent decomposition: scipy's intrinsic Euler angles of the turn that was applied."""
    joints = Figure(1).joints
    hip, knee, ankle = H36M17.indices(["left_hip", "left_knee", "left_ankle"])
    # Grood & Suntay: about the side axis, then about the floating one, then about the thigh's own.
    turn = Rotation.from_euler("XZY", [-forwards, outwards, 17.0], degrees=True)
    for joint in (knee, ankle):
        joints[:, joint] = joints[:, hip] + turn.apply(joints[:, joint] - joints[:, hip])
    measured = joint_angles(sequence(joints))
    assert measured["left_hip_flexion"] == pytest.approx(forwards, abs=1e-3)
    assert measured["left_hip_abduction"] == pytest.approx(outwards, abs=1e-3)


def test_angles_do_not_depend_on_where_the_body_is_and_how_it_lies():
    joints = walking(40, heading=20.0).joints
    measured = joint_angles(sequence(joints))
    turn = Rotation.from_euler("xyz", [100, -40, 65], degrees=True)
    elsewhere = turn.apply(joints.reshape(-1, 3)).reshape(joints.shape) + np.array([3, -1, 7])
    moved = joint_angles(sequence(elsewhere, frame="camera"))
    between_parts = [not name.startswith(("pelvis", "thorax")) for name in NAMES]
    np.testing.assert_allclose(
        moved.degrees[:, between_parts], measured.degrees[:, between_parts], atol=2e-3
    )
    assert np.isnan(moved.degrees[:, ~np.array(between_parts)]).all()  # no vertical is known


def test_left_and_right_change_places_in_a_mirror():
    joints = walking(40).joints
    mirrored = joints[:, H36M17.mirror] * [-1, 1, 1]
    measured, seen = joint_angles(sequence(joints)), joint_angles(sequence(mirrored))
    for name in set(NAMES) - set(TRUNK_ANGLES):
        side, angle = name.split("_", 1)
        other = f"{'right' if side == 'left' else 'left'}_{angle}"
        np.testing.assert_allclose(seen[other], measured[name], atol=2e-3)
    for name in TRUNK_ANGLES:
        sign = 1 if name.endswith(("tilt", "flexion")) else -1
        np.testing.assert_allclose(seen[name], sign * measured[name], atol=2e-3)


def test_axes_point_forward_up_and_to_the_right():
    joints = Figure(3, heading=90.0).joints  # faces +x, its right is at +z
    for axes in (pelvis_axes(joints, H36M17), thorax_axes(joints, H36M17)):
        np.testing.assert_allclose(axes, np.tile(np.eye(3), (3, 1, 1)), atol=1e-6)


def test_frames_without_a_pose_are_not_a_number():
    valid = np.arange(60) % 10 > 2
    measured = joint_angles(sequence(walking(60).joints, valid=valid, fps=Fraction(30000, 1001)))
    assert measured.degrees.shape == (60, len(NAMES)) and measured.fps == Fraction(30000, 1001)
    assert np.isnan(measured.degrees[~valid]).all()
    always = [not name.endswith(("rotation", "plane")) for name in NAMES]
    assert np.isfinite(measured.degrees[valid][:, always]).all()


def test_an_arm_swung_round_and_round_has_its_angle_wherever_an_arm_can_be():
    count = 200
    turn = np.linspace(0, 720, count)
    figure = Figure(count, shoulder=-turn, alternate=False, raised=0)
    found = joint_angles(sequence(figure.joints))["right_shoulder_flexion"]
    folded = (turn + 90) % 360 - 90  # straight down is 0 in every round
    np.testing.assert_array_equal(np.isfinite(found), folded <= 210)
    known = np.isfinite(found)
    np.testing.assert_allclose(found[known], folded[known], atol=1e-3)


def test_a_backflip_that_is_taken_wrongly_stays_in_what_a_hip_can_do():
    """A thigh of the example clip at 5.47 s; it came out as 407 degrees, whole turns and all."""
    turn = np.array([47, 43, 37, 26, 4, -28, -66, -150, -139, -165, 163, 142, 135, 133, 125, 111.0])
    figure = Figure(len(turn), hip=turn, alternate=False, knee=20)
    measured = joint_angles(sequence(figure.joints, fps=Fraction(30)))
    possible = (turn >= -60) & (turn <= 150)
    for side in ("left", "right"):
        found = measured[f"{side}_hip_flexion"]
        np.testing.assert_allclose(found, np.where(possible, turn, np.nan), atol=1e-3)
        np.testing.assert_array_equal(np.isfinite(measured[f"{side}_hip_abduction"]), possible)
        assert np.isfinite(measured[f"{side}_knee_flexion"]).all()


@pytest.mark.parametrize("posture", [{"knee": 172.0}, {"elbow": 172.0}, {"hip": -75.0}])
def test_what_no_joint_can_do_is_missing(posture):
    (name,) = posture
    found = angles_of(**posture, alternate=False)
    assert np.isnan(found[f"left_{name}" + "_flexion"])
    assert np.isnan(found[f"right_{name}" + "_flexion"])


@pytest.mark.parametrize(
    ("fps", "step", "known"),
    [(30, 49, True), (30, 51, False), (120, 39, True), (120, 41, False), (5, 89, True),
     (5, 91, False)],
)  # fmt: skip
def test_both_frames_of_a_jump_that_nobody_does_are_missing(fps, step, known):
    knee = np.array([20.0, 20, 20, 20 + step, 20 + step, 20 + step])
    measured = joint_angles(sequence(Figure(6, knee=knee).joints, fps=Fraction(fps)))
    expected = knee if known else np.where([True, True, False, False, True, True], knee, np.nan)
    np.testing.assert_allclose(measured["left_knee_flexion"], expected, atol=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_pose_angles_are_possible_or_missing(seed):
    draw = np.random.default_rng(seed)
    path = np.cumsum(draw.normal(0, 0.03, (400, 17, 3)), axis=0) + draw.normal(0, 0.4, (17, 3))
    measured = joint_angles(sequence(path, fps=Fraction(30)))
    assert 0.3 < np.isfinite(measured.degrees).mean() < 1
    for name in NAMES:
        low, high = RANGES[kind_of(name)]
        found, steps = measured[name], np.abs(np.diff(measured[name]))
        assert found[np.isfinite(found)].min(initial=0) >= low - 0.01
        assert found[np.isfinite(found)].max(initial=0) <= high + 0.01
        assert steps[np.isfinite(steps)].max(initial=0) <= FASTEST / 30


def test_arms_straight_out_have_elevation_but_no_flexion():
    raised = np.linspace(0, 160, 161)
    measured = joint_angles(sequence(Figure(161, raised=raised).joints))
    np.testing.assert_allclose(measured["left_shoulder_elevation"], raised, atol=1e-3)
    undefined = np.isnan(measured["left_shoulder_flexion"])
    np.testing.assert_array_equal(undefined, np.abs(raised - 90) <= 20)
    hanging, up = measured["left_shoulder_flexion"][[0, -1]]
    assert hanging == pytest.approx(0, abs=1e-3) and up == pytest.approx(180, abs=1e-3)


def test_joints_that_fall_together_give_no_angle_and_no_warning():
    joints = Figure(2).joints
    joints[0] = 0.0
    joints[1, H36M17.index("left_knee")] = joints[1, H36M17.index("left_hip")]
    measured = joint_angles(sequence(joints))
    assert np.isnan(measured.degrees[0]).all()
    assert np.isnan(measured["left_hip_flexion"][1]) and np.isnan(measured["left_knee_flexion"][1])
    assert np.isfinite(measured["right_knee_flexion"][1])


def test_a_joint_set_without_a_trunk_is_refused():
    with pytest.raises(UsageError, match="thorax"):
        joint_angles(replace(sequence(walking(3).joints), joint_set=COCO17))


def test_a_spine_is_not_needed_and_does_not_matter():
    person = sequence(walking(20).joints)
    bent = person.joints.copy()
    bent[:, H36M17.index("spine"), 2] += 0.1
    measured, other = joint_angles(person), joint_angles(replace(person, joints=bent))
    np.testing.assert_array_equal(other.degrees, measured.degrees)


def trunk_moved(**degrees) -> dict[str, float]:
    """Angles of a figure facing +z whose joints above the hips, or all, were turned."""
    joints, whole = Figure(1).joints, "whole" in degrees
    turn = Rotation.from_euler(*degrees["whole" if whole else "upper"], degrees=True)
    moved = [j for j, name in enumerate(H36M17.joints) if whole or name not in _BELOW]
    around = joints[:, H36M17.index("hip")]
    joints[:, moved] = around + turn.apply((joints[:, moved] - around)[0])
    measured = joint_angles(sequence(joints))
    return dict(zip(NAMES, measured.degrees[0], strict=True))


_BELOW = (
    "hip",
    *(f"{s}_{j}" for s in ("left", "right") for j in ("hip", "knee", "ankle")),
)


# The figure faces +z, its right is at -x. In its own axes a turn about z (to the right) is about
# -x here, one about x (forwards) about z, one about y about y.
@pytest.mark.parametrize("angles", [(10.0, 15.0), (-20.0, 30.0), (5.0, -40.0)])
def test_trunk_angles_are_the_turns_about_x_and_y_of_the_thorax(angles):
    right, left = angles
    found = trunk_moved(upper=("XZY", [35.0, right, left]))  # leaning forwards is the hips'
    assert found["trunk_bending"] == pytest.approx(right, abs=1e-3)
    assert found["trunk_rotation"] == pytest.approx(left, abs=1e-3)
    assert found["pelvis_list"] == pytest.approx(0, abs=1e-3)
    assert found["left_hip_flexion"] == found["right_hip_flexion"] == pytest.approx(35, abs=1e-3)


@pytest.mark.parametrize("heading", [0.0, 130.0])
def test_tilt_and_list_are_against_the_vertical_whatever_the_heading(heading):
    found = trunk_moved(whole=("YZX", [heading, 12.0, 25.0]))
    for part in ("pelvis", "thorax"):
        assert found[f"{part}_tilt"] == pytest.approx(25, abs=1e-3)
        assert found[f"{part}_list"] == pytest.approx(12, abs=1e-3)  # the right side goes down
    assert np.isnan(found["pelvis_rotation"])  # it does not travel


@pytest.mark.parametrize("turned", [-25.0, 15.0])
def test_a_pelvis_is_turned_from_the_way_it_goes(turned):
    seconds = np.arange(100) / 50
    path = np.stack([np.sin(0.5) * seconds, 0.9 + 0 * seconds, np.cos(0.5) * seconds], axis=1)
    heading = np.degrees(0.5) + turned  # about y, towards +x: to the body's left
    measured = joint_angles(sequence(Figure(100, heading=heading, path=path).joints))
    np.testing.assert_allclose(measured["pelvis_rotation"], turned, atol=0.01)


@pytest.mark.parametrize("inwards", [-30.0, 0.0, 20.0])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_third_turn_of_a_thigh_is_read_from_a_bent_knee(side, inwards):
    sign = 1 if side == "right" else -1
    joints = Figure(1, knee=70).joints
    hip, knee, ankle = H36M17.indices([f"{side}_{name}" for name in ("hip", "knee", "ankle")])
    turn = Rotation.from_euler("XZY", [-35.0, -12.0 * sign, inwards * sign], degrees=True)
    joints[:, [knee, ankle]] = joints[:, [hip]] + turn.apply(
        (joints[:, [knee, ankle]] - joints[:, [hip]])[0]
    )
    measured = joint_angles(sequence(joints))
    assert measured[f"{side}_hip_rotation"] == pytest.approx(inwards, abs=1e-3)
    assert measured[f"{side}_hip_flexion"] == pytest.approx(35, abs=1e-3)
    assert measured[f"{side}_hip_abduction"] == pytest.approx(12, abs=1e-3)
    straight = joint_angles(sequence(Figure(1, knee=20).joints))
    assert np.isnan(straight[f"{side}_hip_rotation"])


def test_an_arm_is_raised_in_a_plane_and_a_hanging_one_in_none():
    forwards = joint_angles(sequence(Figure(1, shoulder=-60, alternate=False, raised=0).joints))
    sideways = joint_angles(sequence(Figure(1, raised=60).joints))
    hanging = joint_angles(sequence(Figure(1, raised=10).joints))
    for side in ("left", "right"):
        assert forwards[f"{side}_shoulder_plane"] == pytest.approx(90, abs=1e-3)
        assert sideways[f"{side}_shoulder_plane"] == pytest.approx(0, abs=1e-3)
        assert np.isnan(hanging[f"{side}_shoulder_plane"])


def test_a_head_that_nods_is_flexed():
    joints = Figure(1).joints
    thorax, head = H36M17.indices(["thorax", "head"])
    before = joint_angles(sequence(joints))["head_flexion"]
    joints[:, head] = joints[:, thorax] + Rotation.from_euler("x", 30, degrees=True).apply(
        (joints[:, head] - joints[:, thorax])[0]
    )
    assert joint_angles(sequence(joints))["head_flexion"] == pytest.approx(before + 30, abs=1e-3)


def test_ankles_and_wrists_have_angles_where_the_skeleton_goes_on():
    more = JointSet(
        "with-ends", (*H36M17.joints, "left_heel", "left_ball", "left_hand"), H36M17.bones
    )
    figure = Figure(1, elbow=0, raised=10).joints
    ankle, elbow, wrist = H36M17.indices(["left_ankle", "left_elbow", "left_wrist"])
    heel = figure[:, [ankle]] + [0, -0.05, -0.05]
    ball = heel + Rotation.from_euler("x", -20, degrees=True).apply([0, 0, 0.2])  # toes up
    forearm = figure[:, wrist] - figure[:, elbow]
    hand = figure[:, [wrist]] + 0.3 * Rotation.from_euler("x", 40, degrees=True).apply(forearm)
    joints = np.concatenate([figure, heel, ball, hand], axis=1)
    plain = sequence(figure)
    person = replace(
        plain, joints=joints.astype(np.float32), joint_set=more,
        scores=np.ones((1, 20), np.float32), keypoints=np.zeros((1, 20, 2), np.float32),
    )  # fmt: skip
    measured = joint_angles(person)
    assert measured["left_ankle_flexion"] == pytest.approx(20, abs=1e-3)
    assert 30 < measured["left_wrist_bend"][0] <= 40.01  # the forearm does not lie across the axis
    assert "right_ankle_flexion" not in measured.names
    assert set(NAMES) < set(measured.names) and "left_ankle_flexion" not in NAMES


def with_soles_turned(rolled: float, toes_up: float = 0.0) -> PoseSequence:
    """Somebody who stands on feet rolled about their length, degrees, both soles inwards."""
    made = Figure(1, hip=0, knee=0, elbow=10)
    points = []
    for joint in H36M25.joints[len(H36M17) :]:
        side, kind = joint.split("_", 1)
        sign = 1 if side == "left" else -1
        # y up, facing +z, left at +x: a left sole that faces right has rolled from y towards x.
        roll = Rotation.from_euler("z", -sign * rolled, degrees=True)
        foot = Rotation.from_euler("x", -toes_up, degrees=True) * roll
        offset = {"heel": (0, -0.06, -0.05), "big_toe": (0, -0.06, 0.15)}.get(kind, (0, 0, 0.1))
        place = "ankle" if kind in ("heel", "big_toe") else "wrist"
        points.append(made.joints[:, H36M17.index(f"{side}_{place}")] + foot.apply(offset))
    joints = np.concatenate([made.joints, np.stack(points, axis=1)], axis=1).astype(np.float32)
    return PoseSequence(
        joints, np.ones(joints.shape[:2], np.float32), np.ones(1, bool), Fraction(25),
        np.zeros((1, len(H36M25), 2), np.float32), joint_set=H36M25,
    )  # fmt: skip


@pytest.mark.parametrize("rolled", [0.0, 25.0, -20.0])
@pytest.mark.parametrize("toes_up", [0.0, 15.0, -30.0])
def test_soles_that_face_inwards_are_inverted_on_both_sides(rolled: float, toes_up: float) -> None:
    measured = joint_angles(with_soles_turned(rolled, toes_up))
    for side in ("left", "right"):
        assert measured[f"{side}_ankle_inversion"] == pytest.approx(rolled, abs=0.01)
        assert measured[f"{side}_ankle_flexion"] == pytest.approx(toes_up, abs=0.01)


def test_angles_are_those_of_legs_whose_feet_were_not_held():
    elsewhere = np.array([0.1, 0.02, -0.3])
    free = (Figure(3, knee=5).joints + elsewhere).astype(np.float32)
    person = replace(sequence(Figure(3, knee=25).joints), free=free)
    np.testing.assert_allclose(joint_angles(person)["left_knee_flexion"], 5, atol=1e-3)


def test_columns_and_names_belong_together():
    with pytest.raises(ValueError, match="angles"):
        JointAngles(NAMES, np.zeros((4, 3)), Fraction(25))


def test_knuckles_tell_how_a_wrist_is_bent():
    made = walking(5)
    hands = []
    for joint in H36M25.joints[len(H36M17) :]:
        side, kind = joint.split("_", 1)
        elbow, wrist = (made.joints[:, H36M17.index(f"{side}_{j}")] for j in ("elbow", "wrist"))
        along = (wrist - elbow) / np.linalg.norm(wrist - elbow, axis=1, keepdims=True)
        across = np.cross(along, [0.3, 0.1, 1.0])
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        aside = {"index_knuckle": 0.25, "little_knuckle": -0.4}.get(kind, 0.0)
        hands.append(wrist + 0.08 * along + 0.08 * aside * across)
    joints = np.concatenate([made.joints, np.stack(hands, axis=1)], axis=1).astype(np.float32)
    person = PoseSequence(
        joints, np.ones(joints.shape[:2], np.float32), np.ones(5, bool), Fraction(25),
        np.zeros((5, len(H36M25), 2), np.float32), joint_set=H36M25,
    )  # fmt: skip
    angles = joint_angles(person)
    np.testing.assert_allclose(angles["left_wrist_bend"], 0, atol=1.0)
    np.testing.assert_allclose(angles["right_wrist_bend"], 0, atol=1.0)
