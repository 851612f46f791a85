"""The model in the size of a person: without OpenSim, and against its own scaling."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.biomechanics.opensim.inverse_kinematics import opensim_module
from glagcn_cli.biomechanics.opensim.model import neutral_places, read_model
from glagcn_cli.biomechanics.opensim.scaling import (
    bone_length,
    scale_factors,
    scale_model,
    scaled_model,
)
from glagcn_cli.halves import LOWER, UPPER
from glagcn_cli.scene.stature import stature
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import Figure, sequence, walking

BONES = (
    ("left_hip", "right_hip"), ("right_hip", "right_knee"), ("left_knee", "left_ankle"),
    ("hip", "spine"), ("spine", "thorax"), ("thorax", "neck"), ("neck", "head"),
    ("thorax", "left_shoulder"), ("left_shoulder", "left_elbow"), ("right_elbow", "right_wrist"),
)  # fmt: skip


@pytest.mark.parametrize("size", [1.0, 0.6, 1.15])
def test_bones_of_the_model_are_as_long_as_the_persons(size):
    person = sequence(walking(30).joints * size)
    places = neutral_places(scaled_model(person))
    for start, end in BONES:
        apart = np.linalg.norm(places[start] - places[end])
        assert apart == pytest.approx(bone_length(person, start, end), abs=0.004), (start, end)


def test_the_mass_is_what_was_asked_for_and_keeps_its_shares():
    person, plain = sequence(Figure(2).joints), read_model()
    scaled = scaled_model(person, 82.5)
    before, after = (masses(root) for root in (plain, scaled))
    assert sum(after.values()) == pytest.approx(82.5, rel=1e-6)
    for name, mass in after.items():
        assert mass / 82.5 == pytest.approx(before[name] / sum(before.values()), rel=1e-5)


def masses(root: ElementTree.Element) -> dict[str, float]:
    return {body.get("name", ""): float(body.findtext("mass", "")) for body in root.iter("Body")}


def test_without_a_mass_it_is_that_of_an_ordinary_person_of_this_height():
    for size in (0.5, 1.0):
        joints = Figure(2).joints * size
        mass = sum(masses(scaled_model(sequence(joints))).values())
        assert mass == pytest.approx(22 * stature(joints) ** 2, rel=1e-6)


def test_a_body_that_is_stretched_has_the_inertia_of_the_longer_body():
    # A rod along y: moments about x and z are m l^2 / 12, about y nothing.
    root = read_model()
    body = next(root.iter("Body"))
    rod = body.find("inertia")
    assert rod is not None
    rod.text = "2 0 2 0 0 0"
    total = sum(masses(root).values())
    factors = {body.get("name", ""): np.array([5.0, 3.0, 7.0]) for body in root.iter("Body")}
    scale_model(root, factors, 2 * total)
    assert [float(v) for v in (rod.text or "").split()] == pytest.approx([36, 0, 36, 0, 0, 0])


@pytest.mark.parametrize("half", [UPPER, LOWER], ids=lambda half: half.name)
def test_bodies_that_were_never_seen_get_the_size_of_the_others(half):
    person = replace(sequence(walking(20).joints * 0.7), absent=half.mask())
    factors = np.stack([*scale_factors(person).values()])
    assert np.isfinite(factors).all() and factors.min() > 0.5 and factors.max() < 0.95


def test_it_is_what_opensim_makes_of_the_same_factors(tmp_path):
    opensim = pytest.importorskip("opensim") and opensim_module()
    generic, ours = tmp_path / "generic.osim", tmp_path / "ours.osim"
    generic.write_bytes(ElementTree.tostring(read_model()))
    factors = scale_factors(sequence(walking(20).joints * 0.9))
    ours.write_bytes(ElementTree.tostring(scale_model(read_model(), factors, 60.0)))
    theirs = opensim.Model(str(generic))
    chosen = opensim.ScaleSet()
    for body, along in factors.items():
        scale = opensim.Scale()
        scale.setSegmentName(body)
        scale.setScaleFactors(opensim.Vec3(*along.tolist()))
        scale.setApply(True)
        chosen.cloneAndAppend(scale)
    theirs.scale(theirs.initSystem(), chosen, True, 60.0)
    models = (theirs, opensim.Model(str(ours)))
    states = [model.initSystem() for model in models]
    rng = np.random.default_rng(0)
    for _ in range(10):
        angles = rng.uniform(0.0, 0.5, models[0].getCoordinateSet().getSize()).tolist()
        places = []
        for model, state in zip(models, states, strict=True):
            for coordinate, angle in zip(model.getCoordinateSet(), angles, strict=True):
                coordinate.setValue(state, angle, False)
            model.realizePosition(state)
            places.append([m.getLocationInGround(state).to_numpy() for m in model.getMarkerSet()])
        assert np.abs(np.array(places[0]) - places[1]).max() < 1e-6
    for one, other in zip(*(model.getBodySet() for model in models), strict=True):
        assert one.getMass() == pytest.approx(other.getMass(), rel=1e-6)
        centre = other.getMassCenter().to_numpy()
        assert one.getMassCenter().to_numpy() == pytest.approx(centre, abs=1e-9)


def test_a_body_of_no_size_has_a_model():
    joints = np.repeat(Figure(2).joints[:, :1], 17, axis=1)
    places = neutral_places(scaled_model(sequence(joints)))
    assert np.isfinite(np.stack([*places.values()])).all()


def test_a_neck_that_is_held_forwards_keeps_all_lengths_of_the_trunk():
    joints = Figure(4).joints.copy()
    neck, head = H36M17.index("neck"), H36M17.index("head")
    joints[:, neck] += [0.0, 0.0, 0.05]  # the figure faces +z
    joints[:, head] += [0.0, 0.0, 0.03]
    person = sequence(joints)
    places = neutral_places(scaled_model(person))
    for start, end in (("thorax", "neck"), ("neck", "head"), ("thorax", "head")):
        apart = np.linalg.norm(places[start] - places[end])
        assert apart == pytest.approx(bone_length(person, start, end), abs=1e-6)
