"""Rigged characters as small GLB files: names of several programs, sizes, and rest poses."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

# Bones of a body of 1.7 m in a T-pose, facing +z, left at +x: name by VRM, parent, place.
_CENTRE = (
    ("hips", None, (0, 0.95, 0.0)),
    ("spine", "hips", (0, 1.05, -0.01)),
    ("chest", "spine", (0, 1.18, -0.02)),
    ("upperChest", "chest", (0, 1.30, -0.03)),
    ("neck", "upperChest", (0, 1.45, -0.03)),
    ("head", "neck", (0, 1.53, -0.01)),
    ("headTop", "head", (0, 1.70, 0.0)),
)
_SIDE = (
    ("Shoulder", "upperChest", (0.03, 1.41, -0.02)),
    ("UpperArm", "Shoulder", (0.17, 1.40, -0.03)),
    ("LowerArm", "UpperArm", (0.44, 1.40, -0.04)),
    ("Hand", "LowerArm", (0.69, 1.40, -0.03)),
    ("MiddleProximal", "Hand", (0.78, 1.40, -0.03)),
    ("UpperLeg", "hips", (0.10, 0.90, 0.0)),
    ("LowerLeg", "UpperLeg", (0.11, 0.50, 0.01)),
    ("Foot", "LowerLeg", (0.11, 0.09, -0.02)),
    ("Toes", "Foot", (0.13, 0.02, 0.10)),
)

# Fingers in a T-pose: where the first bone begins, and the way to each further one and the tip.
_FINGERS = {
    "Thumb": ((0.71, 1.39, -0.01), (0.03, 0.0, 0.03)),
    "Index": ((0.78, 1.40, -0.005), (0.03, 0.0, 0.0)),
    "Middle": ((0.785, 1.405, -0.03), (0.035, 0.0, 0.0)),
    "Ring": ((0.78, 1.40, -0.05), (0.03, 0.0, -0.002)),
    "Little": ((0.77, 1.395, -0.07), (0.025, -0.004, -0.004)),
}
_PARTS = ("Proximal", "Intermediate", "Distal", "Tip")
_PARTS_OF_THUMB = ("Metacarpal", "Proximal", "Distal", "Tip")

# How programs call fingers: S is the side, F the finger, N the number of the bone.
FINGER_NAMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "mixamo": ("mixamorig:SHandFN", ("Thumb", "Index", "Middle", "Ring", "Pinky")),
    "unreal": ("F_0N_S", ("thumb", "index", "middle", "ring", "pinky")),
    "rigify": ("DEF-F.0N.S", ("thumb", "f_index", "f_middle", "f_ring", "f_pinky")),
    "daz": ("SFN", ("Thumb", "Index", "Mid", "Ring", "Pinky")),
}

# How programs call these bones; S is the side.
NAMES: dict[str, dict[str, str]] = {
    "mixamo": {
        "hips": "mixamorig:Hips", "spine": "mixamorig:Spine", "chest": "mixamorig:Spine1",
        "upperChest": "mixamorig:Spine2", "neck": "mixamorig:Neck", "head": "mixamorig:Head",
        "headTop": "mixamorig:HeadTop_End", "Shoulder": "mixamorig:SShoulder",
        "UpperArm": "mixamorig:SArm", "LowerArm": "mixamorig:SForeArm",
        "Hand": "mixamorig:SHand", "MiddleProximal": "mixamorig:SHandMiddle1",
        "UpperLeg": "mixamorig:SUpLeg", "LowerLeg": "mixamorig:SLeg", "Foot": "mixamorig:SFoot",
        "Toes": "mixamorig:SToeBase", "sides": "Left Right",
    },
    "unreal": {
        "hips": "pelvis", "spine": "spine_01", "chest": "spine_02", "upperChest": "spine_03",
        "neck": "neck_01", "head": "head", "headTop": "head_end", "Shoulder": "clavicle_S",
        "UpperArm": "upperarm_S", "LowerArm": "lowerarm_S", "Hand": "hand_S",
        "MiddleProximal": "middle_01_S", "UpperLeg": "thigh_S", "LowerLeg": "calf_S",
        "Foot": "foot_S", "Toes": "ball_S", "sides": "l r",
    },
    "rigify": {
        "hips": "DEF-spine", "spine": "DEF-spine.001", "chest": "DEF-spine.002",
        "upperChest": "DEF-spine.003", "neck": "DEF-spine.004", "head": "DEF-spine.006",
        "headTop": "top", "Shoulder": "DEF-shoulder.S", "UpperArm": "DEF-upper_arm.S",
        "LowerArm": "DEF-forearm.S", "Hand": "DEF-hand.S",
        "MiddleProximal": "DEF-f_middle.01.S", "UpperLeg": "DEF-thigh.S",
        "LowerLeg": "DEF-shin.S", "Foot": "DEF-foot.S", "Toes": "DEF-toe.S", "sides": "L R",
    },
    "daz": {
        "hips": "hip", "spine": "abdomenLower", "chest": "abdomenUpper",
        "upperChest": "chestLower", "neck": "neckLower", "head": "head", "headTop": "top",
        "Shoulder": "SCollar", "UpperArm": "SShldrBend", "LowerArm": "SForearmBend",
        "Hand": "SHand", "MiddleProximal": "SMid1", "UpperLeg": "SThighBend",
        "LowerLeg": "SShin", "Foot": "SFoot", "Toes": "SToe", "sides": "l r",
    },
    "cmu": {
        "hips": "Hips", "spine": "LowerBack", "chest": "Spine", "upperChest": "Spine1",
        "neck": "Neck", "head": "Head", "headTop": "Top", "Shoulder": "SShoulder",
        "UpperArm": "SArm", "LowerArm": "SForeArm", "Hand": "SHand",
        "MiddleProximal": "SFingerBase", "UpperLeg": "SUpLeg", "LowerLeg": "SLeg",
        "Foot": "SFoot", "Toes": "SToeBase", "sides": "Left Right",
    },
}  # fmt: skip


@dataclass
class Build:
    """What a character is built like.

    Parameters
    ----------
    names
        A key of `NAMES`, or "vrm" for VRM's own.
    size
        Of 1.7 m.
    arms_down
        Degrees by which arms hang at rest: 0 for a T-pose.
    legs
        Share by which legs are longer.
    turned
        The rest pose in the file.
    armature
        Scale of a node above all bones, as programs that count in centimetres write.
    seed
        Of the axes of the bones; None for bones along the axes of the scene.
    fingers
        Hands have fingers, if programs of these names give them some.
    """

    names: str = "mixamo"
    size: float = 1.0
    arms_down: float = 0.0
    legs: float = 1.0
    turned: Rotation = field(default_factory=Rotation.identity)
    armature: float = 1.0
    seed: int | None = 0
    fingers: bool = False


def skeleton(build: Build) -> tuple[list[str], list[int], np.ndarray]:
    """VRM's names, parents and places (bones, 3) in metres at rest, before `turned`."""
    names, parents, places = [], [], []
    rows = list(_CENTRE)
    with_fingers = build.fingers and build.names in ("vrm", *FINGER_NAMES)
    of_side = [row for row in _SIDE if row[0] != "MiddleProximal"] + fingers()
    for side, sign in (("left", 1), ("right", -1)):
        for bone, parent, (x, y, z) in of_side if with_fingers else _SIDE:
            above = parent if parent in ("hips", "upperChest") else side + parent
            rows.append((side + bone, above, (sign * x, y, z)))
    for name, parent, place in rows:
        names.append(name)
        parents.append(-1 if parent is None else names.index(parent))
        places.append(place)
    points = np.array(places, float)
    _lengthen(points, names, build.legs)
    for side, sign in (("left", 1), ("right", -1)):
        arm = [i for i, n in enumerate(names) if n.startswith(side)
               and ("Arm" in n or "Hand" in n or n.endswith(_PARTS + _PARTS_OF_THUMB))]  # fmt: skip
        pivot = points[names.index(f"{side}UpperArm")].copy()
        down = Rotation.from_euler("z", -sign * build.arms_down, degrees=True)
        points[arm] = pivot + down.apply(points[arm] - pivot)
    return names, parents, points * build.size


