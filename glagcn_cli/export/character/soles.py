"""Where the soles of a character are: from the mesh that its feet move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rig.rig import FRONT
from .bone_names import SIDES
from .calibration import foot_turn
from .humanoid import Humanoid
from .node_tree import NodeTree
from .rest_pose import RestPose

Vectors = NDArray[np.float64]

_NEAR_SOLE = 0.15  # of a foot's height: corners that belong to its sole


@dataclass(frozen=True)
class Sole:
    """A foot laid flat, toes to the front, ankle at zero, in the units of the character.

    Parameters
    ----------
    ahead
        (3,) from the ankle towards the toes at rest, upright frame.
    height
        Of the ankle above the sole.
    heel, toe
        (3,) the hindmost and the foremost point of the sole.
    """

    ahead: Vectors
    height: float
    heel: Vectors
    toe: Vectors


def find_soles(rest: RestPose, body: Humanoid) -> dict[str, Sole]:
    """Return the soles of both feet."""
    feet = {side: body.bones[f"{side}Foot"] for side in SIDES}
    corners = _corners_of({side: _below(rest.tree, node) for side, node in feet.items()}, rest)
    return {side: _sole(rest, body, side, corners[side]) for side in SIDES}


def _sole(rest: RestPose, body: Humanoid, side: str, corners: Vectors) -> Sole:
    ankle = rest.place(body.bones[f"{side}Foot"])
    relative = corners - ankle
    toes = body.get(f"{side}Toes")
    if toes is not None:
        ahead = rest.place(toes) - ankle
    else:
        ahead = relative.mean(axis=0) if len(relative) else FRONT
    if not len(relative):  # nothing but bones: the toes lie on the floor
        relative = np.array([ahead])
    flat = foot_turn(rest, ahead).apply(relative)
    lowest = float(flat[:, 1].min())
    sole = flat[flat[:, 1] <= lowest * (1 - _NEAR_SOLE)] if lowest < 0 else flat
    heel, toe = sole[sole[:, 2].argmin()], sole[sole[:, 2].argmax()]
    ground = np.array([0.0, lowest, 0.0])
    return Sole(
        ahead,
        -lowest,
        heel * [0.0, 0.0, 1.0] + ground,
        toe * [0.0, 0.0, 1.0] + ground,
    )


def _below(tree: NodeTree, node: int) -> set[int]:
    return {n for n in range(len(tree.parents)) if n == node or node in tree.above(n)}


def _corners_of(feet: dict[str, set[int]], rest: RestPose) -> dict[str, Vectors]:
    """Return, for each foot, the corners (corners, 3) of the meshes that it moves, upright."""
    found: dict[str, list[Vectors]] = {side: [np.zeros((0, 3))] for side in feet}
    file = rest.tree.file
    for node in file.rows("nodes"):
        if "skin" not in node or "mesh" not in node:
            continue
        skin = file.rows("skins")[node["skin"]]
        for primitive in file.rows("meshes")[node["mesh"]].get("primitives", []):
            attributes = primitive.get("attributes", {})
            if {"POSITION", "JOINTS_0", "WEIGHTS_0"} <= set(attributes):
                _collect(found, feet, rest, skin, attributes)
    return {side: np.concatenate(parts) for side, parts in found.items()}


def _collect(
    found: dict[str, list[Vectors]],
    feet: dict[str, set[int]],
    rest: RestPose,
    skin: dict[str, Any],
    attributes: dict[str, int],
) -> None:
    """Add the corners of a part of a mesh to the feet that move them."""
    file, joints = rest.tree.file, np.array(skin["joints"])
    bound = file.array(attributes["JOINTS_0"]).astype(int)
    heaviest = file.array(attributes["WEIGHTS_0"]).argmax(axis=1)
    joint = np.take_along_axis(bound, heaviest[:, None], axis=1)[:, 0]
    for side, nodes in feet.items():
        chosen = np.flatnonzero(np.isin(joints[joint], list(nodes)))
        if not len(chosen):
            continue
        corners = file.array(attributes["POSITION"])[chosen]
        to_scene = np.array([rest.bound[n] for n in joints])
        if "inverseBindMatrices" in skin:
            inverse = file.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4)
            to_scene = to_scene @ inverse.transpose(0, 2, 1)
        moving = to_scene[joint[chosen]]
        placed = np.einsum("nij,nj->ni", moving[:, :3, :3], corners) + moving[:, :3, 3]
        found[side].append(placed @ rest.upright.T)
