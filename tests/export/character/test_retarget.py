"""Characters of five rigs and three sizes: they move as the person, and their feet stand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.export.character.character import Character
from glagcn_cli.export.character.retarget import retarget
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import H36M17
from tests.helpers.animated_glb import AnimatedGlb
from tests.helpers.characters import NAMES, Build, called, character_file
from tests.helpers.moving_figure import sequence, walking
from tests.helpers.planted_walk import planted_walk

FPS = Fraction(50)
DEGREES, CENTIMETRE = 3.0, 0.01
LYING = Rotation.from_euler("xyz", [-90, 20, 170], degrees=True)

BUILDS = [
    *(Build(names, size=size, arms_down=down)
      for names, down in zip(NAMES, (0.0, 45.0, 50.0, 30.0, 0.0), strict=True)
      for size in (0.5, 1.0, 1.3)),
    Build("vrm", legs=1.2),
    Build("unreal", size=1.0, legs=0.8, turned=LYING, armature=0.01),
    Build("mixamo", size=170.0, armature=1.0),
]  # fmt: skip
LIMBS = {
    ("UpperArm", "LowerArm"): ("shoulder", "elbow"),
    ("LowerArm", "Hand"): ("elbow", "wrist"),
    ("UpperLeg", "LowerLeg"): ("hip", "knee"),
    ("LowerLeg", "Foot"): ("knee", "ankle"),
}


def walker() -> PoseSequence:
    walk = planted_walk(frames=120)
    return replace(sequence(walk.joints, fps=FPS), contacts=walk.contacts)


def written(path: Path, character: Path, person: PoseSequence, **settings: object) -> AnimatedGlb:
    context = ExportContext(settings={"character": str(character), **settings})
    assert list(writer_for(path)(path, [person], context)) == [path]
    return AnimatedGlb(path)


def angles(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    across = np.linalg.norm(np.cross(one, other), axis=-1)
    return np.degrees(np.arctan2(across, np.sum(one * other, axis=-1)))


@pytest.mark.parametrize("build", BUILDS, ids=lambda b: f"{b.names}-{b.size:g}-{b.legs:g}")
def test_bones_point_as_the_persons_and_soles_stand(tmp_path, build):
    person = walker()
    read = written(tmp_path / "out.glb", character_file(tmp_path / "me.glb", build), person)
    fitted = fit_rig(person.joints, person.valid, FPS, person.contacts).joint_positions()

    def theirs(start: str, end: str) -> np.ndarray:
        return fitted[:, H36M17.index(end)] - fitted[:, H36M17.index(start)]

    def bone(start: str, end: str) -> np.ndarray:
        return read.place(called(build, end)) - read.place(called(build, start))

    for side in ("left", "right"):
        for (start, end), (top, bottom) in LIMBS.items():
            meant = theirs(f"{side}_{top}", f"{side}_{bottom}")
            assert angles(bone(side + start, side + end), meant).mean() < DEGREES
        feet_stand(read, build, side)
    arms, legs = (
        bone(f"right{b}", f"left{b}") / 2 + read.place(called(build, f"right{b}"))
        for b in ("UpperArm", "UpperLeg")
    )
    assert angles(arms - legs, theirs("hip", "thorax")).mean() < DEGREES
    assert angles(bone("rightUpperLeg", "leftUpperLeg"), theirs("right_hip", "left_hip")).mean() < 1
    lowest = read.corners[..., 1].min(axis=1) / build.size
    assert lowest.min() > -CENTIMETRE and lowest.max() < CENTIMETRE


def feet_stand(read: AnimatedGlb, build: Build, side: str) -> None:
    """Soles of a foot in contact: height under 1 cm, slide under 2 cm a second."""
    frames = np.flatnonzero(walker().contacts[:, ("left", "right").index(side)])
    assert len(frames) > 40
    joints = [read.node(called(build, side + bone)) for bone in ("Foot", "Toes")]
    bound = read.array(read.json["meshes"][0]["primitives"][0]["attributes"]["JOINTS_0"])[:, 0]
    numbers = [read.json["skins"][0]["joints"].index(joint) for joint in joints]
    foot = read.corners[:, np.isin(bound, numbers)] / build.size
    sole = foot[:, foot[frames[0], :, 1] < 0.03]
    assert sole.shape[1] >= 4
    assert np.abs(sole[frames, :, 1].min(axis=1)).max() < CENTIMETRE
    assert np.abs(sole[frames, :, 1]).max() < 3 * CENTIMETRE
    follow = frames[1:][np.diff(frames) == 1]
    slide = np.linalg.norm(sole[follow] - sole[follow - 1], axis=-1) * float(FPS)
    assert slide.max() < 0.02


def test_meant_places_are_those_of_the_file(tmp_path):
    build = Build("daz", arms_down=40, turned=LYING, armature=0.01)
    path = character_file(tmp_path / "me.glb", build)
    person = sequence(walking(60, heading=np.linspace(0, 300, 60)).joints, fps=FPS)
    read = written(tmp_path / "out.glb", path, person)
    character = Character.read(path)
    motion = retarget(fit_rig(person.joints, person.valid, FPS), character, FPS)
    nodes = list(character.body.bones.values())
    for node, places in motion.positions(nodes).items():
        assert np.abs(places - read.world(node)[:, :3, 3]).max() < 1e-4


def test_everything_in_the_file_stays_as_it_was(tmp_path):
    other = {"name": "idle", "channels": [], "samplers": []}
    extension = {"extensions": {"MY_own": {"ä": [1.0, 2]}}, "extensionsUsed": ["MY_own"]}
    path = character_file(tmp_path / "me.glb", **extension)
    before = AnimatedGlb(path)
    after = written(tmp_path / "out.glb", path, walker())
    assert after.binary.startswith(before.binary[: before.json["buffers"][0]["byteLength"]])
    for key, value in before.json.items():
        if key in ("accessors", "bufferViews"):
            assert after.json[key][: len(value)] == value
        elif key != "buffers":
            assert after.json[key] == value
    assert after.json["animations"][0]["name"] == "person 1"
    path = character_file(tmp_path / "idle.glb", animations=[other])
    both = written(tmp_path / "both.glb", path, walker()).json["animations"]
    assert [animation["name"] for animation in both] == ["person 1", "idle"]


def test_a_mesh_bound_in_a_t_pose_but_shown_in_another_moves_alike(tmp_path):
    """The nodes of a file may show a moment of an animation, with bent fingers."""
    build = Build("mixamo")
    path = character_file(tmp_path / "me.glb", build)
    straight = written(tmp_path / "straight.glb", path, walker())
    posed = AnimatedGlb(path)
    rng = np.random.default_rng(3)
    for node in posed.nodes[2:-1]:
        turned = Rotation.from_quat(node["rotation"]) * Rotation.from_rotvec(rng.normal(0, 0.3, 3))
        node["rotation"] = turned.as_quat().tolist()
    posed.save(path)
    bent = written(tmp_path / "bent.glb", path, walker())
    assert np.abs(bent.corners - straight.corners).max() < 1e-3


def test_mirrored_and_scaled_bones_move_as_meant(tmp_path):
    """A figure whose right side is the left one mirrored, by a negative scale of a bone."""
    build = Build("mixamo", seed=None)
    path = character_file(tmp_path / "me.glb", build)
    read = AnimatedGlb(path)
    shoulder = read.nodes[read.node(called(build, "rightUpperArm"))]
    shoulder["scale"] = [-1.0, 1.0, 1.0]
    below = read.nodes[read.node(called(build, "rightLowerArm"))]
    below["translation"][0] *= -1
    below["scale"] = [-1.0, 1.0, 1.0]
    hips = read.nodes[read.node(called(build, "hips"))]
    hips["scale"] = [2.0, 2.0, 2.0]
    read.json["skins"][0].pop("inverseBindMatrices")
    read.save(path)
    person = walker()
    after = written(tmp_path / "out.glb", path, person)
    fitted = fit_rig(person.joints, person.valid, FPS, person.contacts).joint_positions()
    arm = [after.place(called(build, f"right{b}")) for b in ("UpperArm", "LowerArm", "Hand")]
    theirs = [fitted[:, H36M17.index(f"right_{j}")] for j in ("shoulder", "elbow", "wrist")]
    for k in range(2):
        assert angles(arm[k + 1] - arm[k], theirs[k + 1] - theirs[k]).max() < 0.1


def test_a_person_seen_in_one_frame_and_one_never_seen_legs(tmp_path):
    path = character_file(tmp_path / "me.glb")
    one = written(tmp_path / "one.glb", path, sequence(walking(1).joints))
    assert one.frames == 1
    joints = walking(20).joints.copy()
    for side in ("left", "right"):
        joints[:, H36M17.indices([f"{side}_knee", f"{side}_ankle"])] = joints[:, [0]]
    assert np.isfinite(written(tmp_path / "two.glb", path, sequence(joints)).corners).all()


def test_each_person_has_a_file(tmp_path):
    path = tmp_path / "out.glb"
    people = [sequence(walking(5).joints, person=n) for n in (1, 4)]
    context = ExportContext(settings={"character": str(character_file(tmp_path / "me.glb"))})
    files = list(writer_for(path)(path, people, context))
    assert [file.name for file in files] == ["out.glb", "out.person4.glb"]


def test_heavy_characters_are_written_in_little_time(tmp_path):
    """200 bones and 80 MB of pictures: nothing of them is taken apart."""
    path = character_file(tmp_path / "me.glb")
    read = AnimatedGlb(path)
    first = len(read.nodes)
    read.nodes += [{"name": f"strand {n}", "translation": [0, 0.01, 0]} for n in range(180)]
    for n in range(179):
        read.nodes[first + n]["children"] = [first + n + 1]
    read.nodes[read.node("mixamorig:HeadTop_End")]["children"] = [first]
    read.json["skins"].append({"joints": list(range(first, first + 180))})
    read.binary += bytes(80_000_000)
    read.json["buffers"][0]["byteLength"] = len(read.binary)
    read.save(path)
    after = written(tmp_path / "out.glb", path, walker())
    assert len(after.binary) > 80_000_000
    assert len(after.json["animations"][0]["channels"]) == 23