def fingers() -> list[tuple[str, str, tuple[float, float, float]]]:
    """Bones of the fingers of a side, and their tips, by VRM 1.0, with parents and places."""
    rows = []
    for finger, (root, step) in _FINGERS.items():
        parts = _PARTS_OF_THUMB if finger == "Thumb" else _PARTS
        for number, part in enumerate(parts):
            x, y, z = (a + number * b for a, b in zip(root, step, strict=True))
            above = finger + parts[number - 1] if number else "Hand"
            rows.append((finger + part, above, (x, y, z)))
    return rows


def _called_finger(build: Build, bone: str, side: str) -> str | None:
    """What a bone of a finger is called, None for others."""
    pattern, words = FINGER_NAMES.get(build.names, ("", ()))
    for (finger, _), word in zip(_FINGERS.items(), words, strict=False):
        parts = _PARTS_OF_THUMB if finger == "Thumb" else _PARTS
        if bone in [finger + part for part in parts]:
            letters = {"S": side, "F": word, "N": str(parts.index(bone[len(finger) :]) + 1)}
            mark = 4 if pattern.startswith("DEF-") else pattern.find(":") + 1  # what is in front
            return pattern[:mark] + "".join(letters.get(x, x) for x in pattern[mark:])
    return None


def _lengthen(points: np.ndarray, names: list[str], share: float) -> None:
    feet = [i for i, n in enumerate(names) if n.endswith(("Foot", "Toes"))]
    knees = [i for i, n in enumerate(names) if n.endswith("LowerLeg")]
    rest = [i for i in range(len(names)) if i not in feet + knees]
    points[knees, 1] = 0.09 + (points[knees, 1] - 0.09) * share
    points[rest, 1] += 0.81 * (share - 1)


