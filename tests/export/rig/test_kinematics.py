from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.errors import NobodyFoundError
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.export.rig.rig import NAMES, PARENTS, RigMotion
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import Figure, about, walking

FPS = Fraction(50)


def fit(joints, valid=None) -> RigMotion:
    return fit_rig(joints, np.ones(len(joints), bool) if valid is None else valid, FPS)


def in_scene(motion: RigMotion, name: str) -> Rotation:
    chain = [NAMES.index(name)]
    while PARENTS[chain[0]] >= 0:
        chain.insert(0, PARENTS[chain[0]])
    turn = Rotation.identity(len(motion))
    for joint in chain:
        turn = turn * Rotation.from_quat(motion.rotations[:, joint])
    return turn


def degrees_apart(one: Rotation, other: Rotation) -> np.ndarray:
    return np.degrees((one.inv() * other).magnitude())


def steps(motion: RigMotion) -> np.ndarray:
    """Degrees by which each joint turns from frame to frame: (frames - 1, rig joints)."""
    turns = [Rotation.from_quat(motion.rotations[:, i]) for i in range(len(NAMES))]
    return np.stack([degrees_apart(turn[:-1], turn[1:]) for turn in turns], axis=-1)


def noisy(joints, metres=0.005):
    return joints + np.random.default_rng(0).normal(0, metres, joints.shape)


def test_figure_with_constant_bones_is_met_exactly():
    joints = walking().joints
    assert np.abs(fit(joints).joint_positions() - joints).max() < 1e-6


def test_bones_keep_their_length_and_left_equals_right_under_noise():
    fitted = fit(noisy(walking().joints, 0.02)).joint_positions()
    parents, children = np.array(H36M17.bone_indices).T
    lengths = np.linalg.norm(fitted[:, children] - fitted[:, parents], axis=-1)
    assert lengths.std(axis=0).max() < 1e-9
    mirrored = [children.tolist().index(H36M17.mirror[child]) for child in children]
    assert np.allclose(lengths, lengths[:, mirrored], atol=1e-12)


def test_joints_without_constant_bones_are_met_on_average():
    joints = noisy(walking().joints, 0.01)
    apart = np.linalg.norm(fit(joints).joint_positions() - joints, axis=-1)
    assert apart.mean() < 0.012  # the noise alone is 16 mm long; laid end to end bones give 18


@pytest.mark.parametrize(
    "name", ["Hips", "LeftUpLeg", "RightUpLeg", "LeftLeg", "RightLeg", "LeftArm", "RightForeArm"]
)
def test_rotations_are_those_the_figure_was_made_with(name):
    figure = walking()
    bent = slice(None) if "Leg" not in name else np.cos(np.arange(150) / 50 * 2 * np.pi) > -0.5
    apart = degrees_apart(in_scene(fit(figure.joints), name), figure.turns[name])
    assert apart[bent].max() < (2.5 if "Arm" in name else 1.0)  # elbows are bent less here


def test_smooth_motion_gives_smooth_rotations_through_a_full_turn():
    heading = np.linspace(0, 360, 150)
    motion = fit(noisy(walking(heading=heading).joints, 0.002))
    assert steps(motion).max() < 25.0
    dots = np.sum(motion.rotations[1:] * motion.rotations[:-1], axis=-1)
    assert dots.min() > 0.9


def test_straight_limbs_do_not_twist_under_noise():
    figure = Figure(200)
    motion = fit(noisy(figure.joints))
    for name in ("LeftUpLeg", "RightUpLeg", "LeftArm", "RightArm", "LeftForeArm", "LeftLeg"):
        assert steps(motion)[:, NAMES.index(name)].max() < 15.0
    for name in ("LeftUpLeg", "RightUpLeg"):
        # The hips are 20 cm apart: the noise alone turns the pelvis, and the thighs with it, by 7.
        assert degrees_apart(in_scene(motion, name), figure.turns[name]).max() < 15.0


def test_a_limb_that_passes_through_straight_keeps_its_axis():
    knee = np.abs(np.linspace(-60, 60, 200))
    figure = Figure(200, knee=knee, elbow=knee, thigh_turn=40.0)
    motion = fit(noisy(figure.joints, 0.003))
    for name in ("LeftUpLeg", "RightUpLeg", "LeftArm", "RightArm"):
        assert degrees_apart(in_scene(motion, name), figure.turns[name]).max() < 20.0


def flexions(motion: RigMotion) -> dict[str, np.ndarray]:
    """Degrees (frames,) by which knees and elbows are bent the way they can."""
    hinges = {"LeftLeg": [1, 0, 0], "RightLeg": [1, 0, 0]}
    hinges |= {"LeftForeArm": [0, -1, 0], "RightForeArm": [0, 1, 0]}
    return {
        name: Rotation.from_quat(motion.rotations[:, NAMES.index(name)]).as_rotvec(degrees=True)
        @ np.array(axis, float)
        for name, axis in hinges.items()
    }


