"""The nodes of a glTF file: who hangs on whom, and where they are at rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...errors import InputError
from .gltf_file import GltfFile

Matrices = NDArray[np.float64]


@dataclass(frozen=True)
class NodeTree:
    """The nodes of a file.

    Parameters
    ----------
    file
        The file.
    parents
        Number of each node's parent, -1 for none.
    local
        (nodes, 4, 4) from each node to its parent, as the file has it.
    """

    file: GltfFile
    parents: tuple[int, ...]
    local: Matrices

    @classmethod
    def of(cls, file: GltfFile) -> NodeTree:
        """Read the nodes of a file; InputError where they form no trees."""
        nodes = file.rows("nodes")
        parents = [-1] * len(nodes)
        for number, node in enumerate(nodes):
            for child in node.get("children", []):
                if not 0 <= child < len(nodes) or parents[child] >= 0 or child == number:
                    raise InputError(f"{file.path}: is damaged: its nodes form no tree")
                parents[child] = number
        local = np.array([_local(node) for node in nodes]).reshape(-1, 4, 4)
        return cls(file, tuple(parents), local)

    def name(self, node: int) -> str:
        """Return a node's name, or its number where it has none."""
        return str(self.file.rows("nodes")[node].get("name", f"node {node}"))

    def above(self, node: int) -> Iterator[int]:
        """Yield the nodes that a node hangs on, the nearest first."""
        for _ in self.parents:  # a circle ends too
            node = self.parents[node]
            if node < 0:
                return
            yield node

    def path(self, top: int, bottom: int) -> list[int]:
        """Return the nodes from one down to another, both included; empty where it is not above."""
        way = [bottom, *self.above(bottom)]
        return way[way.index(top) :: -1] if top in way else []

    @cached_property
    def order(self) -> tuple[int, ...]:
        """All nodes, parents before children."""
        depth = [sum(1 for _ in self.above(node)) for node in range(len(self.parents))]
        return tuple(sorted(range(len(depth)), key=depth.__getitem__))

    @cached_property
    def world(self) -> Matrices:
        """(nodes, 4, 4) from each node to the scene, as the file has it."""
        return self.placed(self.local)

    def placed(self, local: Matrices) -> Matrices:
        """Return (..., nodes, 4, 4) transforms to the scene of transforms to the parents."""
        world = local.copy()
        for node in self.order:
            if (parent := self.parents[node]) >= 0:
                world[..., node, :, :] = world[..., parent, :, :] @ local[..., node, :, :]
        return world


def _local(node: dict[str, Any]) -> Matrices:
    if "matrix" in node:
        return np.array(node["matrix"], float).reshape(4, 4).T
    matrix = np.eye(4)
    turn = Rotation.from_quat(node.get("rotation", [0.0, 0.0, 0.0, 1.0]))
    matrix[:3, :3] = turn.as_matrix() * np.array(node.get("scale", [1.0, 1.0, 1.0]))
    matrix[:3, 3] = node.get("translation", [0.0, 0.0, 0.0])
    return matrix


def orthogonal(linear: Matrices) -> Matrices:
    """Return the orthogonal matrices nearest to (..., 3, 3) ones: turns, mirrored or not."""
    left, _, right = np.linalg.svd(linear)
    return left @ right


def separated(matrix: Matrices) -> tuple[Matrices, Matrices, Matrices]:
    """Return translation (3,), turn (3, 3) and scale (3,) of a (4, 4) transform without shear."""
    linear = matrix[:3, :3]
    scale = np.linalg.norm(linear, axis=0)
    if np.linalg.det(linear) < 0:
        scale[0] = -scale[0]
    safe = np.where(np.abs(scale) > 1e-12, scale, 1.0)
    return matrix[:3, 3], orthogonal(linear / safe), scale