def called(build: Build, bone: str) -> str:
    """What a bone is called in the file."""
    if build.names == "vrm":
        return bone
    table = NAMES[build.names]
    left, right = table["sides"].split()
    for side, shown in (("left", left), ("right", right)):
        if bone.startswith(side):
            if build.fingers and (own := _called_finger(build, bone.removeprefix(side), shown)):
                return own
            own = table[bone.removeprefix(side)]
            mark = own.index("S", own.find(":") + 1) if ":" in own else None
            if mark is None:
                return own.replace("S", shown, 1)
            return own[:mark] + shown + own[mark + 1 :]
    return table[bone]


def character_file(path: Path, build: Build | None = None, **extra: Any) -> Path:
    """Write a character: a skeleton with boxes on its bones, all in one skin.

    `extra` is merged into the JSON.
    """
    build = build or Build()
    names, parents, places = skeleton(build)
    count = len(names)
    turns = Rotation.identity(count)
    if build.seed is not None:
        turns = Rotation.random(count, random_state=build.seed)
    world = np.tile(np.eye(4), (count, 1, 1))
    world[:, :3, :3] = (build.turned * turns).as_matrix()
    world[:, :3, 3] = build.turned.apply(places)
    corners, bound, triangles = _boxes(names, parents, places, build.size)
    world[:, :3, :3] *= build.armature
    nodes = _nodes(build, names, parents, world)
    nodes.append({"name": "Body", "mesh": 0, "skin": 0})
    binds = np.linalg.inv(world).transpose(0, 2, 1).reshape(count, 16)
    writer = _Buffer()
    document = {
        "asset": {"version": "2.0", "generator": "a test"},
        "scene": 0,
        "scenes": [{"nodes": [0, len(nodes) - 1]}],
        "nodes": nodes,
        "meshes": [{"primitives": [{
            "attributes": {
                "POSITION": writer.add(build.turned.apply(corners).astype("f4"), 34962, True),
                "JOINTS_0": writer.add(bound, 34962),
                "WEIGHTS_0": writer.add(np.tile(np.float32([1, 0, 0, 0]), (len(bound), 1)), 34962),
            },
            "indices": writer.add(triangles.astype("u2").reshape(-1, 1), 34963),
            "material": 0,
        }]}],
        "materials": [{"name": "Skin", "pbrMetallicRoughness": {"metallicFactor": 0.0}}],
        "skins": [{
            "joints": list(range(1, count + 1)), "skeleton": 1,
            "inverseBindMatrices": writer.add(binds.astype("f4")),
        }],
    } | {"accessors": writer.accessors, "bufferViews": writer.views,
         "buffers": [{"byteLength": len(writer.data)}]} | extra  # fmt: skip
    path.write_bytes(glb(document, bytes(writer.data)))
    return path


