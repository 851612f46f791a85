"""Blender as the judge of what is written for it; skipped where `bpy` is not installed."""

from __future__ import annotations

import importlib.util
import runpy
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.export.character.character import Character
from glagcn_cli.export.character.retarget import retarget
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.rig.bvh_skeletons import DIALECTS
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.export.rig.rig import NAMES, RIG_JOINTS, RigMotion
from glagcn_cli.export.rig.stick_figure import stick_figure
from glagcn_cli.skeleton import H36M17
from tests.helpers.animated_glb import AnimatedGlb
from tests.helpers.blender import (
    FPS,
    MILLIMETRE,
    armatures,
    bone_heads,
    empty_scene,
    import_bvh,
    import_glb,
    to_ours,
)
from tests.helpers.characters import NAMES as PROGRAMS
from tests.helpers.characters import Build, called, character_file
from tests.helpers.film_cameras import SIZE, turning_camera
from tests.helpers.moving_figure import sequence, walking

bpy = pytest.importorskip("bpy")
world_to_camera_view = pytest.importorskip("bpy_extras.object_utils").world_to_camera_view
Vector = pytest.importorskip("mathutils").Vector

pytestmark = pytest.mark.timeout(300)


def figure(count: int = 40) -> np.ndarray:
    """A walk that turns, with lengths and errors of a lifter's."""
    joints = walking(count, fps=25.0, heading=np.linspace(0, 200, count)).joints
    return joints + np.random.default_rng(0).normal(0, 0.004, joints.shape)


def fitted(joints: np.ndarray) -> RigMotion:
    return fit_rig(joints.astype(np.float32), np.ones(len(joints), bool), FPS)


def written(path: Path, people: list, **settings: str) -> Path:
    return next(iter(writer_for(path)(path, people, ExportContext(settings=settings))))


def rig_places(motion: RigMotion) -> dict[str, np.ndarray]:
    return dict(zip(NAMES, motion.rig.positions(motion.root, motion.turns()), strict=True))


@pytest.mark.parametrize("skeleton", DIALECTS)
def test_bvh_has_its_joints_where_the_fit_and_the_poses_have_them(tmp_path, skeleton):
    joints = figure()
    path = written(tmp_path / "walk.bvh", [sequence(joints, fps=FPS)], bvh_skeleton=skeleton)
    import_bvh(path)
    scene, (armature,) = bpy.context.scene, armatures()
    assert scene.render.fps / scene.render.fps_base == pytest.approx(25, abs=1e-4)
    assert tuple(armature.animation_data.action.frame_range) == (1, len(joints))
    dialect = DIALECTS[skeleton]
    at_joint = [j for j in dialect.joints if j.along == 0.0]
    heads = bone_heads(armature, [j.name for j in at_joint], 1, len(joints))
    motion = fitted(joints)
    places, fit = rig_places(motion), motion.joint_positions()
    sits_at = {joint.name: joint.sits_at for joint in RIG_JOINTS}
    for number, joint in enumerate(at_joint):
        assert np.abs(heads[:, number] - places[joint.turns_as]).max() < MILLIMETRE
        pose = fit[:, H36M17.index(sits_at[joint.turns_as])]
        assert np.abs(heads[:, number] - pose).max() < MILLIMETRE


def test_bvh_stands_in_a_t_pose_on_z_up_facing_minus_y(tmp_path):
    import_bvh(written(tmp_path / "walk.bvh", [sequence(figure(), fps=FPS)]))
    bones = armatures()[0].data.bones
    rest = {bone.name.split(":")[1]: np.array(bone.head_local) for bone in bones}
    assert rest["LeftHand"][0] > 0.5 > -0.5 > rest["RightHand"][0]
    assert rest["Head"][2] > 0.5 > -0.5 > rest["LeftFoot"][2]
    assert rest["LeftToeBase"][1] < rest["LeftFoot"][1] - 0.05


