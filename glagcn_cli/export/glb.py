"""`.glb`: all people of a clip as moving stick figures, for any viewer of glTF.

Y up, metres. Every person is a node `person N` with a tree of joints (`rig`), a mesh of capsules
and a skin that binds them. One animation moves all: the root by translation, every joint by
rotation, one key for every frame of the video at its time in seconds, linear in between. Where
there is no pose the last one is held, as in `.bvh`; the person's node lists the
frames that have one (`extras`). A camera that turns is a node `camera` in the same animation; its
`extras` list its focal length in every frame.
Bones of a half of the body that was never seen hold their rest and have no mesh; the node lists
their joints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pygltflib as gltf
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .. import __version__
from ..camera import FilmCamera
from ..files.atomic import atomic_output
from ..poses import PoseSequence
from ..rendering.drawing import LEFT, NEUTRAL, RIGHT
from ..smoothing import runs
from .character import writing
from .formats import ExportContext
from .people import people_for_rigs
from .rig.kinematics import fit_person
from .rig.rig import UP, Rig, RigMotion
from .rig.rotations import continuous_quaternions
from .rig.stick_figure import SIDES, Mesh, rest_places, standing_height, stick_figure

_COLOURS = {"left": LEFT, "right": RIGHT, "middle": NEUTRAL}
_TYPES = {1: gltf.SCALAR, 3: gltf.VEC3, 4: gltf.VEC4, 16: gltf.MAT4}
_COMPONENTS = {"f4": gltf.FLOAT, "u1": gltf.UNSIGNED_BYTE, "u2": gltf.UNSIGNED_SHORT}


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one file with all people: fitted rigs that move, and a mesh on each.

    With a character or a body in the settings, a file for each person has that instead.
    """
    if writing.shows_characters(context.settings):
        yield from writing.write(path, sequences, context)
        return
    people = people_for_rigs(path, sequences)
    with atomic_output(path, context.overwrite) as temporary:
        scene = _Scene(people[0].fps)
        for sequence in people:
            motion = fit_person(sequence)
            scene.add_person(f"person {sequence.person}", motion)
        if context.camera is not None and context.image_size is not None:
            scene.add_camera(context.camera, context.image_size)
        temporary.write_bytes(scene.to_bytes())
    yield path


