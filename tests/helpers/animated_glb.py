"""Evaluates the first animation of a GLB file, by a few lines of its own."""

from __future__ import annotations

import json
import struct
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from tests.helpers.characters import glb

_NUMBERS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_KINDS = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}


class AnimatedGlb:
    """A GLB file and where its first animation moves its nodes, one key after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        data = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size = struct.unpack_from("<I", data, 12)[0]
        self.json: dict[str, Any] = json.loads(data[20 : 20 + size])
        self.binary = data[28 + size :]
        self.nodes = self.json["nodes"]
        self._worlds: dict[int, np.ndarray] = {}

    def save(self, path: Path) -> None:
        """Write it again, after its JSON or binary chunk was changed."""
        path.write_bytes(glb(self.json, self.binary))

    def array(self, number: int) -> np.ndarray:
        accessor = self.json["accessors"][number]
        view = self.json["bufferViews"][accessor["bufferView"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        kind, width = np.dtype(_KINDS[accessor["componentType"]]), _NUMBERS[accessor["type"]]
        values = np.frombuffer(self.binary, kind, accessor["count"] * width, start)
        scale = np.iinfo(kind).max if accessor.get("normalized") else 1
        return values.reshape(-1, width) / scale

    def node(self, name: str) -> int:
        return [node.get("name") for node in self.nodes].index(name)

    @cached_property
    def tracks(self) -> dict[tuple[int, str], np.ndarray]:
        animation = self.json["animations"][0]
        return {
            (c["target"]["node"], c["target"]["path"]): self.array(
                animation["samplers"][c["sampler"]]["output"]
            )
            for c in animation["channels"]
        }

    @cached_property
    def frames(self) -> int:
        return max(len(values) for values in self.tracks.values())

    @cached_property
    def parents(self) -> list[int]:
        parents = [-1] * len(self.nodes)
        for number, node in enumerate(self.nodes):
            for child in node.get("children", []):
                parents[child] = number
        return parents

    def world(self, node: int) -> np.ndarray:
        """(frames, 4, 4) from a node to the scene."""
        if node not in self._worlds:
            local, parent = self._local(node), self.parents[node]
            self._worlds[node] = local if parent < 0 else self.world(parent) @ local
        return self._worlds[node]

    def _local(self, node: int) -> np.ndarray:
        if "matrix" in self.nodes[node]:
            assert not [key for key in self.tracks if key[0] == node]
            one = np.array(self.nodes[node]["matrix"], float).reshape(4, 4).T
            return np.broadcast_to(one, (self.frames, 4, 4))
        local = np.tile(np.eye(4), (self.frames, 1, 1))
        turn = Rotation.from_quat(self._of(node, "rotation", [0, 0, 0, 1])).as_matrix()
        local[:, :3, :3] = turn * self._of(node, "scale", [1, 1, 1])[:, None]
        local[:, :3, 3] = self._of(node, "translation", [0, 0, 0])
        return local

    def _of(self, node: int, what: str, otherwise: list[float]) -> np.ndarray:
        values = self.tracks.get((node, what))
        if values is None:
            values = np.array([self.nodes[node].get(what, otherwise)], float)
        return np.broadcast_to(values, (self.frames, values.shape[1]))

    def place(self, name: str) -> np.ndarray:
        """(frames, 3) where a node is."""
        return self.world(self.node(name))[:, :3, 3]

    @cached_property
    def corners(self) -> np.ndarray:
        """(frames, corners, 3) of all skinned meshes."""
        parts = []
        for node in self.nodes:
            if "skin" not in node:
                continue
            skin = self.json["skins"][node["skin"]]
            binds = self._binds(skin)
            moved = np.stack([self.world(j) for j in skin["joints"]], axis=1) @ binds
            for primitive in self.json["meshes"][node["mesh"]]["primitives"]:
                used = primitive["attributes"]
                joints = self.array(used["JOINTS_0"]).astype(int)
                weights = self.array(used["WEIGHTS_0"])
                points = np.c_[self.array(used["POSITION"]), np.ones(len(joints))]
                mixed = np.einsum("fvjab,vj->fvab", moved[:, joints], weights)
                parts.append(np.einsum("fvab,vb->fva", mixed, points)[..., :3])
        return np.concatenate(parts, axis=1)

    def _binds(self, skin: dict[str, Any]) -> np.ndarray:
        if "inverseBindMatrices" not in skin:
            return np.tile(np.eye(4), (len(skin["joints"]), 1, 1))
        return self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
