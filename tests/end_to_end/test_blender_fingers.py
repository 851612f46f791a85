"""Blender as the judge of hands and fingers; skipped where `bpy` is not installed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.export.character.body import body_of
from glagcn_cli.export.character.character import Character
from glagcn_cli.export.character.retarget import retarget
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.rig.bvh_skeletons import DIALECTS
from glagcn_cli.export.rig.finger_bones import FINGER_BONES
from glagcn_cli.export.rig.kinematics import fit_person
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import H36M17, H36M25
from tests.helpers.blender import FPS, MILLIMETRE, armatures, bone_heads, import_bvh, import_glb
from tests.helpers.characters import FINGER_NAMES, Build, called, character_file
from tests.helpers.made_hands import FIST, hand, with_hands
from tests.helpers.moving_figure import sequence, walking

pytest.importorskip("bpy")

pytestmark = pytest.mark.timeout(300)

FRAMES = 30


def person() -> PoseSequence:
    """Somebody who walks, turns the hands about and closes one while the other opens."""
    body = walking(FRAMES, fps=25.0, heading=np.linspace(0, 200, FRAMES)).joints
    added = []
    for joint in H36M25.joints[len(H36M17) :]:
        side, point = joint.split("_", 1)
        end = body[:, H36M17.index(f"{side}_{'wrist' if 'knuckle' in point else 'ankle'}")]
        turn = np.linspace(0.0, 2.0, FRAMES)
        aside = np.stack([np.cos(turn), np.sin(turn), np.zeros(FRAMES)], axis=1)
        off = {"heel": [0, -0.05, -0.05], "big_toe": [0, -0.05, 0.15]}.get(point, [0, -0.09, 0])
        across = {"index_knuckle": 0.03, "little_knuckle": -0.03}.get(point, 0.0)
        added.append(end + off + across * aside)
    joints = np.concatenate([body, np.stack(added, axis=1)], axis=1)
    shares = np.linspace(0.0, 1.0, FRAMES)

    def closing(right: bool, order: np.ndarray) -> np.ndarray:
        bends = [{f: tuple(s * b for b in bend) for f, bend in FIST.items()} for s in order]
        return np.stack([hand(bend, right) for bend in bends])

    plain = sequence(body, fps=FPS)
    whole = replace(
        plain,
        joints=joints.astype(np.float32),
        scores=np.ones(joints.shape[:2], np.float32),
        keypoints=np.zeros((*joints.shape[:2], 2), np.float32),
        joint_set=H36M25,
    )
    return with_hands(whole, closing(False, shares), closing(True, shares[::-1]))


def written(path: Path, **settings: object) -> Path:
    return next(iter(writer_for(path)(path, [person()], ExportContext(settings=settings))))


def rig_places() -> dict[str, np.ndarray]:
    motion = fit_person(person())
    assert motion.rig.fingers
    places = motion.rig.positions(motion.root, motion.turns())
    return dict(zip(motion.rig.names, places, strict=True))


def far(heads: np.ndarray, meant: list[np.ndarray]) -> float:
    return float(np.linalg.norm(heads - np.stack(meant, axis=1), axis=-1).max())


@pytest.mark.parametrize("skeleton", ["mixamo", "h36m"])
def test_bvh(tmp_path, skeleton):
    import_bvh(written(tmp_path / "a.bvh", bvh_skeleton=skeleton))
    (armature,) = armatures()
    joints = [j for j in DIALECTS[skeleton].with_fingers().joints if j.along == 0.0]
    assert {bone.name for bone in FINGER_BONES} < {j.turns_as for j in joints}
    places = rig_places()
    heads = bone_heads(armature, [joint.name for joint in joints], 1, FRAMES)
    assert far(heads, [places[joint.turns_as] for joint in joints]) < MILLIMETRE


def test_glb(tmp_path):
    import_glb(written(tmp_path / "a.glb"))
    (armature,) = armatures()
    places = rig_places()
    heads = bone_heads(armature, list(places), 0, FRAMES)
    assert far(heads, list(places.values())) < MILLIMETRE


def of_character(character: Character, names: dict[str, str]) -> float:
    """How far bones of an imported character are from where they were meant."""
    who = person()
    meant = retarget(fit_person(who), character, FPS, who.contacts)
    nodes = dict(character.body.bones)
    (armature,) = armatures()
    heads = bone_heads(armature, [names[bone] for bone in nodes], 0, FRAMES)
    return far(heads, list(meant.positions(list(nodes.values())).values()))


@pytest.mark.parametrize("names", FINGER_NAMES)
def test_a_character(tmp_path, names):
    build = Build(names, arms_down=40.0, armature=0.01, fingers=True)
    path = character_file(tmp_path / "me.glb", build)
    import_glb(written(tmp_path / "out.glb", character=str(path)))
    character = Character.read(path)
    assert {bone.vrm_name for bone in FINGER_BONES} < set(character.body.bones)
    assert of_character(character, {b: called(build, b) for b in character.body.bones}) < (
        2 * MILLIMETRE
    )


def test_the_body(tmp_path):
    import_glb(written(tmp_path / "out.glb", body=True))
    character = body_of(fit_person(person()).rig)
    tree = character.rest.tree
    names = {bone: tree.name(node) for bone, node in character.body.bones.items()}
    assert of_character(character, names) < 2 * MILLIMETRE