def _nodes(
    build: Build, names: list[str], parents: list[int], world: np.ndarray
) -> list[dict[str, Any]]:
    """An armature and the bones that hang on it, of bones (bones, 4, 4) in the scene."""
    unit = np.diag([build.armature] * 3 + [1.0])
    nodes: list[dict[str, Any]] = [
        {"name": "Armature", "scale": [build.armature] * 3, "children": [1]}
    ]
    for i, parent in enumerate(parents):
        local = np.linalg.inv(world[parent] if parent >= 0 else unit) @ world[i]
        nodes.append(
            {
                "name": called(build, names[i]),
                "translation": local[:3, 3].tolist(),
                "rotation": Rotation.from_matrix(local[:3, :3]).as_quat().tolist(),
                "children": [j + 1 for j, above in enumerate(parents) if above == i],
            }
        )
    for node in nodes:
        if not node["children"]:
            del node["children"]
    return nodes


def _boxes(names, parents, places, size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A box from every bone to each bone that hangs on it; soles are at the floor."""
    corners, bound, triangles = [], [], []
    for i, parent in enumerate(parents):
        if parent < 0:
            continue
        start, end = places[parent], places[i]
        low, high = np.minimum(start, end) - 0.03 * size, np.maximum(start, end) + 0.03 * size
        if names[i].endswith("Toes"):
            low[1], high[2] = 0.0, high[2] + 0.06 * size
        cube = np.array(np.meshgrid(*zip(low, high, strict=True), indexing="ij")).reshape(3, 8).T
        triangles.append(_CUBE + 8 * len(corners))
        corners.append(cube)
        bound += [[parent, 0, 0, 0]] * 8
    return np.concatenate(corners), np.array(bound, np.uint8), np.concatenate(triangles)


_CUBE = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
)  # fmt: skip


_KINDS = {"f4": 5126, "u1": 5121, "u2": 5123}
_TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


class _Buffer:
    """A buffer in the making."""

    def __init__(self) -> None:
        self.data, self.views, self.accessors = bytearray(), [], []

    def add(self, values: np.ndarray, target: int | None = None, bounds: bool = False) -> int:
        self.data += bytes(-len(self.data) % 4)
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": values.nbytes}
        self.views.append(view | ({"target": target} if target else {}))
        self.data += values.tobytes()
        accessor = {
            "bufferView": len(self.views) - 1, "count": len(values),
            "componentType": _KINDS[values.dtype.str[1:]],
            "type": _TYPES[values.shape[1]],
        }  # fmt: skip
        if bounds:
            accessor |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def glb(document: dict[str, Any], binary: bytes) -> bytes:
    """A GLB file of a JSON document and a binary chunk."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    total = 28 + len(text) + len(binary)
    return b"".join(
        [struct.pack("<4sII", b"glTF", 2, total), struct.pack("<I4s", len(text), b"JSON"), text,
         struct.pack("<I4s", len(binary), b"BIN\0"), binary]
    )  # fmt: skip
