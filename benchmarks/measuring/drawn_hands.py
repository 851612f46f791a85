"""Hands with known finger angles: those of the shipped body, posed and drawn with shades."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import pygltflib
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.detection.models import shipped_weights

FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")

_CURLED = {"Middle": 75.0, "Ring": 75.0, "Pinky": 75.0, "Thumb": 35.0}
POSES: dict[str, dict[str, float]] = {
    "open": {},
    "closed": _CURLED | {"Index": 75.0},
    "pointing": _CURLED,
}
"""Bends of fingers as `posed` takes them."""

_Array = NDArray[np.float64]
_SKIN = np.array([205.0, 160.0, 135.0])
_BACK = (120, 125, 118)
_REACH = 0.22  # metres about the palm that are drawn: the hand and half of the forearm
_TYPES: dict[int, Any] = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class _Body(NamedTuple):
    points: _Array
    triangles: NDArray[np.intp]
    joints: NDArray[np.intp]
    weights: _Array
    names: list[str]
    parents: list[int]
    local: _Array
    unbind: _Array


@cache
def _body() -> _Body:
    file = pygltflib.GLTF2().load(str(shipped_weights("body.glb")))
    binary = file.binary_blob()

    def read(number: int) -> NDArray[Any]:
        accessor = file.accessors[number]
        view = file.bufferViews[accessor.bufferView]
        start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
        width, kind = _WIDTHS[accessor.type], _TYPES[accessor.componentType]
        return np.frombuffer(binary, kind, accessor.count * width, start).reshape(-1, width)

    part, skin = file.meshes[0].primitives[0], file.skins[0]
    parents = [-1] * len(file.nodes)
    for number, node in enumerate(file.nodes):
        for child in node.children or []:
            parents[child] = number
    weights = read(part.attributes.WEIGHTS_0).astype(np.float64)
    return _Body(
        read(part.attributes.POSITION).astype(np.float64),
        read(part.indices).reshape(-1, 3).astype(np.intp),
        np.array(skin.joints)[read(part.attributes.JOINTS_0).astype(np.intp)],
        weights / weights.sum(axis=1, keepdims=True),
        [node.name or "" for node in file.nodes],
        parents,
        np.stack([_matrix(node) for node in file.nodes]),
        _by_node(skin.joints, read(skin.inverseBindMatrices).reshape(-1, 4, 4), len(file.nodes)),
    )


def _by_node(joints: list[int], matrices: NDArray[Any], count: int) -> _Array:
    found = np.tile(np.eye(4), (count, 1, 1))
    found[joints] = matrices.transpose(0, 2, 1)
    return found


def _matrix(node: pygltflib.Node) -> _Array:
    matrix = np.eye(4)
    if node.rotation:
        matrix[:3, :3] = Rotation.from_quat(node.rotation).as_matrix()
    matrix[:3, :3] *= np.array(node.scale or [1.0] * 3)
    matrix[:3, 3] = node.translation or [0.0] * 3
    return matrix


def posed(side: str, bends: Mapping[str, float]) -> tuple[_Array, dict[str, _Array]]:
    """Bend the fingers of a hand.

    Parameters
    ----------
    side
        "Left" or "Right".
    bends
        Degrees by which each joint of a finger bends, by its name; 0 for others.

    Returns
    -------
    points, joints
        Corners of the body's mesh (n, 3), and places (3,) of the hand's bones by name, metres.
    """
    body = _body()
    place = np.zeros_like(body.local)
    order = sorted(range(len(body.parents)), key=lambda k: _depth(body.parents, k))
    rest = _rest(order)
    across = _across(side, rest)
    for number in order:
        local, parent = body.local[number].copy(), body.parents[number]
        name = body.names[number].removeprefix("mixamorig:" + side + "Hand")
        finger = next((f for f in FINGERS if name.startswith(f)), None)
        if finger is not None and bends.get(finger):
            axis = rest[number][:3, :3].T @ across[finger]
            turn = np.eye(4)
            turn[:3, :3] = Rotation.from_rotvec(np.radians(bends[finger]) * axis).as_matrix()
            local = local @ turn
        place[number] = local if parent < 0 else place[parent] @ local
    skinned = place @ body.unbind
    homogeneous = np.column_stack([body.points, np.ones(len(body.points))])
    moved = np.einsum("nk,nkij,nj->ni", body.weights, skinned[body.joints], homogeneous)[:, :3]
    prefix = "mixamorig:" + side + "Hand"
    joints = {
        name.removeprefix(prefix) or "Wrist": place[number][:3, 3]
        for number, name in enumerate(body.names)
        if name.startswith(prefix)
    }
    return moved, joints


def _depth(parents: list[int], number: int) -> int:
    return 0 if parents[number] < 0 else 1 + _depth(parents, parents[number])


def _rest(order: list[int]) -> _Array:
    body = _body()
    place = np.zeros_like(body.local)
    for number in order:
        parent = body.parents[number]
        place[number] = body.local[number] if parent < 0 else place[parent] @ body.local[number]
    return place


def _across(side: str, rest: _Array) -> dict[str, _Array]:
    """Return the axis about which each finger bends towards the palm, in the scene."""
    names = _body().names

    def at(bone: str) -> _Array:
        return rest[names.index(f"mixamorig:{side}Hand{bone}")][:3, 3]

    ahead = at("Middle1") - at("")
    across = at("Pinky1") - at("Index1")
    palm = np.cross(ahead, across) * (1 if side == "Right" else -1)
    found = {}
    for finger in FINGERS:
        along = at(f"{finger}2") - at(f"{finger}1")
        towards = palm if finger != "Thumb" else at("Pinky1") - at("Thumb1")
        axis = np.cross(along, towards)
        found[finger] = axis / np.linalg.norm(axis)
    return found


def palm_axes(joints: Mapping[str, _Array], side: str) -> _Array:
    """Return axes of a palm as rows: across to the thumb's side, along the fingers, out of it."""
    along = joints["Middle1"] - joints["Wrist"]
    along = along / np.linalg.norm(along)
    out = np.cross(along, joints["Pinky1"] - joints["Index1"]) * (1 if side == "Right" else -1)
    out = out / np.linalg.norm(out)
    return np.stack([np.cross(along, out), along, out])