def test_glb_has_everybodys_joints_and_moves_their_meshes(tmp_path):
    first, second = figure(), figure() + np.array([1.5, 0.0, -1.0])
    people = [sequence(first, fps=FPS), sequence(second, fps=FPS, person=3)]
    import_glb(written(tmp_path / "duo.glb", people))
    found = armatures()
    assert [armature.name for armature in found] == ["person 1", "person 3"]
    for armature, joints in zip(found, (first, second), strict=True):
        motion = fitted(joints)
        heads = bone_heads(armature, list(NAMES), 0, len(joints))
        for number, place in enumerate(rig_places(motion).values()):
            assert np.abs(heads[:, number] - place).max() < MILLIMETRE
        assert np.abs(_worn(armature) - _expected(motion, len(joints) - 1)).max() < MILLIMETRE


def _worn(armature) -> np.ndarray:
    """(2, 3) least and greatest place of the mesh that the armature moves, scene frame."""
    graph = bpy.context.evaluated_depsgraph_get()
    (mesh,) = [o for o in bpy.data.objects if o.type == "MESH" and o.parent == armature]
    moved = mesh.evaluated_get(graph)
    corners = to_ours([moved.matrix_world @ v.co for v in moved.data.vertices])
    return np.stack([corners.min(axis=0), corners.max(axis=0)])


def _expected(motion: RigMotion, frame: int) -> np.ndarray:
    """The same from the fit: every corner of the figure moved by its joint alone."""
    places, turns = motion.rig.positions(motion.root, motion.turns()), motion.turns()
    rest = motion.rig.positions(np.zeros((1, 3)), [t[:1] * t[:1].inv() for t in turns])
    corners = []
    for part in stick_figure(motion.rig):
        for joint in np.unique(part.joints):
            local = part.positions[part.joints == joint] - rest[joint][0]
            corners.append(places[joint][frame] + turns[joint][frame].apply(local))
    all_corners = np.concatenate(corners)
    return np.stack([all_corners.min(axis=0), all_corners.max(axis=0)])


def test_the_example_renders_a_still_with_the_figure_in_it(tmp_path, monkeypatch):
    path = written(tmp_path / "walk.bvh", [sequence(figure(), fps=FPS)])
    still = tmp_path / "still.png"
    script = Path(__file__).parents[2] / "examples" / "blender_import.py"
    monkeypatch.setattr(sys, "argv", [str(script), str(path), str(still)])
    runpy.run_path(str(script), run_name="__main__")
    image = bpy.data.images.load(str(still))
    pixels = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], -1)[..., :3]
    assert pixels.shape[:2] == (540, 960)
    orange = (pixels[..., 0] > 1.5 * pixels[..., 2]) & (pixels[..., 0] > 0.2)
    blue = (pixels[..., 2] > 1.3 * pixels[..., 0]) & (pixels[..., 2] > 0.2)
    for side in (orange, blue):
        rows, columns = np.nonzero(side)
        assert len(rows) > 300
        assert 0.2 < columns.mean() / 960 < 0.8


def test_the_camera_of_a_glb_sees_people_where_the_video_does(tmp_path):
    joints, camera = figure(), turning_camera(40)
    path = tmp_path / "over.glb"
    context = ExportContext(image_size=SIZE, camera=camera)
    list(writer_for(path)(path, [sequence(joints, fps=FPS)], context))
    import_glb(path)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    (seen,) = [thing for thing in bpy.data.objects if thing.type == "CAMERA"]
    holder = next(thing for thing in (seen, seen.parent) if thing and thing.get("focal_pixels"))
    expected = camera.project(joints, SIZE)
    for frame in (0, 13, 39):
        scene.frame_set(frame)
        seen.data.sensor_fit, seen.data.sensor_width = "AUTO", 36.0
        seen.data.lens = holder["focal_pixels"][frame] * 36.0 / max(SIZE)
        for joint, pixels in zip(joints[frame], expected[frame], strict=True):
            place = Vector((joint[0], -joint[2], joint[1]))
            shown = world_to_camera_view(scene, seen, place)
            found = np.array([shown.x * SIZE[0], (1 - shown.y) * SIZE[1]]) - 0.5
            np.testing.assert_allclose(found, pixels, atol=0.1)


