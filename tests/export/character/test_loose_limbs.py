"""Rigify's bones without its controls: limbs beside the trunk move as those on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.export.character.character import Character
from glagcn_cli.export.character.gltf_file import read_gltf
from glagcn_cli.export.character.node_tree import NodeTree
from glagcn_cli.export.formats import ExportContext, writer_for
from tests.helpers.animated_glb import AnimatedGlb
from tests.helpers.characters import Build, called, character_file
from tests.helpers.moving_figure import sequence, walking

BUILD = Build("rigify", arms_down=40.0, fingers=True, armature=0.01)
LOOSE = [f"{side}{bone}" for side in ("left", "right")
         for bone in ("Shoulder", "UpperArm", "UpperLeg")]  # fmt: skip


def loosened(path: Path, to: Path, root: bool = False) -> Path:
    """Hang arms and legs on the armature, or on nothing, where they are."""
    read, tree = AnimatedGlb(path), NodeTree.of(read_gltf(path))
    for bone in LOOSE:
        number = read.node(called(BUILD, bone))
        above = read.nodes[tree.parents[number]]
        above["children"].remove(number)
        if not above["children"]:
            del above["children"]
        local = tree.world[number]
        if root:
            read.json["scenes"][0]["nodes"].append(number)
        else:
            local = np.linalg.inv(tree.world[0]) @ local
            read.nodes[0]["children"].append(number)
        scale = np.linalg.norm(local[:3, :3], axis=0)
        read.nodes[number] |= {
            "translation": local[:3, 3].tolist(),
            "rotation": Rotation.from_matrix(local[:3, :3] / scale).as_quat().tolist(),
            "scale": scale.tolist(),
        }
    read.save(to)
    return to


def moved(tmp_path: Path, character: Path) -> AnimatedGlb:
    path = tmp_path / f"moved_{character.name}"
    context = ExportContext(settings={"character": str(character)})
    list(writer_for(path)(path, [sequence(walking(30).joints)], context))
    return AnimatedGlb(path)


@pytest.mark.parametrize("root", [False, True])
def test_they_move_as_those_that_hang_on_the_trunk(tmp_path, root):
    whole = character_file(tmp_path / "whole.glb", BUILD)
    loose = loosened(whole, tmp_path / "loose.glb", root)
    assert Character.read(loose).body.bones.keys() == Character.read(whole).body.bones.keys()
    one, other = moved(tmp_path, whole).corners, moved(tmp_path, loose).corners
    assert np.ptp(one[:, 0], axis=0).max() > 0.1
    assert np.abs(one - other).max() < 1e-3


def test_a_file_whose_limbs_hang_on_the_trunk_keeps_its_nodes(tmp_path):
    whole = character_file(tmp_path / "whole.glb", BUILD)
    assert moved(tmp_path, whole).json["nodes"] == AnimatedGlb(whole).json["nodes"]


def test_animations_of_loose_limbs_are_left_out_and_it_is_said(tmp_path, caplog):
    path = loosened(character_file(tmp_path / "whole.glb", BUILD), tmp_path / "loose.glb")
    read = AnimatedGlb(path)
    number = read.node(called(BUILD, "leftUpperLeg"))
    target = {"sampler": 0, "target": {"node": number, "path": "rotation"}}
    read.json["animations"] = [
        {"name": "idle", "channels": [target], "samplers": [{"input": 0, "output": 0}]},
        {"name": "blink", "channels": [], "samplers": []},
    ]
    read.save(path)
    names = [animation["name"] for animation in moved(tmp_path, path).json["animations"]]
    assert names == ["person 1", "blink"]
    assert "animations (1) are left out" in caplog.text