def drawn(
    side: str,
    bends: Mapping[str, float],
    turn: Rotation,
    size: int = 256,
    width: float = 0.4,
) -> tuple[NDArray[np.uint8], _Array, dict[str, _Array]]:
    """Draw a hand and its forearm.

    Parameters
    ----------
    side, bends
        As `posed` takes them.
    turn
        Of the hand from facing the camera with its palm, fingers up.
    size, width
        Sides of the picture, in pixels and in metres.

    Returns
    -------
    picture
        (size, size, 3) RGB.
    wrist
        (3,) pixels: x, y, and depth away from the camera.
    joints
        (3,) of each bone of the hand likewise.
    """
    points, joints = posed(side, bends)
    axes = palm_axes(joints, side)
    # x right, y up, z to the camera; a right palm that faces it has its thumb on the right.
    facing = np.stack([np.cross(axes[1], axes[2]), axes[1], axes[2]])
    middle = (joints["Wrist"] + joints["Middle1"]) / 2
    scale = size / width

    def seen(places: _Array) -> _Array:
        there = turn.apply((places - middle) @ facing.T)
        return np.stack(
            [size / 2 + scale * there[..., 0], size / 2 - scale * there[..., 1],
             -scale * there[..., 2]], axis=-1,
        )  # fmt: skip

    corners = seen(points)
    picture = np.full((size, size, 3), _BACK, np.uint8)
    triangles = corners[_body().triangles]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    light = np.array([-0.4, -0.6, -0.7])
    light = light / np.linalg.norm(light)
    shade = np.abs(normals @ light) / np.maximum(lengths, 1e-9)
    away = np.abs(triangles - [size / 2, size / 2, 0])
    near = away.max(axis=(1, 2)) < scale * _REACH
    for number in np.argsort(-triangles[..., 2].mean(axis=1)):
        if near[number]:
            colour = (_SKIN * (0.45 + 0.55 * shade[number])).tolist()
            corner = np.round(triangles[number, :, :2] * 16).astype(np.int32)
            cv2.fillConvexPoly(picture, corner, colour, cv2.LINE_AA, 4)
    return picture, seen(joints["Wrist"]), {name: seen(at) for name, at in joints.items()}