@pytest.mark.parametrize("names", PROGRAMS)
@pytest.mark.parametrize("size", [0.5, 1.0, 1.3])
def test_a_character_has_its_joints_where_they_were_meant(tmp_path, names, size):
    build = Build(names, size=size, arms_down=40.0, armature=0.01)
    path = character_file(tmp_path / "me.glb", build)
    joints = figure()
    import_glb(written(tmp_path / "out.glb", [sequence(joints, fps=FPS)], character=str(path)))
    character = Character.read(path)
    meant = retarget(fitted(joints), character, FPS)
    (armature,) = armatures()
    nodes = dict(character.body.bones)
    found = [called(build, bone) for bone in nodes]
    heads = bone_heads(armature, found, 0, len(joints))
    for number, places in enumerate(meant.positions(list(nodes.values())).values()):
        assert np.abs(heads[:, number] - places).max() < 2 * MILLIMETRE


@pytest.mark.parametrize("suffix", [".fbx", ".usd"])
def test_blender_saves_what_glb_holds_in_its_own_formats(tmp_path, suffix):
    joints = figure()
    path = written(tmp_path / f"walk{suffix}", [sequence(joints, fps=FPS)])
    empty_scene()
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = FPS.numerator, FPS.denominator
    if suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    else:
        bpy.ops.wm.usd_import(filepath=str(path))
    (armature,) = armatures()
    names = [next(b.name for b in armature.pose.bones if b.name.startswith(n)) for n in NAMES]
    first = 1 if suffix == ".fbx" else 0
    heads = bone_heads(armature, names, first, len(joints))
    for number, place in enumerate(rig_places(fitted(joints)).values()):
        assert np.abs(heads[:, number] - place).max() < 2 * MILLIMETRE


@pytest.fixture
def addon(monkeypatch):
    """The script as Blender loads an add-on: a module among the others."""
    script = Path(__file__).parents[2] / "examples" / "blender_import.py"
    spec = importlib.util.spec_from_file_location("an_addon", script)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "an_addon", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", ["poses.bvh", "figures.glb", "character.glb"])
def test_the_addon_imports_at_the_rate_and_length_of_the_file(tmp_path, addon, kind):
    settings = {}
    if kind == "character.glb":
        settings["character"] = str(character_file(tmp_path / "me.glb"))
    path = written(tmp_path / kind, [sequence(figure(), fps=Fraction(30000, 1001))], **settings)
    empty_scene()
    addon.register()
    try:
        assert bpy.ops.import_scene.glagcn(filepath=str(path)) == {"FINISHED"}
    finally:
        addon.unregister()
    scene = bpy.context.scene
    assert scene.render.fps / scene.render.fps_base == pytest.approx(30000 / 1001, abs=1e-3)
    assert scene.frame_end - scene.frame_start == 39
    (armature,) = armatures()
    if kind == "poses.bvh":
        assert [o for o in bpy.data.objects if o.parent == armature and o.type == "MESH"]


def test_a_camera_in_the_file_becomes_the_scenes(tmp_path, addon):
    path = written(tmp_path / "walk.glb", [sequence(figure(), fps=FPS)])
    read = AnimatedGlb(path)
    lens = {"type": "perspective", "perspective": {"yfov": 0.7, "znear": 0.1}}
    read.json["cameras"] = [lens]
    read.json["scenes"][0]["nodes"].append(len(read.nodes))
    read.nodes.append({"name": "camera", "camera": 0, "translation": [0, 1, 4]})
    read.save(path)
    empty_scene()
    addon.import_file(path)
    camera = bpy.context.scene.camera
    assert camera is not None and camera.data.angle_y == pytest.approx(0.7, abs=1e-3)
