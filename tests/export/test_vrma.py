"""`.vrma` against the description of VRMC_vrm_animation 1.0."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.errors import UsageError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.export.rig.rig import RIG_JOINTS
from glagcn_cli.skeleton import H36M17
from tests.helpers.animated_glb import AnimatedGlb
from tests.helpers.moving_figure import sequence, walking

REQUIRED = {
    "hips", "spine", "head",
    *(f"{side}{bone}" for side in ("left", "right") for bone in (
        "UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")),
}  # fmt: skip


def test_a_humanoid_in_a_t_pose_moves_as_the_fit(tmp_path):
    path, person = tmp_path / "walk.vrma", sequence(walking(40).joints)
    assert list(writer_for(path)(path, [person], ExportContext())) == [path]
    read = AnimatedGlb(path)
    extension = read.json["extensions"]["VRMC_vrm_animation"]
    assert extension["specVersion"] == "1.0"
    assert read.json["extensionsUsed"] == ["VRMC_vrm_animation"]
    bones = {name: row["node"] for name, row in extension["humanoid"]["humanBones"].items()}
    assert set(bones) >= REQUIRED
    moved = {(read.nodes[node]["name"], what) for node, what in read.tracks}
    assert {name for name, what in moved if what == "translation"} == {"hips"}
    assert all("rotation" not in node and "scale" not in node for node in read.nodes)
    fitted = fit_rig(person.joints, person.valid, Fraction(50)).joint_positions()
    for joint, node in zip(RIG_JOINTS, range(len(RIG_JOINTS)), strict=True):
        apart = read.world(node)[:, :3, 3] - fitted[:, H36M17.index(joint.sits_at)]
        assert np.abs(apart).max() < 1e-5
    turned = Rotation.from_matrix(read.world(bones["hips"])[:, :3, :3])
    assert turned.apply([0, 0, 1])[:, 2].min() > 0.9  # it faces +z as it walks


def test_a_vrm_needs_a_vrm(tmp_path):
    path = tmp_path / "out.vrm"
    with pytest.raises(UsageError, match="--character"):
        list(writer_for(path)(path, [sequence(walking(5).joints)], ExportContext()))
