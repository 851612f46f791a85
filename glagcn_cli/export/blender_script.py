"""Run by Blender: open a `.glb` file and save it as `.fbx` or `.usd` (`blender_formats`)."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

_MOST_FRAMES_A_SECOND = 32767  # Blender's whole rate


def convert(source: Path, target: Path, rate: Fraction) -> None:
    """Open a file at its rate and save it as the kind that the target's suffix says."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    whole = min(round(rate), _MOST_FRAMES_A_SECOND) or 1
    scene.render.fps, scene.render.fps_base = whole, float(whole / rate)
    bpy.ops.import_scene.gltf(filepath=str(source), disable_bone_shape=True)
    ends = [action.frame_range[1] for action in bpy.data.actions]
    scene.frame_start, scene.frame_end = 0, round(max(ends, default=0))
    if target.suffix == ".fbx":
        bpy.ops.export_scene.fbx(
            filepath=str(target), add_leaf_bones=False, bake_anim_use_all_actions=False,
            bake_anim_use_nla_strips=False, bake_anim_simplify_factor=0.0, path_mode="COPY",
            embed_textures=True,
        )  # fmt: skip
    else:
        bpy.ops.wm.usd_export(filepath=str(target), export_animation=True)


if __name__ == "__main__":
    given = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    convert(Path(given[0]), Path(given[1]), Fraction(given[2]))
