"""glTF files (.glb, .gltf, .vrm, .vrma): nodes in motion, with or without a skin.

pygltflib parses them. Every animation of a file is a motion of its own. Keys are interpolated as
the file says (glTF 2.0, appendix C): in steps, linearly, rotations along the shorter arc, or by
cubic splines.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError

from .animation import Animation
from .hierarchy import LocalTransforms, pose
from .keys import at_times, sampling_times

_TYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_DAMAGED = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, struct.error,
)  # fmt: skip
_PATHS = ("translation", "rotation", "scale")


def read_gltf(path: Path) -> list[Animation]:
    """Read all animations of a file.

    Returns
    -------
    list of Animation
        Metres, y up, as glTF demands. Nodes are those of the skins and what they hang on; without
        skins all nodes. Bones of a VRM humanoid have the humanoid's names. Poses, of one frame,
        are left out where there are other animations.

    Raises
    ------
    InputError
        The file is damaged, compressed, or holds no animation.
    """
    import pygltflib

    try:
        with path.open("rb") as opened:
            binary = opened.read(4) == b"glTF"
        reader = pygltflib.GLTF2()
        file = (reader.load_binary if binary else reader.load_json)(str(path))
        if file is None or not file.nodes:
            raise ValueError("it has no nodes")
        return list(_animations(path, _Gltf(file)))
    except _DAMAGED as error:
        raise InputError(f"{path} cannot be read as glTF: {error}") from error


class _Gltf:
    """Nodes in the order of their tree, and numbers of a file's buffers."""

    def __init__(self, file: Any) -> None:
        self.file = file
        children = {child for node in file.nodes for child in node.children or []}
        self.order: list[int] = []
        self.parents: list[int] = []
        roots = [i for i in range(len(file.nodes)) if i not in children]
        stack = [(root, -1) for root in reversed(roots)]
        while stack:
            node, parent = stack.pop()
            place = len(self.order)
            if place > len(file.nodes):
                raise ValueError("its nodes form no tree")
            self.order.append(node)
            self.parents.append(parent)
            stack += [(child, place) for child in reversed(file.nodes[node].children or [])]

    def values(self, number: int) -> NDArray[np.float64]:
        """Read an accessor as (count, width)."""
        accessor = self.file.accessors[number]
        if accessor.sparse is not None or accessor.bufferView is None:
            raise ValueError("it stores numbers sparsely, which is not supported")
        view = self.file.bufferViews[accessor.bufferView]
        if view.extensions:
            raise ValueError("it is compressed; export it without compression")
        kind, width = np.dtype(_TYPES[accessor.componentType]), _WIDTHS[accessor.type]
        start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
        stride = view.byteStride or kind.itemsize * width
        raw = np.ndarray(
            (accessor.count, width), kind, self._buffer(view.buffer), start,
            (stride, kind.itemsize),
        )  # fmt: skip
        values = raw.astype(np.float64)
        if accessor.normalized and kind.kind in "iu":
            values = np.maximum(values / np.iinfo(kind).max, -1.0)
        return values

    def _buffer(self, number: int) -> bytes:
        uri = self.file.buffers[number].uri
        return self.file.binary_blob() if uri is None else self.file.get_data_from_buffer_uri(uri)

    def rest(self) -> LocalTransforms:
        """Return the nodes' own transforms, in the order of the tree."""
        count = len(self.order)
        rest = LocalTransforms(
            np.zeros((1, count, 3)), np.tile([0.0, 0, 0, 1], (1, count, 1)), np.ones((1, count, 3))
        )
        for place, number in enumerate(self.order):
            node = self.file.nodes[number]
            if node.matrix is not None:
                _take_apart(np.reshape(node.matrix, (4, 4)).T, rest, place)
            for name in _PATHS:
                if getattr(node, name) is not None:
                    getattr(rest, name + "s")[0, place] = getattr(node, name)
        return rest

    def names(self) -> list[str]:
        """Return the names in the order of the tree; nodes that are no bones have none of a rig."""
        bones = self._bones()
        humanoid = _humanoid(self.file)
        names = []
        for number in self.order:
            name = humanoid.get(number) or self.file.nodes[number].name or f"node {number}"
            names.append(name if number in bones else f"({name})")
        return names

    def _bones(self) -> set[int]:
        if not self.file.skins:
            return set(self.order)
        bones = {joint for skin in self.file.skins for joint in skin.joints}
        for place in range(len(self.order) - 1, -1, -1):  # children before their parents
            if self.order[place] in bones and self.parents[place] >= 0:
                bones.add(self.order[self.parents[place]])
        return bones


def _take_apart(matrix: NDArray[np.float64], into: LocalTransforms, place: int) -> None:
    """Store a 4 x 4 matrix without shear as translation, rotation and scale."""
    from scipy.spatial.transform import Rotation

    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    if np.linalg.det(matrix[:3, :3]) < 0:
        scale[0] *= -1
    into.translations[0, place] = matrix[:3, 3]
    into.rotations[0, place] = Rotation.from_matrix(matrix[:3, :3] / scale).as_quat()
    into.scales[0, place] = scale


def _humanoid(file: Any) -> dict[int, str]:
    """Return the humanoid's name of each node that a VRM extension lists."""
    extensions = file.extensions or {}
    for name in ("VRMC_vrm", "VRMC_vrm_animation", "VRM"):
        if name in extensions:
            bones = extensions[name]["humanoid"]["humanBones"]
            if isinstance(bones, dict):
                return {bone["node"]: key for key, bone in bones.items()}
            return {bone["node"]: bone["bone"] for bone in bones}
    return {}


def _animations(path: Path, gltf: _Gltf) -> Iterator[Animation]:
    if not gltf.file.animations:
        raise ValueError("it holds no animation")
    names, rest = tuple(gltf.names()), gltf.rest()
    place = {number: i for i, number in enumerate(gltf.order)}
    for number, animation in enumerate(gltf.file.animations):
        channels = [
            (channel.target, animation.samplers[channel.sampler])
            for channel in animation.channels
            if channel.target.node is not None and channel.target.path in _PATHS
        ]
        keys = [gltf.values(sampler.input)[:, 0] for _, sampler in channels]
        if not keys:
            continue  # of morph targets only
        times, fps = sampling_times(keys)
        if len(times) < 2 and len(gltf.file.animations) > 1:
            continue  # a pose
        motion = LocalTransforms(
            *(np.repeat(getattr(rest, name + "s"), len(times), axis=0) for name in _PATHS)
        )
        for own, (target, sampler) in zip(keys, channels, strict=True):
            values = gltf.values(sampler.output)
            sampled = at_times(own, values, sampler.interpolation, times, target.path == "rotation")
            getattr(motion, target.path + "s")[:, place[target.node]] = sampled
        yield _animation(
            path, names, tuple(gltf.parents), rest, motion, fps,
            (animation.name or str(number)) if len(gltf.file.animations) > 1 else "",
        )  # fmt: skip


def _animation(
    path: Path,
    names: tuple[str, ...],
    parents: tuple[int, ...],
    rest: LocalTransforms,
    motion: LocalTransforms,
    fps: Fraction,
    take: str,
) -> Animation:
    posed = pose(parents, rest, motion)
    return Animation(path, names, parents, *posed, fps, unit=1.0, take=take)
