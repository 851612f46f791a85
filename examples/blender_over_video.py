"""Put figures over the footage: a `.glb` of a camera that turns, seen by that camera in Blender.

blender --background --python examples/blender_over_video.py -- walk.glb walk.mp4 over.png
python examples/blender_over_video.py walk.glb walk.mp4 over.png        # with `pip install bpy`

A fourth argument is the frame to render (from 1); without it, the one in the middle of the clip.
With `over.blend` in place of `over.png` the scene is saved, the video behind the camera's view.
A video whose camera stands still has no camera in its `.glb`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

SENSOR = 36.0  # millimetres: Blender's own width of a sensor
SAMPLES = 16  # a pixel


def main(glb: Path, video: Path, output: Path, frame: int | None) -> None:
    """Build the scene and write the still, or the scene where the output is a `.blend`."""
    for path in (glb, video):
        if not path.is_file():
            sys.exit(f"{path}: there is no such file")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene, clip = bpy.context.scene, bpy.data.movieclips.load(str(video.resolve()))
    scene.render.fps, scene.render.fps_base = rate_of(clip)
    bpy.ops.import_scene.gltf(filepath=str(glb.resolve()))
    cameras = [thing for thing in bpy.data.objects if thing.type == "CAMERA"]
    if not cameras:
        sys.exit(f"{glb}: holds no camera; glagcn writes one where the camera turns")
    camera = cameras[0]
    holder = next(thing for thing in (camera, camera.parent) if thing and thing.get("focal_pixels"))
    focal = list(holder["focal_pixels"])
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = clip.size
    scene.frame_start, scene.frame_end = 1, len(focal)
    shift_to_first(bpy.data.actions)
    zoom(camera.data, focal, max(clip.size))
    behind(camera.data, clip)
    add_light()
    scene.frame_set(frame if frame is not None else (1 + len(focal)) // 2)
    if output.suffix == ".blend":
        bpy.ops.wm.save_as_mainfile(filepath=str(output.resolve()))
    else:
        render(output, clip)


def rate_of(clip: bpy.types.MovieClip) -> tuple[int, float]:
    """Return the frames a second of a clip, as Blender's pair of numbers."""
    rate = clip.fps or 25.0
    whole = round(rate)
    return whole, whole / rate


def shift_to_first(actions: bpy.types.bpy_prop_collection) -> None:
    """Move all keys by a frame: glTF's time 0 becomes frame 0, a video's first frame is 1."""
    for action in actions:
        for curve in curves_of(action):
            for key in curve.keyframe_points:
                for point in (key.co, key.handle_left, key.handle_right):
                    point.x += 1.0


def curves_of(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """Return the curves of an action, in old and new versions of Blender."""
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    return [
        curve
        for layer in action.layers
        for strip in layer.strips
        for bag in strip.channelbags
        for curve in bag.fcurves
    ]


def zoom(lens: bpy.types.Camera, focal: list[float], longer: int) -> None:
    """Set the focal length in every frame; `focal` is in pixels."""
    lens.sensor_fit, lens.sensor_width = "AUTO", SENSOR
    for number, pixels in enumerate(focal):
        lens.lens = pixels * SENSOR / longer
        lens.keyframe_insert("lens", frame=number + 1)


def behind(lens: bpy.types.Camera, clip: bpy.types.MovieClip) -> None:
    """Show the video behind the camera's view."""
    lens.show_background_images = True
    shown = lens.background_images.new()
    shown.source, shown.clip, shown.alpha = "MOVIE_CLIP", clip, 1.0


def add_light() -> None:
    """Add a sun and a pale sky."""
    bpy.ops.object.light_add(type="SUN", rotation=(0.7, 0.0, -0.6))
    bpy.context.object.data.energy = 3.0
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.6
    bpy.context.scene.world = world


def render(still: Path, clip: bpy.types.MovieClip) -> None:
    """Render this frame over the video with Cycles on the CPU."""
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.device = "CYCLES", "CPU"
    scene.cycles.samples, scene.cycles.use_denoising = SAMPLES, False
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    lay_over(scene, clip)
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(still.resolve())
    bpy.ops.render.render(write_still=True)


def lay_over(scene: bpy.types.Scene, clip: bpy.types.MovieClip) -> None:
    """Compose what is rendered with the video behind it, in old and new versions of Blender."""
    if hasattr(scene, "compositing_node_group"):
        tree = bpy.data.node_groups.new("over the video", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene.compositing_node_group = tree
        end = tree.nodes.new("NodeGroupOutput")
    else:
        scene.use_nodes = True
        tree = scene.node_tree
        tree.nodes.clear()
        end = tree.nodes.new("CompositorNodeComposite")
    layers, movie, over = (
        tree.nodes.new(f"CompositorNode{name}") for name in ("RLayers", "MovieClip", "AlphaOver")
    )
    movie.clip = clip
    background, foreground = (socket for socket in over.inputs if socket.type == "RGBA")
    tree.links.new(movie.outputs["Image"], background)
    tree.links.new(layers.outputs["Image"], foreground)
    tree.links.new(over.outputs["Image"], end.inputs["Image"])


if __name__ == "__main__":
    given = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    if len(given) not in (3, 4):
        sys.exit(__doc__)
    chosen = int(given[3]) if len(given) == 4 else None
    main(Path(given[0]), Path(given[1]), Path(given[2]), chosen)
