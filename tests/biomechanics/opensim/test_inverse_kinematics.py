"""OpenSim's own kinematics: signs of the model's coordinates, and what it makes of joints."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.biomechanics.opensim import inverse_kinematics
from glagcn_cli.biomechanics.opensim.coordinates import (
    LENGTHS,
    CoordinateMotion,
    coordinate_motion,
)
from glagcn_cli.biomechanics.opensim.inverse_kinematics import (
    OpenSimError,
    follow,
    opensim_module,
)
from glagcn_cli.biomechanics.opensim.model import read_model
from glagcn_cli.biomechanics.opensim.scaling import scaled_model
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import sequence, walking

FORWARDS, UP, RIGHT = 0, 1, 2  # axes of the model's ground, with the pelvis not turned


@pytest.fixture
def generic(tmp_path: Path) -> Path:
    pytest.importorskip("opensim")
    path = tmp_path / "generic.osim"
    path.write_bytes(ElementTree.tostring(read_model()))
    return path


def places(model: Path, values: dict[str, float]) -> dict[str, np.ndarray]:
    from benchmarks.measuring.opensim_places import model_places

    hanging = {"arm_add_r": 0.0, "arm_add_l": 0.0} | values
    motion = CoordinateMotion(tuple(hanging), np.array([[*hanging.values()]]), Fraction(1))
    return dict(zip(H36M17.joints, model_places(model, motion)[0], strict=True))


@pytest.mark.parametrize(
    ("coordinate", "joint", "axis", "sign"),
    [
        ("hip_flexion_r", "right_knee", FORWARDS, 1), ("hip_flexion_l", "left_knee", FORWARDS, 1),
        ("hip_adduction_r", "right_knee", RIGHT, -1), ("hip_adduction_l", "left_knee", RIGHT, 1),
        ("knee_angle_r", "right_ankle", FORWARDS, -1), ("knee_angle_l", "left_ankle", FORWARDS, -1),
        ("pelvis_tilt", "thorax", FORWARDS, -1), ("pelvis_list", "right_hip", UP, -1),
        ("pelvis_rotation", "left_hip", FORWARDS, -1), ("L5_S1_Flex_Ext", "thorax", FORWARDS, -1),
        ("L5_S1_Lat_Bending", "thorax", RIGHT, 1),
        ("L5_S1_axial_rotation", "left_shoulder", FORWARDS, -1),
        ("neck_flexion", "head", FORWARDS, -1), ("neck_bending", "head", RIGHT, 1),
        ("arm_flex_r", "right_elbow", FORWARDS, 1), ("arm_flex_l", "left_elbow", FORWARDS, 1),
        ("arm_add_r", "right_elbow", RIGHT, -1), ("arm_add_l", "left_elbow", RIGHT, 1),
        ("elbow_flex_r", "right_wrist", FORWARDS, 1), ("elbow_flex_l", "left_wrist", FORWARDS, 1),
    ],
)  # fmt: skip
def test_a_coordinate_moves_the_model_where_its_sign_says(generic, coordinate, joint, axis, sign):
    before, after = places(generic, {}), places(generic, {coordinate: 25.0})
    moved = after[joint] - before[joint]
    assert sign * moved[axis] > 0.02, moved


@pytest.mark.parametrize(("coordinate", "sign"), [("hip_rotation", 1), ("arm_rot", 1)])
def test_a_bent_limb_that_turns_inwards_has_a_positive_rotation(generic, coordinate, sign):
    hinge, end = (
        ("knee_angle", "ankle") if coordinate == "hip_rotation" else ("elbow_flex", "wrist")
    )
    # An ankle behind the knee goes outwards where the thigh turns inwards, a wrist inwards.
    outwards = 1 if end == "ankle" else -1
    for letter, side, right in (("r", "right", 1), ("l", "left", -1)):
        bent = {f"{hinge}_{letter}": 80.0}
        before = places(generic, bent)[f"{side}_{end}"]
        after = places(generic, bent | {f"{coordinate}_{letter}": 25.0})[f"{side}_{end}"]
        assert sign * right * outwards * (after - before)[RIGHT] > 0.05


def random_postures(count: int) -> tuple[tuple[str, ...], np.ndarray]:
    ranges = {
        "pelvis_rotation": (-170, 170), "pelvis_list": (-30, 30), "pelvis_tilt": (-40, 40),
        "pelvis_tx": (-1, 1), "pelvis_ty": (0.5, 1), "pelvis_tz": (-1, 1),
        "L5_S1_Flex_Ext": (-40, 10), "L5_S1_Lat_Bending": (-20, 20),
        "L5_S1_axial_rotation": (-30, 30), "neck_flexion": (-25, 25), "neck_bending": (-20, 20),
    }  # fmt: skip
    for side in "rl":
        ranges |= {
            f"hip_flexion_{side}": (-20, 100), f"hip_adduction_{side}": (-30, 20),
            f"hip_rotation_{side}": (-30, 30), f"knee_angle_{side}": (40, 120),
            f"arm_flex_{side}": (-30, 80), f"arm_add_{side}": (-60, 10),
            f"arm_rot_{side}": (-50, 50), f"elbow_flex_{side}": (45, 130),
        }  # fmt: skip
    low, high = np.array([*ranges.values()], float).T
    rng = np.random.default_rng(1)
    return tuple(ranges), rng.uniform(low, high, (count, len(ranges)))


def test_geometry_finds_the_coordinates_that_moved_the_model(generic):
    from benchmarks.measuring.opensim_places import model_places

    names, values = random_postures(25)
    joints = model_places(generic, CoordinateMotion(names, values, Fraction(1)))
    for frame in range(len(joints)):  # each on its own, for they have nothing to do with another
        found = coordinate_motion(sequence(joints[frame : frame + 1]), read_model())
        for name, value in zip(names, values[frame], strict=True):
            assert found[name][0] == pytest.approx(value, abs=worst(name)), name


def worst(coordinate: str) -> float:
    """Return degrees or metres; the model's knee rolls as it bends, the geometry's does not."""
    if coordinate in LENGTHS:
        return 1e-3
    return 7.0 if coordinate.startswith("hip_rotation") else 2.0


def test_the_model_follows_a_walk_and_leaves_gaps_open(tmp_path):
    pytest.importorskip("opensim")
    valid = np.ones(24, bool)
    valid[[0, 9, 10, 11]] = False
    person = sequence(walking(24, heading=37.0).joints, valid=valid)
    root, path = scaled_model(person), tmp_path / "walk.osim"
    path.write_bytes(ElementTree.tostring(root))
    start = coordinate_motion(person, root)
    followed = follow(path, person, start)
    assert followed.rms < 0.015
    assert followed.errors[valid].max() < 0.04
    assert np.array_equal(np.isfinite(followed.motion.values).all(axis=1), valid)
    assert np.isnan(followed.places[~valid]).all()
    assert followed.version.startswith("4.")
    assert not list(tmp_path.glob("*.log")) and not Path("opensim.log").exists()


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opensim", None)
    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    with pytest.raises(OpenSimError, match=r"pip install 'glagcn\[opensim\]'"):
        opensim_module()


@pytest.mark.parametrize("python", [(3, 14, 0), (3, 10, 4)])
def test_a_python_without_a_package_says_for_which_there_is_one(monkeypatch, python):
    monkeypatch.setitem(sys.modules, "opensim", None)
    monkeypatch.setattr(inverse_kinematics.sys, "version_info", python)
    with pytest.raises(OpenSimError, match=r"only for 3\.11 to 3\.13"):
        opensim_module()