@pytest.mark.parametrize("backwards", [1.0, 3.0, 12.0, 30.0])
def test_a_knee_bent_backwards_by_an_error_is_straight_and_keeps_the_ankle(backwards):
    knee = np.concatenate([np.full(40, 30.0), np.full(20, -backwards), np.full(40, 30.0)])
    figure = Figure(100, knee=knee)
    motion = fit(figure.joints)
    for name, bent in flexions(motion).items():
        assert bent.min() > -1e-6
        if name.endswith("Leg"):
            assert bent[40:60].max() < 0.1
            assert np.allclose(np.delete(bent, range(40, 60)), 30.0, atol=1e-3)
    thigh = degrees_apart(in_scene(motion, "LeftUpLeg"), figure.turns["LeftUpLeg"])
    assert thigh.max() < backwards / 2 + 0.5  # no turn about itself
    moved = np.linalg.norm(motion.joint_positions() - figure.joints, axis=-1)
    shorter = 0.84 - np.sqrt(0.43**2 + 0.41**2 + 2 * 0.43 * 0.41 * np.cos(np.radians(backwards)))
    assert moved[:, H36M17.index("left_ankle")].max() == pytest.approx(shorter, abs=1e-4)


@pytest.mark.parametrize("metres", [0.005, 0.02])
def test_hinges_never_bend_backwards_under_noise(metres):
    motion = fit(noisy(Figure(200, knee=4.0, elbow=4.0).joints, metres))
    for bent in flexions(motion).values():
        assert bent.min() > -1e-6


def test_knee_far_past_a_right_angle_is_a_pure_hinge():
    motion = fit(Figure(100, hip=60.0, knee=np.linspace(30, 130, 100), alternate=False).joints)
    shin = Rotation.from_quat(motion.rotations[:, NAMES.index("LeftLeg")]).as_rotvec(degrees=True)
    assert np.allclose(shin, np.linspace(30, 130, 100)[:, None] * [1, 0, 0], atol=1e-6)


@pytest.mark.parametrize(
    "turn", [about("x", -90.0), about("z", 90.0), about("x", 170.0) * about("y", 50.0)]
)
def test_lying_or_upside_down_changes_the_root_and_the_feet_alone(turn):
    joints = walking(60).joints
    turned = turn.apply(joints.reshape(-1, 3)).reshape(joints.shape)
    upright, lying = fit(joints), fit(turned)
    assert np.abs(lying.joint_positions() - turned).max() < 1e-6
    for i in range(1, len(NAMES)):
        if NAMES[i].endswith("Foot"):
            continue  # they have regard to the floor
        one, other = (Rotation.from_quat(m.rotations[:, i]) for m in (upright, lying))
        assert degrees_apart(one, other).max() < 1e-4
    assert degrees_apart(turn * in_scene(upright, "Hips"), in_scene(lying, "Hips")).max() < 1e-4


def test_poses_are_held_over_gaps_and_at_the_ends():
    figure = Figure(31, heading=np.linspace(0, 60, 31), path=np.linspace([0, 1, 0], [3, 1, 0], 31))
    valid = np.zeros(31, bool)
    valid[[5, 6, 24, 25]] = True
    joints = np.where(valid[:, None, None], figure.joints, 99.0)
    motion = fit(joints, valid)
    shown = [5] * 6 + [6] * 18 + [24] + [25] * 6
    assert np.allclose(motion.root, figure.joints[shown, 0])
    assert degrees_apart(in_scene(motion, "Hips"), figure.turns["Hips"][shown]).max() < 1e-4
    assert np.allclose(motion.rotations[6:24], motion.rotations[6])
    assert (motion.observed == valid).all()


@pytest.mark.parametrize("count", [1, 20])
def test_one_valid_frame_is_held_everywhere(count):
    figure = walking(count)
    valid = np.arange(count) == count // 2
    motion = fit(figure.joints, valid)
    assert len(motion) == count
    assert np.abs(motion.joint_positions() - figure.joints[valid]).max() < 1e-6


def test_no_valid_frame_is_nobody():
    with pytest.raises(NobodyFoundError):
        fit(walking(5).joints, np.zeros(5, bool))


def test_no_frame_at_all_is_nobody():
    with pytest.raises(NobodyFoundError):
        fit(np.zeros((0, 17, 3)))


@pytest.mark.parametrize("frames", [[10], [0], list(range(20))])
def test_collapsed_poses_stay_finite(frames):
    joints = walking(20).joints.copy()
    joints[frames] = joints[frames][:, :1]
    motion = fit(joints)
    assert np.isfinite(motion.rotations).all()
    assert np.allclose(np.linalg.norm(motion.rotations, axis=-1), 1.0)
    assert np.isfinite(motion.joint_positions()).all()


def test_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="shape"):
        fit(np.zeros((4, 16, 3)))