class _Scene:
    """A glTF file in the making: one scene, one animation, one buffer."""

    def __init__(self, fps: Fraction) -> None:
        self._fps = fps
        self._blob = bytearray()
        self._animation = gltf.Animation(name="motion")
        self._times: dict[int, int] = {}
        self._file = gltf.GLTF2(
            asset=gltf.Asset(generator=f"glagcn {__version__}"),
            scene=0,
            scenes=[gltf.Scene(nodes=[])],
            animations=[self._animation],
            materials=[_material(side) for side in SIDES],
        )

    def to_bytes(self) -> bytes:
        """Contents of the `.glb` file."""
        self._file.buffers = [gltf.Buffer(byteLength=len(self._blob))]
        self._file.set_binary_blob(bytes(self._blob))
        return b"".join(self._file.save_to_bytes())

    def add_person(self, name: str, motion: RigMotion) -> None:
        """Add a tree of joints, a mesh bound to them and their motion."""
        first = len(self._file.nodes)  # the person's node; the joints follow it
        joints = [first + 1 + i for i in range(len(motion.rig.names))]
        seen = [[run.start, run.stop - 1] for run in runs(motion.observed)]
        facts: dict[str, Any] = {"frames_with_a_pose": seen}
        if motion.absent:
            facts["never_seen"] = list(motion.absent)
        self._file.nodes.append(gltf.Node(name=name, children=[joints[0]], extras=facts))
        self._add_joints(joints, motion)
        self._file.skins.append(
            gltf.Skin(
                name=name,
                joints=joints,
                skeleton=joints[0],
                inverseBindMatrices=self._add(_inverse_binds(motion.rig)),
            )
        )
        self._file.meshes.append(
            gltf.Mesh(name=name, primitives=[self._primitive(m) for m in _standing(motion)])
        )
        self._file.nodes.append(
            gltf.Node(
                name=f"{name} figure",
                mesh=len(self._file.meshes) - 1,
                skin=len(self._file.skins) - 1,
            )
        )
        # A mesh with a skin follows its joints alone, so it does not hang on the person's node.
        self._file.scenes[0].nodes += [first, len(self._file.nodes) - 1]

    def add_camera(self, camera: FilmCamera, image_size: tuple[int, int]) -> None:
        """Add the camera with its motion; glTF animates no lens, so focal lengths are listed."""
        width, height = image_size
        seen = int(np.argmax(camera.known))
        # A camera of glTF looks along -z, with y up.
        turns = camera.rotation.swapaxes(1, 2) @ np.diag([1.0, -1.0, -1.0])
        quaternions = continuous_quaternions(Rotation.from_matrix(turns).as_quat())
        lens = gltf.Perspective(
            yfov=float(2 * np.arctan(height / 2 / camera.focal[seen])), aspectRatio=width / height,
            znear=0.05, zfar=1000.0,
        )  # fmt: skip
        self._file.cameras.append(gltf.Camera(name="camera", type="perspective", perspective=lens))
        self._file.nodes.append(
            gltf.Node(
                name="camera",
                camera=len(self._file.cameras) - 1,
                rotation=quaternions[seen].tolist(),
                translation=camera.position[seen].tolist(),
                extras={
                    "image_size": [width, height],
                    "focal_pixels": camera.focal.round(2).tolist(),
                },
            )
        )
        node = len(self._file.nodes) - 1
        self._file.scenes[0].nodes.append(node)
        keys = self._keys(len(camera))
        self._animate(node, gltf.ROTATION, keys, quaternions)
        self._animate(node, gltf.TRANSLATION, keys, camera.position)

    def _add_joints(self, joints: list[int], motion: RigMotion) -> None:
        """Nodes of the joints, posed as in the first frame with a pose, and their keys."""
        shown = int(np.argmax(motion.observed))
        keys, parents = self._keys(len(motion)), motion.rig.parents
        for i, name in enumerate(motion.rig.names):
            place = motion.root[shown] if parents[i] < 0 else motion.rig.offsets[i]
            self._file.nodes.append(
                gltf.Node(
                    name=name,
                    translation=place.tolist(),
                    rotation=motion.rotations[shown, i].tolist(),
                    children=[joints[j] for j, parent in enumerate(parents) if parent == i],
                )
            )
            self._animate(joints[i], gltf.ROTATION, keys, motion.rotations[:, i])
        self._animate(joints[0], gltf.TRANSLATION, keys, motion.root)

    def _keys(self, frames: int) -> int:
        """Return the number of the accessor with the times of this many frames, seconds."""
        if frames not in self._times:
            seconds = np.arange(frames) * (self._fps.denominator / self._fps.numerator)
            self._times[frames] = self._add(seconds.astype("f4"), bounds=True)
        return self._times[frames]

    def _animate(self, node: int, what: str, keys: int, values: NDArray[np.float64]) -> None:
        sampler = gltf.AnimationSampler(
            input=keys, output=self._add(values.astype("f4")), interpolation=gltf.ANIM_LINEAR
        )
        target = gltf.AnimationChannelTarget(node=node, path=what)
        channel = gltf.AnimationChannel(sampler=len(self._animation.samplers), target=target)
        self._animation.samplers.append(sampler)
        self._animation.channels.append(channel)

    def _primitive(self, mesh: Mesh) -> gltf.Primitive:
        bound = np.zeros((len(mesh.joints), 4), np.uint8)
        bound[:, 0] = mesh.joints
        weights = np.tile(np.array([1, 0, 0, 0], "f4"), (len(mesh.joints), 1))
        attributes = gltf.Attributes(
            POSITION=self._add(mesh.positions, gltf.ARRAY_BUFFER, bounds=True),
            NORMAL=self._add(mesh.normals, gltf.ARRAY_BUFFER),
            JOINTS_0=self._add(bound, gltf.ARRAY_BUFFER),
            WEIGHTS_0=self._add(weights, gltf.ARRAY_BUFFER),
        )
        return gltf.Primitive(
            attributes=attributes,
            indices=self._add(mesh.triangles.ravel(), gltf.ELEMENT_ARRAY_BUFFER),
            material=SIDES.index(mesh.side),
        )

    def _add(self, values: NDArray, target: int | None = None, bounds: bool = False) -> int:
        """Put an array (items,) or (items, numbers) into the buffer; the accessor's number."""
        rows = values.reshape(len(values), -1)
        data = np.ascontiguousarray(rows).tobytes()
        self._file.bufferViews.append(
            gltf.BufferView(
                buffer=0, byteOffset=len(self._blob), byteLength=len(data), target=target
            )
        )
        self._blob += data + bytes(-len(data) % 4)
        self._file.accessors.append(
            gltf.Accessor(
                bufferView=len(self._file.bufferViews) - 1,
                componentType=_COMPONENTS[rows.dtype.str[1:]],
                count=len(rows),
                type=_TYPES[rows.shape[1]],
                min=rows.min(axis=0).tolist() if bounds else None,
                max=rows.max(axis=0).tolist() if bounds else None,
            )
        )
        return len(self._file.accessors) - 1


def _standing(motion: RigMotion) -> list[Mesh]:
    """Return what was seen of the figure in the T-pose, standing on the floor, as the rest pose."""
    figure = stick_figure(motion.rig, motion.absent)
    lift = _lift(motion.rig)
    return [replace(mesh, positions=mesh.positions + lift) for mesh in figure]


def _inverse_binds(rig: Rig) -> NDArray[np.float32]:
    """(joints, 16) matrices, column by column: from the standing T-pose to each joint."""
    matrices = np.tile(np.eye(4, dtype=np.float32).ravel(), (len(rig.names), 1))
    matrices[:, 12:15] = -(rest_places(rig) + _lift(rig))
    return matrices


def _lift(rig: Rig) -> NDArray[np.float32]:
    """From the root's place at zero to where it is when the T-pose stands on the floor."""
    return (standing_height(rig) * UP).astype(np.float32)


def _material(side: str) -> gltf.Material:
    """Rough and not metallic, in the colour that the side has in rendered videos."""
    shown = np.array(_COLOURS[side]) / 255
    linear = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    surface = gltf.PbrMetallicRoughness(
        baseColorFactor=[*linear.tolist(), 1.0], metallicFactor=0.0, roughnessFactor=0.8
    )
    return gltf.Material(name=side, pbrMetallicRoughness=surface, alphaCutoff=None)
