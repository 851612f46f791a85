"""Files as Blender reads and evaluates them; needs `bpy`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

FPS = Fraction(25)
MILLIMETRE = 1e-3


def empty_scene() -> None:
    """Forget everything."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)


def import_bvh(path: Path) -> None:
    """Import a file of centimetres into an empty scene; its first frame is 1."""
    import bpy

    empty_scene()
    bpy.ops.import_anim.bvh(
        filepath=str(path), global_scale=0.01, update_scene_fps=True, update_scene_duration=True
    )


def import_glb(path: Path) -> None:
    """Import a file of `FPS` into an empty scene; its first frame is 0."""
    import bpy

    empty_scene()
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = FPS.numerator, FPS.denominator
    bpy.ops.import_scene.gltf(filepath=str(path))


def armatures() -> list:
    """Give all armatures of the scene, by name."""
    import bpy

    return sorted((o for o in bpy.data.objects if o.type == "ARMATURE"), key=lambda o: o.name)


def to_ours(points) -> np.ndarray:
    """From Blender's z up to the scene frame's y up."""
    x, y, z = np.moveaxis(np.asarray(points, float), -1, 0)
    return np.stack([x, z, -y], axis=-1)


def bone_heads(armature, names: list[str], first_frame: int, count: int) -> np.ndarray:
    """(frames, bones, 3) metres in the scene frame: where Blender has the joints."""
    import bpy

    heads = np.empty((count, len(names), 3))
    for frame in range(count):
        bpy.context.scene.frame_set(first_frame + frame)
        for bone, name in enumerate(names):
            heads[frame, bone] = armature.matrix_world @ armature.pose.bones[name].head
    return to_ours(heads)
