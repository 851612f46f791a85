"""BVH files, read by pybvh."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from glagcn_cli.errors import InputError

from .animation import Animation

_MOST_PARTS = 1001  # keeps 30000/1001 exact


def read_bvh(path: Path) -> Animation:
    """Read a BVH file.

    Returns
    -------
    Animation
        Nodes are joints and end sites (``EndSite<joint>``); a node turns with its own rotation.

    Raises
    ------
    InputError
        pybvh is not installed or does not support the file (joints other than the root that move,
        for instance), or the file is damaged, has one frame or holds NaN.
    """
    try:
        import pybvh
    except ImportError as error:
        raise InputError(
            f"{path}: reading BVH needs pybvh, which is not installed: pip install 'glagcn[train]'"
        ) from error
    try:
        # We find the up axis ourselves; with one given, pybvh does not guess and warn.
        file = pybvh.read_bvh_file(path, world_up="+y")
        positions, local = file.node_positions(), file.to_rotmat()[1]
    except (ValueError, IndexError, OSError) as error:
        raise InputError(f"{path} cannot be read as BVH: {error}") from error
    topology = file.fk_topology
    parents = [int(parent) for parent in topology.parent_idx]
    rest = np.zeros((len(parents), 3))
    rotations = np.empty((*positions.shape, 3))
    for node, (parent, joint) in enumerate(zip(parents, topology.joint_idx, strict=True)):
        above = rotations[:, parent] if parent >= 0 else np.eye(3)
        rotations[:, node] = above @ local[:, joint] if joint >= 0 else above
        if parent >= 0:
            rest[node] = rest[parent] + topology.offsets[node]
    return Animation(
        path=path,
        names=tuple(node.name for node in file.nodes),
        parents=tuple(parents),
        rest=rest,
        positions=positions,
        rotations=rotations,
        fps=Fraction(1 / file.frame_time).limit_denominator(_MOST_PARTS),
    )
