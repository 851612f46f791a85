"""Writes a moving character: its own file with one more animation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ... import __version__
from ...smoothing import runs
from ..rig.rotations import continuous_quaternions
from .gltf_file import GltfFile, copied
from .node_tree import orthogonal, separated
from .retarget import CharacterMotion

Vectors = NDArray[np.float64]

_BENT = np.radians(0.2)
_STILL = 1e-7  # of a quaternion's numbers


def animated(motion: CharacterMotion, fps: Fraction, name: str) -> GltfFile:
    """Add a motion to a character's file.

    Everything that stands in the file stays in it. The new animation is the first, which viewers
    play; the others follow it.

    Parameters
    ----------
    motion
        The character in motion.
    fps
        Frames per second: one key for every frame, one alone for what does not move.
    name
        Of the animation.

    Returns
    -------
    GltfFile
        A file of its own; that of the character is not changed.
    """
    file = copied(motion.character.file)
    seconds = np.arange(len(motion.hips)) * (fps.denominator / fps.numerator)
    times: dict[int, int] = {}  # accessors by the number of keys
    animation: dict[str, Any] = {
        "name": name,
        "channels": [],
        "samplers": [],
        "extras": {
            "generator": f"glagcn {__version__}",
            "frames_with_a_pose": [[r.start, r.stop - 1] for r in runs(motion.observed)],
        },
    }

    def add(node: int, path: str, values: Vectors) -> None:
        keys = len(values)
        if keys not in times:
            times[keys] = file.add_array(seconds[:keys], bounds=True)
        sampler = {
            "input": times[keys],
            "output": file.add_array(values),
            "interpolation": "LINEAR",
        }
        target = {"sampler": len(animation["samplers"]), "target": {"node": node, "path": path}}
        animation["samplers"].append(sampler)
        animation["channels"].append(target)

    hips = motion.character.body.bones["hips"]
    add(hips, "translation", _hips_path(motion))
    for node, turns in local_turns(motion).items():
        _as_parts(file.json["nodes"][node], motion.character.rest.tree.local[node])
        values = continuous_quaternions(turns.as_quat())
        still = np.ptp(values, axis=0).max() < _STILL
        add(node, "rotation", values[:1] if still else values)
    for node, turn in _bent_otherwise(motion).items():
        _as_parts(file.json["nodes"][node], motion.character.rest.tree.local[node])
        add(node, "rotation", turn.as_quat()[None])
    file.json["animations"] = [animation, *file.rows("animations")]
    return file


def local_turns(motion: CharacterMotion) -> dict[int, Rotation]:
    """Return the rotations (frames,) of driven nodes in their parents, as glTF has them."""
    character = motion.character
    rest = character.rest
    tree, upright = rest.tree, Rotation.from_matrix(rest.upright)
    turned: dict[int, Rotation] = {}  # by node: its turn from where it was bound, file's frame
    found = {}
    for node in tree.order:
        parent = tree.parents[node]
        above = turned.get(parent)
        if node in motion.deltas:
            turned[node] = motion.deltas[node] * upright
        elif above is not None:
            turned[node] = above
        if node in motion.deltas:
            found[node] = _local(motion, node, turned[node], above)
    return found


def _bent_otherwise(motion: CharacterMotion) -> dict[int, Rotation]:
    """Return the rotations at rest of bones that move with others and that the file shows bent.

    A file may show a moment of an animation; its fingers and twist bones would stay in it.
    """
    rest = motion.character.rest
    tree, hips = rest.tree, motion.character.body.bones["hips"]
    joints = {joint for skin in tree.file.rows("skins") for joint in skin["joints"]}
    found = {}
    for node in sorted(joints - set(motion.deltas)):
        if hips in tree.above(node):
            turn = _local(motion, node, Rotation.identity(), None)
            shown = Rotation.from_matrix(separated(tree.local[node])[1])
            if (turn.inv() * shown).magnitude() > _BENT:
                found[node] = turn
    return found


def _local(motion: CharacterMotion, node: int, own: Rotation, above: Rotation | None) -> Rotation:
    """Return the rotations of a node in its parent.

    Bones may be scaled and mirrored: with O the orthogonal part of a node's transform at rest, and
    D how it was turned since, its rotation is Op' Dp' D O S, S the signs of its own scale.
    """
    rest = motion.character.rest
    bound, parent = rest.bound, rest.tree.parents[node]
    outer = orthogonal(bound[parent, :3, :3]) if parent >= 0 else np.eye(3)
    change = own if above is None else above.inv() * own
    _, _, scale = separated(rest.tree.local[node])
    signs = np.where(scale < 0, -1.0, 1.0)
    inner = orthogonal(bound[node, :3, :3]) * signs
    return Rotation.from_matrix(outer.T @ change.as_matrix() @ inner)


def _hips_path(motion: CharacterMotion) -> Vectors:
    """Return the translations (frames, 3) of the node of the hips in its parent."""
    tree = motion.character.rest.tree
    parent = tree.parents[motion.character.body.bones["hips"]]
    if parent < 0:
        return motion.hips
    to_parent = np.linalg.inv(tree.world[parent])
    return motion.hips @ to_parent[:3, :3].T + to_parent[:3, 3]


def _as_parts(node: dict[str, Any], local: Vectors) -> None:
    """Write a node's transform as translation, rotation and scale, which alone can be animated."""
    if node.pop("matrix", None) is None:
        return
    place, turn, scale = separated(local)
    node["translation"], node["scale"] = place.tolist(), scale.tolist()
    node["rotation"] = Rotation.from_matrix(turn).as_quat().tolist()
