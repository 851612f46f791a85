"""Motion files written by hand: one figure as BVH, GLB and ASCII FBX, with its joints known.

A figure is a tree of nodes (name, offset, children). A motion is (frames, 3 + 3 nodes): the root's
position, then the angles of each node about z, y and x in degrees, in the order of the tree.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation


def arm(side: str, sign: int, upper: float, fore: float, first: list) -> tuple:
    hand = (f"{side}Hand", (sign * fore, 0, 0), [
        (f"{side}FingerBase", (0, 0, 0), [(f"{side}HandIndex1", (sign * 0.6, 0, 0), [])]),
    ])  # fmt: skip
    elbow = (f"{side}ForeArm", (sign * upper, 0, 0), [hand])
    return (f"{side}Shoulder", (0, 0, 0), [(f"{side}Arm", first, [elbow])])


def leg(side: str, sign: int) -> tuple:
    foot = (f"{side}Foot", (0, -7.5, 0), [])
    knee = (f"{side}Leg", (0, -7.4, 0), [foot])
    hip = (f"{side}UpLeg", (sign * 1.6, -1.7, 0.8), [knee])
    return (f"{side[0]}HipJoint", (0, 0, 0), [hip])


NECK = ("Neck", (0, 0, 0), [("Neck1", (0, 1.4, 0), [("Head", (0, 1.5, 0), [])])])
CMU = ("Hips", (0, 0, 0), [
    leg("Left", 1), leg("Right", -1),
    ("LowerBack", (0, 0, 0), [("Spine", (0, 2.2, 0), [("Spine1", (0.1, 2.1, -0.2), [
        NECK,
        arm("Left", 1, 5.0, 3.4, (3.2, 0.9, 0.1)), arm("Right", -1, 5.2, 3.2, (-3.2, 0.7, 0.3)),
    ])])]),
])  # fmt: skip


def walk(node: tuple, parent: str = ""):
    """Names, offsets and parents in the file's order."""
    yield node[0], node[1], parent
    for child in node[2]:
        yield from walk(child, node[0])


def write_bvh(path: Path, tree: tuple, frames: np.ndarray, fps: float = 50.0, prefix="") -> Path:
    """A BVH file; frames (F, 3 + 3 joints): root position, then angles about z, y, x."""

    def block(node: tuple, root: bool) -> str:
        moves = "6 Xposition Yposition Zposition" if root else "3"
        lines = [f"{'ROOT' if root else 'JOINT'} {prefix}{node[0]}", "{"]
        lines.append("OFFSET {} {} {}".format(*node[1]))
        lines.append(f"CHANNELS {moves} Zrotation Yrotation Xrotation")
        lines += [block(child, False) for child in node[2]]
        if not node[2]:
            lines += ["End Site", "{", "OFFSET 0 1.5 0", "}"]
        return "\n".join([*lines, "}"])

    rows = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in frames)
    motion = f"MOTION\nFrames: {len(frames)}\nFrame Time: {1 / fps:.7f}\n{rows}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("HIERARCHY\n" + block(tree, True) + "\n" + motion)
    return path


def forward(tree: tuple, row: np.ndarray) -> tuple[dict, dict]:
    """Positions and rotation matrices of one frame, by matrices multiplied by hand."""

    def turn(z: float, y: float, x: float) -> np.ndarray:
        z, y, x = np.radians([z, y, x])
        about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
        about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
        about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
        return about_z @ about_y @ about_x

    places: dict = {"": row[:3]}
    turns: dict = {"": np.eye(3)}
    for i, (name, offset, parent) in enumerate(walk(tree)):
        places[name] = places[parent] + turns[parent] @ np.array(offset)
        turns[name] = turns[parent] @ turn(*row[3 + 3 * i : 6 + 3 * i])
    return places, turns


def z_up(point: np.ndarray) -> np.ndarray:
    return np.array([point[0], -point[2], point[1]])


def _quaternions(frames: np.ndarray, node: int) -> np.ndarray:
    angles = frames[:, 3 + 3 * node : 6 + 3 * node]
    return Rotation.from_euler("ZYX", angles, degrees=True).as_quat()


