"""Files as other programs write them, of a figure whose joints are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.export.readers.others.joint_sets import BY_NAME, MHR_70, SMPL_24
from glagcn_cli.keypoints.formats.point_sets import BLAZEPOSE_33, BODY_25
from glagcn_cli.skeleton import COCO17, H36M17, HALPE26, MPI_INF_3DHP17
from tests.helpers.moving_figure import walking

FPS = 50.0

Y_UP, Z_UP, CAMERA = np.eye(3), np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]), np.diag([1, -1, -1])
"""Turns from y up (x right, z backwards) to other axes, to be multiplied from the left."""


def walker(frames: int = 100, heading: float = 30.0) -> dict[str, NDArray]:
    """Points (frames, 3) of somebody who walks, metres, y up, by the names of all programs."""
    turn = np.radians(heading)
    joints = walking(frames, FPS).joints
    rotation = np.array(
        [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    )
    joints = joints @ rotation.T
    found = {name: joints[:, place] for place, name in enumerate(H36M17.joints)}
    left = found["left_hip"] - found["right_hip"]
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    ahead = np.cross(left, [0.0, 1.0, 0.0])
    up = np.array([0.0, 1.0, 0.0])
    for side, sign in (("left", 1), ("right", -1)):
        found[f"{side}_ear"] = found["head"] + 0.07 * sign * left
        found[f"{side}_eye"] = found["head"] + 0.03 * sign * left + 0.09 * ahead + 0.02 * up
        ankle = found[f"{side}_ankle"]
        found[f"{side}_heel"] = ankle - 0.05 * ahead - 0.06 * up
        for name in ("big_toe", "small_toe", "foot_index", "foot"):
            found[f"{side}_{name}"] = ankle + 0.15 * ahead - 0.06 * up
        found[f"{side}_acromion"] = found[f"{side}_shoulder"] + 0.04 * up
    found["nose"] = found["head"] + 0.11 * ahead
    found["head_top"] = found["head"] + 0.13 * up
    found["pelvis"] = found["hip"] + 0.05 * up
    found["skull_base"], found["low_neck"] = found["neck"], found["thorax"] + 0.05 * up
    return found


def stacked(points: dict[str, NDArray], names: tuple[str, ...]) -> NDArray:
    """Points (frames, names, 3); those that nobody looks at lie about the hip."""
    draws = np.random.default_rng(1)
    other = points["hip"][:, None] + draws.normal(0, 0.1, (1, len(names), 3))
    return np.stack([points.get(name, other[:, k]) for k, name in enumerate(names)], axis=1)


NAMES: dict[str, tuple[str, ...]] = {
    "h36m17": H36M17.joints, "mpi_inf_3dhp17": MPI_INF_3DHP17.joints, "coco17": COCO17.joints,
    "mediapipe33": BLAZEPOSE_33, "smpl24": SMPL_24, "sam3d70": MHR_70, "halpe26": HALPE26.joints,
    "body25": BODY_25, "freemocap": (*BLAZEPOSE_33, *("hand",) * 520),
}  # fmt: skip
assert NAMES.keys() == BY_NAME.keys()


def write_array(path: Path, kind: str, turn: NDArray, scale: float, frames: int = 100) -> Path:
    """Write one array as `.npy`."""
    np.save(path, (stacked(walker(frames), NAMES[kind]) @ turn.T) * scale)
    return path


def world_landmarks(frames: int = 60) -> NDArray:
    """MediaPipe's world landmarks: metres, camera axes, about the middle of the hips."""
    points = stacked(walker(frames), BLAZEPOSE_33)
    middle = points[:, [BLAZEPOSE_33.index("left_hip"), BLAZEPOSE_33.index("right_hip")]]
    return (points - middle.mean(axis=1, keepdims=True)) @ CAMERA.T


def _point(row: NDArray) -> dict[str, float]:
    return {**dict(zip("xyz", map(float, row), strict=True)), "visibility": 0.9}


