"""Import what glagcn writes into Blender: poses, a character, and the camera if the file has one.

As an add-on: Edit > Preferences > Add-ons > Install from Disk, this file; then File > Import >
glagcn (.bvh, .glb, .vrm).

As a script, which renders a still:

blender --background --python examples/blender_import.py -- walk.bvh still.png
python examples/blender_import.py me.glb still.png        # with `pip install bpy`

A third argument is the frame to render (from 1); without it, the one in the middle of the clip.
With `still.blend` in place of `still.png` the scene is saved to be opened in Blender.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from fractions import Fraction
from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper
from mathutils import Vector

bl_info = {
    "name": "glagcn import",
    "description": "Poses, characters and cameras that glagcn lifted from a video",
    "blender": (4, 2, 0),
    "version": (1, 0, 0),
    "category": "Import-Export",
    "location": "File > Import > glagcn (.bvh, .glb, .vrm)",
}

WIDTH, HEIGHT = 960, 540  # pixels
SAMPLES = 16  # a pixel; more is smoother and slower
CENTIMETRE = 0.01  # metres: BVH files of glagcn are in centimetres
FIELD_OF_VIEW = math.radians(40.0)

# Blue left, orange right, as glagcn draws skeletons in videos.
COLOURS = {
    "left": (0.09, 0.45, 0.80, 1.0),
    "right": (0.79, 0.35, 0.0, 1.0),
    "middle": (0.70, 0.71, 0.73, 1.0),
    "floor": (0.16, 0.17, 0.19, 1.0),
}


def main(source: Path, output: Path, frame: int | None) -> None:
    """Build the scene and write the still, or the scene where the output is a `.blend`."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = import_file(source)
    scene = bpy.context.scene
    scene.frame_set(frame if frame is not None else (scene.frame_start + scene.frame_end) // 2)
    add_floor(rig)
    if scene.camera is None:
        add_camera(rig)
    add_light()
    if output.suffix == ".blend":
        bpy.ops.wm.save_as_mainfile(filepath=str(output.resolve()))
    else:
        render(output)


def import_file(source: Path) -> bpy.types.Object:
    """Import a file at its own rate and length; return the armature of the first person.

    A `.bvh` gets a figure on its rig; a `.glb` or `.vrm` has one, or is a character. A camera in
    the file becomes the scene's.
    """
    if not source.is_file():
        sys.exit(f"{source}: there is no such file")
    if source.suffix.lower() == ".bvh":
        rig = import_bvh(source)
        dress(rig)
    else:
        rig = import_glb(source)
    first, last = (round(number) for number in rig.animation_data.action.frame_range)
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = first, last
    return rig


def import_bvh(bvh: Path) -> bpy.types.Object:
    """Import a BVH file, metres, at its own rate; return the armature."""
    bpy.ops.import_anim.bvh(
        filepath=str(bvh.resolve()),
        global_scale=CENTIMETRE,
        update_scene_fps=True,
        update_scene_duration=True,
    )
    return bpy.context.object


def import_glb(glb: Path) -> bpy.types.Object:
    """Import a glTF file at the rate of its first animation; return the first armature."""
    scene, before = bpy.context.scene, set(bpy.data.objects)
    rate = rate_of(glb)
    scene.render.fps = max(round(rate), 1)
    scene.render.fps_base = float(scene.render.fps / rate)
    bpy.ops.import_scene.gltf(filepath=str(glb.resolve()))
    added = sorted(set(bpy.data.objects) - before, key=lambda one: one.name)
    for one in added:
        if one.type == "CAMERA":
            scene.camera = one
    return next(one for one in added if one.type == "ARMATURE" and one.animation_data)


def rate_of(glb: Path) -> Fraction:
    """Return the frames per second of the first animation of a glTF file: a key a frame."""
    with glb.open("rb") as file:
        file.seek(12)
        size = struct.unpack("<II", file.read(8))[0]
        document = json.loads(file.read(size))
    sampler = document["animations"][0]["samplers"][0]
    times = document["accessors"][sampler["input"]]
    if times["count"] < 2:
        return Fraction(30)
    return Fraction((times["count"] - 1) / times["max"][0]).limit_denominator(1001)


class ImportGlagcn(bpy.types.Operator, ImportHelper):
    """Import poses, a character and a camera that glagcn wrote."""

    bl_idname = "import_scene.glagcn"
    bl_label = "Import glagcn"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012
    filter_glob: bpy.props.StringProperty(default="*.bvh;*.glb;*.vrm", options={"HIDDEN"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Import the file that was picked into the open scene."""
        import_file(Path(self.filepath))
        return {"FINISHED"}


def _in_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.operator(ImportGlagcn.bl_idname, text="glagcn (.bvh, .glb, .vrm)")


def register() -> None:
    """Add the entry to File > Import."""
    bpy.utils.register_class(ImportGlagcn)
    bpy.types.TOPBAR_MT_file_import.append(_in_menu)


def unregister() -> None:
    """Take the entry away."""
    bpy.types.TOPBAR_MT_file_import.remove(_in_menu)
    bpy.utils.unregister_class(ImportGlagcn)


def dress(rig: bpy.types.Object) -> None:
    """Put a tapered limb on every bone and a ball on its head; they follow the bone."""
    for bone in rig.data.bones:
        material = material_of(side_of(bone.name))
        head = bone.name.endswith("Head") and not bone.children
        for end in ends_of(bone):
            length = (end - bone.head_local).length
            thick = length * 0.4 if head else min(max(length * 0.13, 0.02), 0.05)
            hang(rig, bone, limb(bone.head_local, end, thick, head), material)
            if not head:
                hang(rig, bone, ball(bone.head_local, thick * 1.25), material)


def ends_of(bone: bpy.types.Bone) -> list[Vector]:
    """Return the joints at a bone's end, or its tip where it has none.

    A bone with several children has a tail that Blender made up, away from all of them.
    """
    ends = [child.head_local for child in bone.children] or [bone.tail_local]
    apart: list[Vector] = []
    for end in ends:
        if all((end - other).length > CENTIMETRE for other in [bone.head_local, *apart]):
            apart.append(end)
    return apart


def side_of(name: str) -> str:
    """Tell the side from a bone's name: "mixamorig:LeftArm", "LeftKnee", "LHipJoint"."""
    plain = name.split(":")[-1]
    if plain.startswith(("Left", "LHip", "LThumb")):
        return "left"
    return "right" if plain.startswith(("Right", "RHip", "RThumb")) else "middle"


def limb(start: Vector, end: Vector, thick: float, head: bool) -> bpy.types.Object:
    """Make a cone with a round section from one point to the other; a head is an egg."""
    middle, along = (start + end) / 2, end - start
    if head:
        bpy.ops.mesh.primitive_uv_sphere_add(radius=1.0, location=middle)
        made = bpy.context.object
        made.scale = (thick, thick, along.length / 2)
    else:
        bpy.ops.mesh.primitive_cone_add(
            radius1=thick, radius2=thick * 0.7, depth=along.length, location=middle
        )
        made = bpy.context.object
    made.rotation_mode = "QUATERNION"
    made.rotation_quaternion = along.to_track_quat("Z", "Y")
    return made


def ball(centre: Vector, radius: float) -> bpy.types.Object:
    """Make a ball at a joint."""
    bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, location=centre)
    return bpy.context.object


def hang(
    rig: bpy.types.Object,
    bone: bpy.types.Bone,
    thing: bpy.types.Object,
    material: bpy.types.Material,
) -> None:
    """Attach an object made at the rest pose to a bone."""
    bpy.ops.object.shade_smooth()
    thing.data.materials.append(material)
    bpy.context.view_layer.update()
    at_rest = thing.matrix_world.copy()
    thing.parent, thing.parent_type, thing.parent_bone = rig, "BONE", bone.name
    # Children of a bone are placed from its tail.
    tail = bone.matrix_local.copy()
    tail.translation = bone.tail_local
    thing.matrix_parent_inverse = tail.inverted()
    thing.matrix_basis = at_rest


def material_of(name: str) -> bpy.types.Material:
    """Return a rough material in one of the colours, made once."""
    material = bpy.data.materials.get(name)
    if material is None:
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        surface = material.node_tree.nodes["Principled BSDF"]
        surface.inputs["Base Color"].default_value = COLOURS[name]
        surface.inputs["Roughness"].default_value = 0.6
        material.diffuse_color = COLOURS[name]
    return material


def add_floor(rig: bpy.types.Object) -> None:
    """Add a floor of 400 metres around the person."""
    place = hips_of(rig)
    bpy.ops.mesh.primitive_plane_add(size=400.0, location=(place.x, place.y, 0.0))
    bpy.context.object.data.materials.append(material_of("floor"))


def add_camera(rig: bpy.types.Object) -> None:
    """Add a camera at eye height that looks at the person from ahead and aside."""
    place = hips_of(rig)
    bpy.ops.object.camera_add(location=(place.x + 2.3, place.y - 4.4, 1.4))
    camera = bpy.context.object
    camera.data.angle = FIELD_OF_VIEW
    aim = Vector((place.x, place.y, 0.85)) - camera.location
    camera.rotation_mode = "QUATERNION"
    camera.rotation_quaternion = aim.to_track_quat("-Z", "Y")
    bpy.context.scene.camera = camera


def add_light() -> None:
    """Add a sun from the upper left, and a pale sky."""
    bpy.ops.object.light_add(type="SUN", rotation=(math.radians(40), 0.0, math.radians(-35)))
    bpy.context.object.data.energy = 3.0
    bpy.context.object.data.angle = math.radians(6.0)
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.55, 0.62, 0.72, 1.0)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.6
    bpy.context.scene.world = world


def hips_of(rig: bpy.types.Object) -> Vector:
    """Return the root joint's place in this frame, metres."""
    return rig.matrix_world @ rig.pose.bones[0].head


def render(still: Path) -> None:
    """Render this frame with Cycles on the CPU: it needs neither a GPU nor a display."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = SAMPLES
    scene.cycles.use_denoising = False
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(still.resolve())
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    given = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    if len(given) not in (2, 3):
        sys.exit(__doc__)
    main(Path(given[0]), Path(given[1]), int(given[2]) if len(given) == 3 else None)
