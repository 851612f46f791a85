"""The rest pose of a character, stood upright: y up, facing +z, its left at +x.

A rest pose is what the mesh was bound in: a T- or an A-pose, that may lie, face anywhere, and be
of any size. A file may show another pose (a moment of an animation), so it is taken from the skin,
but for VRM, which says that its nodes stand in a T-pose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..rig.rig import UP
from .bone_names import SIDES
from .humanoid import Humanoid
from .node_tree import Matrices, NodeTree, orthogonal

Vectors = NDArray[np.float64]

_SAME = 1e-3  # of a turn's entries: rest poses that differ by less are one
_SHORTEST = 1e-6  # of the size of a character, which may be in any unit
_SOLE_PLANE = np.cos(np.radians(12.0))  # a trunk leans by less at rest


@dataclass(frozen=True)
class RestPose:
    """A character at rest.

    Parameters
    ----------
    tree
        Its nodes.
    bound
        (nodes, 4, 4) from each node to the scene, where the mesh was bound, in the file's frame.
    upright
        (3, 3) the turn that stands it upright.
    floor_up
        (3,) what is up for its soles at rest, in the upright frame: its trunk may lean.
    """

    tree: NodeTree
    bound: Matrices
    upright: Matrices
    floor_up: Vectors

    def place(self, node: int) -> Vectors:
        """Return where a node is, (3,) in the upright frame."""
        return np.asarray(self.upright @ self.bound[node, :3, 3])

    def offset(self, node: int) -> Vectors:
        """Return a node from its parent, (3,) in the upright frame, as the parent carries it."""
        parent, own = self.tree.parents[node], self.tree.local[node, :3, 3]
        return np.asarray(self.upright @ self.bound[parent, :3, :3] @ own)


def rest_pose(tree: NodeTree, humanoid: Humanoid) -> RestPose:
    """Find the rest pose of a character; InputError where its bones lie in one point."""
    bound = tree.world if humanoid.scheme.startswith("VRM") else _bound(tree, humanoid.bones)
    places = {bone: bound[node, :3, 3] for bone, node in humanoid.bones.items()}
    across = sum(places[f"left{b}"] - places[f"right{b}"] for b in ("UpperLeg", "UpperArm"))
    arms, legs = (sum(places[f"{s}{b}"] for s in SIDES) / 2 for b in ("UpperArm", "UpperLeg"))
    up = arms - legs
    front = np.cross(across, up)
    size = np.ptp(np.array(list(places.values())), axis=0).max()
    if not np.linalg.norm(front) > _SHORTEST * size**2 or not np.isfinite(size):
        raise InputError(
            f"{tree.file.path}: its arms and legs hang on points in one line, so nothing tells "
            "what is up and left; is the right bone named for each?"
        )
    axes = [np.cross(up, front), up, front]
    upright = np.array([axis / np.linalg.norm(axis) for axis in axes])
    return RestPose(tree, bound, upright, _floor_up(upright))


def _floor_up(upright: Matrices) -> Vectors:
    """Return the axis of the file that is nearest to up: characters are built along one."""
    nearest = int(np.argmax(np.abs(upright[1])))
    axis = np.eye(3)[nearest] * np.sign(upright[1, nearest])
    shown = upright @ axis
    return shown if shown[1] > _SOLE_PLANE else UP


def _bound(tree: NodeTree, bones: Mapping[str, int]) -> Matrices:
    """Return (nodes, 4, 4) transforms to the scene where the mesh was bound."""
    skins = [skin for skin in tree.file.rows("skins") if "inverseBindMatrices" in skin]
    named = set(bones.values())
    skins.sort(key=lambda skin: len(named & set(skin["joints"])), reverse=True)
    if not skins or bones["hips"] not in skins[0]["joints"]:
        return tree.world
    joints = skins[0]["joints"]
    inverse = tree.file.array(skins[0]["inverseBindMatrices"]).reshape(-1, 4, 4)
    to_mesh = np.linalg.inv(inverse.transpose(0, 2, 1))
    anchor = joints.index(bones["hips"])
    shift = tree.world[bones["hips"]] @ np.linalg.inv(to_mesh[anchor])
    found = dict(zip(joints, shift @ to_mesh, strict=True))
    if all(_same_turn(found[n], tree.world[n]) for n in named if n in found):
        return tree.world
    bound = tree.world.copy()
    for node in tree.order:
        if bones["hips"] not in tree.above(node):
            continue
        if node in found:
            bound[node] = found[node]
        else:
            bound[node] = bound[tree.parents[node]] @ tree.local[node]
    return bound


def _same_turn(one: Matrices, other: Matrices) -> bool:
    apart = orthogonal(one[:3, :3]) - orthogonal(other[:3, :3])
    return bool(np.abs(apart).max() < _SAME)