def write_landmarks(path: Path, form: str, frames: int = 60) -> Path:
    """Write MediaPipe's landmarks as `.json`, in one of the forms that people save."""
    poses = [[_point(row) for row in pose] for pose in world_landmarks(frames)]
    picture = [{"x": 0.5, "y": 0.5, "z": 0.0}] * 33
    forms: dict[str, Callable[[], object]] = {
        "python": lambda: [
            {"pose_landmarks": [picture], "pose_world_landmarks": [pose]} for pose in poses
        ],
        "javascript": lambda: {
            "fps": 25, "frames": [{"landmarks": [picture], "worldLandmarks": [p]} for p in poses],
        },
        "solutions": lambda: [{"poseWorldLandmarks": pose} for pose in poses],
        "protobuf": lambda: [{"pose_world_landmarks": {"landmark": pose}} for pose in poses],
        "timed": lambda: [
            {"timestamp_ms": 40 * k, "world_landmarks": pose} for k, pose in enumerate(poses)
        ],
        "numbers": lambda: world_landmarks(frames).tolist(),
        "one key": lambda: {"pose_world_landmarks": [[pose] for pose in poses]},
        "sparse": lambda: [
            {"pose_world_landmarks": [] if k % 10 == 3 else [p]} for k, p in enumerate(poses)
        ],
    }  # fmt: skip
    path.write_text(json.dumps(forms[form]()))
    return path


SIDES = (("L", "left"), ("R", "right"))
POSE2SIM = {
    "Hip": "hip", "Neck": "thorax", "Head": "head_top", "Nose": "nose",
    **{f"{s}{part}": f"{side}_{name}" for s, side in SIDES for part, name in (
        ("Hip", "hip"), ("Knee", "knee"), ("Ankle", "ankle"), ("BigToe", "big_toe"),
        ("SmallToe", "small_toe"), ("Heel", "heel"), ("Shoulder", "shoulder"), ("Elbow", "elbow"),
        ("Wrist", "wrist"))},
}  # fmt: skip
"""Markers of Pose2Sim's `.trc`, and the points that they are."""


def skin_markers(points: dict[str, NDArray]) -> dict[str, NDArray]:
    """Markers of Vicon's Plug-in Gait on a body, placed so that their usual sums are its joints."""
    left = points["left_hip"] - points["right_hip"]
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    ahead, up = np.cross(left, [0.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0])
    wide = 2 * 0.10 / (1 - 2 * 0.14)  # so that both centres are 0.20 m apart
    front = points["hip"] + wide * (0.19 * ahead + 0.30 * up)
    found = {"C7": points["thorax"] - 0.08 * ahead, "CLAV": points["thorax"] + 0.08 * ahead}
    for s, side in SIDES:
        sign = 1 if s == "L" else -1
        found[f"{s}ASI"] = front + sign * wide / 2 * left
        found[f"{s}PSI"] = front - 0.2 * ahead + sign * 0.05 * left
        for joint, lateral, medial in (("knee", "KNE", "KNM"), ("ankle", "ANK", "ANM")):
            found[f"{s}{lateral}"] = points[f"{side}_{joint}"] + sign * 0.05 * left
            found[f"{s}{medial}"] = points[f"{side}_{joint}"] - sign * 0.05 * left
        found[f"{s}SHO"] = points[f"{side}_shoulder"]
        found[f"{s}ELB"] = points[f"{side}_elbow"]
        found[f"{s}WRA"] = points[f"{side}_wrist"] + 0.03 * ahead
        found[f"{s}WRB"] = points[f"{side}_wrist"] - 0.03 * ahead
        found[f"{s}FHD"] = points["head"] + sign * 0.07 * left + 0.09 * ahead
        found[f"{s}BHD"] = points["head"] + sign * 0.07 * left - 0.09 * ahead
        found[f"{s}TOE"] = points[f"{side}_big_toe"]
        found[f"{s}HEE"] = points[f"{side}_heel"]
    return found


def write_trc(path: Path, markers: dict[str, NDArray], turn: NDArray, unit: str = "m") -> Path:
    """Write markers as Pose2Sim does."""
    scale = {"m": 1.0, "mm": 1000.0}[unit]
    frames = len(next(iter(markers.values())))
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\t"
        "OrigNumFrames",
        f"{FPS}\t{FPS}\t{frames}\t{len(markers)}\t{unit}\t{FPS}\t1\t{frames}",
        "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t",
        "\t\t" + "\t".join(f"{a}{k}" for k in range(1, len(markers) + 1) for a in "XYZ"),
    ]
    turned = np.stack([points @ turn.T for points in markers.values()], axis=1) * scale
    for number, row in enumerate(turned.reshape(frames, -1), 1):
        cells = "\t".join(f"{value:.6f}" if np.isfinite(value) else "" for value in row)
        lines.append(f"{number}\t{number / FPS:.4f}\t{cells}")
    path.write_text("\n".join(lines) + "\n")
    return path
