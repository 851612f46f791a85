"""A skeleton in motion as its file stores it: nodes by name, in the file's unit and axes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError

# "mixamorig:Hips", "mixamorig_Hips" and "Character1:Hips" are all "hips". "Bip01 L Thigh" of Biped,
# "J_Bip_L_UpperLeg" of VRoid and "m_avg_L_Hip" of SMPL lose their first words.
_NAMESPACE = re.compile(
    r"^(?:.*[:|]|mixamorig\d*[_:]?|bip0*\d*[ _]+|j_bip_(?:c_)?|[fm]_avg_)", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[ ._-]")


def plain_name(name: str) -> str:
    """Return the name of a node without namespace and separators, in lower case."""
    return _SEPARATORS.sub("", _NAMESPACE.sub("", name)).lower()


@dataclass(frozen=True)
class Animation:
    """Positions and orientations of all nodes of one file.

    Parameters
    ----------
    path
        The file.
    names
        Names of the nodes in the file; a parent stands before its children.
    parents
        Index of each node's parent, -1 for the root.
    rest
        (nodes, 3) positions without any rotation, file's unit and axes.
    positions
        (frames, nodes, 3) file's unit and axes.
    rotations
        (frames, nodes, 3, 3) rotations of each node's children, from rest to world.
    fps
        Frames per second; None where the format has none.
    unit
        Metres in the file's unit; None where the format has none.
    take
        Name of the motion within a file that holds several; else "".
    """

    path: Path
    names: tuple[str, ...]
    parents: tuple[int, ...]
    rest: NDArray[np.float64]
    positions: NDArray[np.float64]
    rotations: NDArray[np.float64]
    fps: Fraction | None
    unit: float | None = None
    take: str = ""

    def __post_init__(self) -> None:
        if len(self.positions) < 2:
            raise InputError(f"{self.path}: has one frame; give a motion of at least two")
        if not (np.isfinite(self.positions).all() and np.isfinite(self.rest).all()):
            raise InputError(f"{self.path}: the motion holds NaN or infinity")

    @cached_property
    def _index(self) -> dict[str, int]:
        # Backwards, so that a joint goes before the end site that is called after it.
        return {plain_name(self.names[i]): i for i in reversed(range(len(self.names)))}

    def has(self, *names: str) -> bool:
        """Tell whether all these nodes exist, ignoring namespace and case."""
        return all(plain_name(name) in self._index for name in names)

    def index(self, name: str) -> int:
        """Return the number of a node by name, ignoring namespace and case."""
        return self._index[plain_name(name)]

    def rest_offset(self, name: str) -> NDArray[np.float64]:
        """Return the vector (3,) from a node's parent to the node, at rest."""
        node = self.index(name)
        return self.rest[node] - self.rest[self.parents[node]]

    def children(self, node: int) -> list[int]:
        """Return the children of a node."""
        return [child for child, parent in enumerate(self.parents) if parent == node]

    def ancestors(self, node: int) -> list[int]:
        """Return the node, its parent, and so on to the root."""
        line = [node]
        while self.parents[line[-1]] >= 0:
            line.append(self.parents[line[-1]])
        return line

    def common_ancestor(self, first: int, second: int) -> int:
        """Return the nearest common ancestor of two nodes."""
        others = set(self.ancestors(second))
        return next(node for node in self.ancestors(first) if node in others)

    def attached(self, node: int, rest_point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the path (frames, 3) of a point, given at rest, that moves with a node."""
        arm = rest_point - self.rest[node]
        return self.positions[:, node] + self.rotations[:, node] @ arm