def write_glb(
    path: Path,
    figures: dict[str, np.ndarray],
    tree: tuple,
    fps: float = 50.0,
    mode: str = "LINEAR",
    above: dict | None = None,
    extensions: dict | None = None,
    skin: bool = False,
) -> Path:
    """A GLB file with one animation for each entry of `figures`, and a key for each frame.

    `above` is a node that the figure hangs on, as Blender's armature; `skin` names the bones.
    """
    nodes, blob, views, accessors = [], bytearray(), [], []

    def store(values: np.ndarray, kind: str) -> int:
        values = np.asarray(values, "<f4")
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": values.nbytes})
        blob.extend(values.tobytes())
        accessors.append(
            {
                "bufferView": len(views) - 1,
                "componentType": 5126,
                "count": len(values),
                "type": kind,
            }
        )
        return len(accessors) - 1

    def keys(values: np.ndarray) -> np.ndarray:
        if mode != "CUBICSPLINE":
            return values
        slope = np.gradient(values, 1 / fps, axis=0)
        return np.stack([slope, values, slope], axis=1).reshape(-1, values.shape[1])

    listed = list(walk(tree))
    places = {name: i for i, (name, _, _) in enumerate(listed)}
    for name, offset, _ in listed:
        children = [places[child] for child, _, parent in listed if parent == name]
        nodes.append({"name": name, "translation": list(map(float, offset))})
        nodes[-1] |= {"children": children} if children else {}
    animations = []
    for title, frames in figures.items():
        times = store(np.arange(len(frames)) / fps, "SCALAR")
        outputs = [(0, "translation", keys(frames[:, :3]), "VEC3")]
        outputs += [
            (i, "rotation", keys(_quaternions(frames, i)), "VEC4") for i in range(len(listed))
        ]
        animations.append({"name": title, "channels": [], "samplers": []})
        for number, (node, target, values, kind) in enumerate(outputs):
            animations[-1]["channels"].append(
                {"sampler": number, "target": {"node": node, "path": target}}
            )
            animations[-1]["samplers"].append(
                {"input": times, "output": store(values, kind), "interpolation": mode}
            )
    root = 0
    if above:
        nodes.append({"name": "Armature", "children": [0]} | above)
        root = len(nodes) - 1
    content = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [root]}], "nodes": nodes,
        "animations": animations, "accessors": accessors, "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
    }  # fmt: skip
    if skin:
        content["skins"] = [{"joints": list(range(len(listed)))}]
    if extensions:
        content |= {"extensions": extensions, "extensionsUsed": list(extensions)}
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(blob), b"BIN\0") + bytes(blob)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
    return path


_TICKS = 46186158000  # of FBX's clock in a second


def write_fbx(
    path: Path, tree: tuple, frames: np.ndarray, fps: float = 50.0, unit: float = 1.0, up: str = "y"
) -> Path:
    """An ASCII FBX file; ``unit`` is in centimetres, ``up`` the axis that it declares as up."""
    listed = list(walk(tree))
    objects = []
    ids = {name: 1000 + i for i, (name, _, _) in enumerate(listed)} | {"": 0}
    times = ",".join(str(round(i * _TICKS / fps)) for i in range(len(frames)))
    objects.append('AnimationStack: 1, "AnimStack::Take 001", "" {\nProperties70: {\n'
        'P: "LocalStart", "KTime", "Time", "",0\n'
        f'P: "LocalStop", "KTime", "Time", "",{round((len(frames) - 1) * _TICKS / fps)}\n'
        "}\n}")  # fmt: skip
    objects.append('AnimationLayer: 2, "AnimLayer::Base", "" {\n}')
    links = ['C: "OO", 2, 1']
    for i, (name, offset, parent) in enumerate(listed):
        place = ",".join(map(str, map(float, offset)))
        objects.append(
            f'Model: {ids[name]}, "Model::{name}", "LimbNode" {{\nVersion: 232\nProperties70: {{\n'
            f'P: "Lcl Translation", "Lcl Translation", "", "A",{place}\n'
            'P: "RotationActive", "bool", "", "",1\n}\n}'
        )
        links.append(f'C: "OO",{ids[name]},{ids[parent]}')
        # FBX's order XYZ turns about x first, as ours about z, y, x from the left.
        moved = [("Lcl Rotation", "R", frames[:, 3 + 3 * i : 6 + 3 * i][:, ::-1])]
        moved += [("Lcl Translation", "T", frames[:, :3])] if i == 0 else []
        for prop, letter, values in moved:
            node = 10000 + 10 * i + (letter == "T") * 5
            objects.append(f'AnimationCurveNode: {node}, "AnimCurveNode::{letter}", "" {{\n}}')
            links += [f'C: "OO",{node},2', f'C: "OP",{node},{ids[name]}, "{prop}"']
            for axis, column in zip("XYZ", values.T, strict=True):
                curve = node + 1 + "XYZ".index(axis)
                numbers = ",".join(f"{value:.8f}" for value in column)
                objects.append(
                    f'AnimationCurve: {curve}, "AnimCurve::", "" {{\nKeyVer: 4009\n'
                    f"KeyTime: *{len(frames)} {{\na: {times}\n}}\n"
                    f"KeyValueFloat: *{len(frames)} {{\na: {numbers}\n}}\n"
                    "KeyAttrFlags: *1 {\na: 4\n}\nKeyAttrDataFloat: *4 {\na: 0,0,0,0\n}\n"
                    f"KeyAttrRefCount: *1 {{\na: {len(frames)}\n}}\n}}"
                )
                links.append(f'C: "OP",{curve},{node}, "d|{axis}"')
    axes = {"y": (1, 2, 1), "z": (2, 1, -1)}[up]
    settings = [
        ("UpAxis", "int", axes[0]), ("UpAxisSign", "int", 1), ("FrontAxis", "int", axes[1]),
        ("FrontAxisSign", "int", axes[2]), ("CoordAxis", "int", 0), ("CoordAxisSign", "int", 1),
        ("UnitScaleFactor", "double", unit), ("TimeMode", "enum", 14),
        ("CustomFrameRate", "double", fps),
    ]  # fmt: skip
    text = "; FBX 7.4.0 project file\nFBXHeaderExtension: {\nFBXHeaderVersion: 1003\n"
    text += "FBXVersion: 7400\n}\nGlobalSettings: {\nVersion: 1000\nProperties70: {\n"
    text += "\n".join(f'P: "{name}", "{kind}", "", "",{value}' for name, kind, value in settings)
    text += "\n}\n}\nObjects: {\n" + "\n".join(objects) + "\n}\nConnections: {\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n".join(links) + "\n}\n")
    return path
