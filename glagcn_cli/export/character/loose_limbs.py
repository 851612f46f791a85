"""Limbs that hang on nothing: Rigify's, when only the bones that deform a mesh are exported.

Its controls move arms, legs, breasts and face; without them these bones hang on the armature beside
the spine. They are hung on the trunk, where they are.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .bone_names import plain
from .gltf_file import GltfFile, copied
from .node_tree import NodeTree, separated

log = logging.getLogger(__name__)

_DEFORMING = "DEF-"
_HIPS, _CHEST, _NECK, _HEAD = "spine", "spine003", "spine004", "spine006"
_HANGS_ON = {"thigh": _HIPS, "pelvis": _HIPS, "shoulder": _CHEST, "breast": _CHEST}


def with_limbs_attached(file: GltfFile) -> GltfFile:
    """Return a file whose limbs hang on its trunk; the same file where they do.

    Animations of the bones that are hung elsewhere are left out.
    """
    tree = NodeTree.of(file)
    joints = {joint for skin in file.rows("skins") for joint in skin.get("joints", [])}
    bones = {
        plain(tree.name(n)): n
        for n in sorted(joints, reverse=True)
        if n < len(tree.parents) and tree.name(n).startswith(_DEFORMING)
    }
    if not {_HIPS, _CHEST, "thighl", "thighr"} <= bones.keys():
        return file
    own = set(bones.values())
    loose = [
        name for name, node in bones.items() if name != _HIPS and not own & set(tree.above(node))
    ]
    if not loose:
        return file
    return _rehung(tree, {bones[name]: _trunk_bone(tree, bones, name) for name in loose})


def _trunk_bone(tree: NodeTree, bones: Mapping[str, int], name: str) -> int:
    """Return what a bone belongs to."""
    stem, side = name[:-1], name[-1]
    if stem == "upperarm" and f"shoulder{side}" in bones:
        return bones[f"shoulder{side}"]
    if stem in _HANGS_ON:
        return bones[_HANGS_ON[stem]]
    trunk = [n for n in bones if n == _HIPS or n.startswith("spine0")]
    places: dict[str, NDArray[np.float64]] = {n: tree.world[bones[n], :3, 3] for n in trunk}
    place = tree.world[bones[name], :3, 3]
    neck = places.get(_NECK, places[_CHEST])
    if _HEAD in bones and (place - neck) @ (neck - places[_HIPS]) > 0:
        return bones[_HEAD]  # of the face
    return bones[min(trunk, key=lambda n: float(np.linalg.norm(places[n] - place)))]


def _rehung(tree: NodeTree, parents: Mapping[int, int]) -> GltfFile:
    """Hang nodes on others without moving them."""
    file = copied(tree.file)
    nodes = file.json["nodes"]
    for node, parent in parents.items():
        _take_off(file, tree.parents[node], node)
        nodes[parent]["children"] = [*nodes[parent].get("children", []), node]
        nodes[node].pop("matrix", None)
        local = np.linalg.inv(tree.world[parent]) @ tree.world[node]
        place, turn, scale = separated(local)
        nodes[node]["translation"], nodes[node]["scale"] = place.tolist(), scale.tolist()
        nodes[node]["rotation"] = Rotation.from_matrix(turn).as_quat().tolist()
    _leave_out_animations(file, parents)
    return file


def _take_off(file: GltfFile, parent: int, node: int) -> None:
    """Remove a node from its parent, or from the scenes where it has none."""
    if parent < 0:
        file.json["scenes"] = [
            scene | {"nodes": [root for root in scene.get("nodes", []) if root != node]}
            for scene in file.rows("scenes")
        ]
        return
    above = file.json["nodes"][parent]
    above["children"] = [child for child in above["children"] if child != node]
    if not above["children"]:
        del above["children"]


def _leave_out_animations(file: GltfFile, moved: Mapping[int, int]) -> None:
    """Leave out animations of nodes that hang on others now."""
    kept = [
        animation
        for animation in file.rows("animations")
        if not any(c.get("target", {}).get("node") in moved for c in animation.get("channels", []))
    ]
    gone = len(file.rows("animations")) - len(kept)
    if gone:
        file.json["animations"] = kept
        log.warning(
            "%s: its own animations (%d) are left out: its limbs are loose bones of Rigify, and "
            "hang on the trunk in what is written",
            file.path,
            gone,
        )
