"""The body that comes with the program, with the bones of a person."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.errors import UsageError
from glagcn_cli.export.character.body import body_of
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.scene.contacts import ANKLE_HEIGHT
from glagcn_cli.skeleton import H36M17
from tests.helpers.animated_glb import AnimatedGlb
from tests.helpers.moving_figure import sequence
from tests.helpers.planted_walk import planted_walk

BONES = {
    "ForeArm": "elbow", "Hand": "wrist", "Leg": "knee", "Foot": "ankle", "Arm": "shoulder",
    "UpLeg": "hip",
}  # fmt: skip


@pytest.mark.parametrize("size", [0.7, 1.0, 1.2])
def test_its_joints_are_those_of_the_person(tmp_path, size):
    walk = planted_walk(frames=60)
    joints = walk.joints * size + [0, ANKLE_HEIGHT * (1 - size), 0]  # as the scene has children
    person = sequence(joints, fps=Fraction(50))
    path = tmp_path / "body.glb"
    context = ExportContext(settings={"body": True})
    assert list(writer_for(path)(path, [person], context)) == [path]
    read = AnimatedGlb(path)
    fitted = fit_rig(person.joints, person.valid, person.fps).joint_positions()
    hips = (read.place("mixamorig:LeftUpLeg") + read.place("mixamorig:RightUpLeg")) / 2
    for side in ("Left", "Right"):
        for name, joint in BONES.items():
            place = read.place(f"mixamorig:{side}{name}") - hips
            meant = fitted[:, H36M17.index(f"{side.lower()}_{joint}")] - fitted[:, 0]
            assert np.linalg.norm(place - meant, axis=1).mean() < 0.03 * size
    heights = read.corners[..., 1]
    assert heights.min() > -0.02 and heights.min(axis=1).max() < 0.02
    assert 1.4 * size < np.ptp(heights, axis=1).mean() < 2.0 * size


def test_the_body_is_small():
    from importlib import resources

    assert len(resources.files("glagcn_weights").joinpath("body.glb").read_bytes()) < 1_000_000


def test_lengths_that_are_errors_do_not_tear_it():
    joints = planted_walk(frames=5).joints.copy()
    joints[:, H36M17.index("left_wrist")] = joints[:, H36M17.index("left_elbow")]
    motion = fit_rig(joints.astype(np.float32), np.ones(5, bool), Fraction(50))
    character = body_of(motion.rig)
    wrist, elbow = (
        character.rest.place(character.body.bones[f"left{b}"]) for b in ("Hand", "LowerArm")
    )
    assert np.linalg.norm(wrist - elbow) > 0.1


def test_a_body_and_a_character_contradict_each_other():
    with pytest.raises(UsageError, match="--character"):
        Settings(body=True, character="me.glb")
