"""Feet of the fitted rig against the floor."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.export.rig.feet import foot_turns
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.export.rig.rig import FRONT, NAMES, UP, RigMotion
from tests.helpers.moving_figure import SHIN, THIGH, Figure, about, walking

TOES = np.array([0.0, -0.066, 0.172])
NEVER = np.zeros(1, bool)


def toes_of(motion: RigMotion) -> np.ndarray:
    """(frames, 2, 3) metres: the tips of the left and the right toes."""
    turns = motion.turns()
    places = motion.rig.positions(motion.root, turns)
    tips = []
    for side in ("Left", "Right"):
        foot = NAMES.index(f"{side}Foot")
        tips.append(places[foot] + turns[foot].apply(motion.rig.end_sites[f"{side}Foot"]))
    return np.stack(tips, axis=1)


def fitted(joints, contacts=None) -> RigMotion:
    return fit_rig(joints, np.ones(len(joints), bool), Fraction(50), contacts)


def one(shank: Rotation, height: float, contact: bool = False) -> Rotation:
    """How a foot is turned in a clip that holds one pose for a second."""
    shanks = Rotation.from_quat(np.tile(shank.as_quat(), (50, 1)))
    ankles = np.tile([0.0, height, 0.0], (50, 1))
    return foot_turns(shanks, ankles, TOES, np.full(50, contact), 50.0)[25]


def degrees(one_: Rotation, other: Rotation) -> float:
    return float(np.degrees((one_.inv() * other).magnitude()))


def test_toes_of_a_walk_stay_above_the_floor_and_follow_the_shank_in_the_air():
    figure = walking(150)
    lowest = figure.joints[..., 1].min()
    joints = figure.joints - [0.0, lowest - 0.07, 0.0]
    toes = toes_of(fitted(joints))
    assert toes[..., 1].min() > -0.01
    hanging = joints + UP
    motion = fitted(hanging)
    for side in ("Left", "Right"):
        foot = motion.rotations[:, NAMES.index(f"{side}Foot")]
        assert np.degrees(Rotation.from_quat(foot).magnitude()).max() < 1e-6


@pytest.mark.parametrize("lean", [-25.0, 0.0, 25.0])
@pytest.mark.parametrize("heading", [0.0, 130.0])
def test_low_foot_is_flat_and_points_where_the_shank_faces(lean, heading):
    foot = one(about("y", heading) * about("z", 8.0) * about("x", lean), 0.08)
    assert foot.apply(UP)[1] > np.cos(np.radians(2.0))
    ahead = about("y", heading).apply(FRONT)
    assert foot.apply(FRONT) @ ahead > np.cos(np.radians(5.0))


def test_foot_high_above_the_floor_is_turned_as_its_shank():
    shank = about("y", 40.0) * about("x", 35.0)
    assert degrees(one(shank, 0.5), shank) < 1e-6


@pytest.mark.parametrize("height", [0.09, 0.12, 0.15])
def test_toes_of_a_foot_in_contact_stay_down_while_the_heel_rises(height):
    tip = height + one(about("x", 10.0), height, contact=True).apply(TOES)[1]
    assert tip == pytest.approx(0.01, abs=0.002)
    assert height + one(about("x", 10.0), height).apply(TOES)[1] > tip - 1e-9


def test_height_changes_the_turn_without_a_jump():
    heights = np.linspace(0.0, 0.4, 401)
    shanks = Rotation.from_quat(np.tile(about("x", 30.0).as_quat(), (401, 1)))
    ankles = heights[:, None] * UP
    feet = foot_turns(shanks, ankles, TOES, np.zeros(401, bool), 50.0)
    assert np.degrees((feet[1:].inv() * feet[:-1]).magnitude()).max() < 1.5  # a millimetre each
    assert (ankles + feet.apply(TOES))[:, 1].min() > 0.005


def test_shank_that_goes_down_to_the_floor_stretches_the_foot_over_several_frames():
    lean = np.linspace(0.0, 95.0, 100)
    shanks = about("x", lean)
    ankles = np.tile([0.0, 0.14, 0.0], (100, 1))
    feet = foot_turns(shanks, ankles, TOES, np.zeros(100, bool), 50.0)
    assert np.degrees((feet[1:].inv() * feet[:-1]).magnitude()).max() < 25.0


@pytest.mark.parametrize(
    ("shank", "toes_up"), [(about("x", -90.0), True), (about("x", 90.0), False)]
)
def test_lying_foot_is_not_stood_on_the_floor(shank, toes_up):
    """On the back toes point up as the shank has them; on the belly the foot is stretched."""
    foot = one(shank, 0.06)
    tip = foot.apply(TOES)
    assert 0.06 + tip[1] > -1e-9
    if toes_up:
        assert degrees(foot, shank) < 1e-6
    else:
        assert tip[2] < -0.1  # away from the knee, not bent up towards the shin


def test_contacts_of_frames_without_a_pose_do_not_matter():
    figure = walking(60)
    valid = np.ones(60, bool)
    valid[20:25] = False
    contacts = np.zeros((60, 2), bool)
    contacts[20:25] = True
    with_, without = (fit_rig(figure.joints, valid, Fraction(50), c) for c in (contacts, None))
    assert np.allclose(with_.rotations, without.rotations)


def test_figure_of_no_size_stays_finite():
    feet = foot_turns(Rotation.identity(1), np.zeros((1, 3)), np.zeros(3), NEVER, 50.0)
    assert np.isfinite(feet.as_quat()).all()


def test_standing_figure_stands_flat():
    joints = Figure(10, path=(0.0, THIGH + SHIN + 0.08, 0.0)).joints
    tips = toes_of(fitted(joints))
    assert np.allclose(tips[..., 1], 0.08 - 0.16 * SHIN, atol=1e-6)
