"""Small files in the exact formats of the field's data sets: walking figures seen by real cameras.

Rotations come from scipy and projections from OpenCV, so that neither is the code under test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from glagcn_cli.skeleton import COCO17, H36M17, HUMANEVA15, MPI_INF_3DHP17, JointSet
from glagcn_training.data.camera_calibration import StaticCamera, read_calibration
from tests.helpers.synthetic_motion import walking

H36M_SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
H36M_RAW = {
    0: "hip", 1: "right_hip", 2: "right_knee", 3: "right_ankle",
    6: "left_hip", 7: "left_knee", 8: "left_ankle",
    12: "spine", 13: "thorax", 14: "neck", 15: "head",
    17: "left_shoulder", 18: "left_elbow", 19: "left_wrist",
    25: "right_shoulder", 26: "right_elbow", 27: "right_wrist",
}  # fmt: skip
"""Which of Human3.6M's 32 raw joints is which; the others are toes, fingers and copies."""

HUMANEVA_ACTIONS = ("Walking 1 chunk0", "Walking 1 chunk2", "Jog 1 chunk0", "Box 1 chunk0")
HUMANEVA_LENS = ((760.0, 760.0), (320.0, 240.0))
MPI_CAMERAS = ("0", "1", "2", "4", "5", "6", "7", "8")

Motions = dict[tuple[str, str], np.ndarray]
"""(subject, action) as the file names them -> (frames, joints, 3) metres."""


def figure(joint_set: JointSet, frames: int, number: int) -> np.ndarray:
    """(frames, joints, 3) metres, z up: a walk near the origin; each number another one."""
    motion = walking(frames, 0.4 + 0.05 * (number % 12)).astype(np.float64)
    named = {joint: motion[:, i] for i, joint in enumerate(H36M17.joints)}
    named["head_top"] = named["head"] + [0, 0, 0.1]
    for side, way in (("left", 1.0), ("right", -1.0)):
        named[f"{side}_ear"] = named["head"] + [0, 0.07 * way, 0]
        named[f"{side}_eye"] = named["head"] + [0.08, 0.03 * way, 0.03]
    named["nose"] = named["head"] + [0.1, 0, 0]
    joints = np.stack([named[joint] for joint in joint_set.joints], axis=1)
    turn = Rotation.from_euler("z", 0.7 * number).as_matrix()
    return joints @ turn.T + [0.1 * (number % 5), -0.1 * (number % 3), 0]


def project(
    points: np.ndarray,
    camera: StaticCamera,
    lens: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> np.ndarray:
    """(frames, joints, 2) pixels of world points, through OpenCV, without lens distortion."""
    (focal_x, focal_y), (centre_x, centre_y) = lens or (camera.focal_length, camera.centre)
    matrix = np.array([[focal_x, 0, centre_x], [0, focal_y, centre_y], [0, 0, 1.0]])
    w, x, y, z = camera.orientation
    to_world = Rotation.from_quat([x, y, z, w])
    to_camera = to_world.inv()
    shift = -to_camera.apply(np.array(camera.translation) / 1000)
    flat = points.reshape(-1, 3).astype(np.float64)
    pixels, _ = cv2.projectPoints(flat, to_camera.as_rotvec(), shift, matrix, None)
    return pixels[:, 0].reshape(*points.shape[:2], 2)


def _save(path: Path, **content: Any) -> None:
    """Write dictionaries as the field does: each pickled inside an array without axes."""
    np.savez_compressed(
        path, **{key: np.array(value, dtype=object) for key, value in content.items()}
    )


@contextmanager
def edit(path: Path) -> Iterator[dict[str, Any]]:
    """Change the contents of a written file in place, to put a fault into it."""
    with np.load(path, allow_pickle=True) as archive:
        content = {key: archive[key].item() for key in archive.files}
    yield content
    _save(path, **content)


def _nest(flat: dict[tuple[str, str], Any]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for (subject, action), value in flat.items():
        nested.setdefault(subject, {})[action] = value
    return nested


def _symmetry(joint_set: JointSet, layout: str) -> dict[str, Any]:
    sides = [list(joint_set.left), list(joint_set.right)]
    return {"layout_name": layout, "num_joints": len(joint_set), "keypoints_symmetry": sides}


def write_h36m(
    folder: Path,
    *,
    frames: int = 40,
    subjects: Sequence[str] = H36M_SUBJECTS,
    actions: Sequence[str] = ("Directions", "Directions 1", "Walking"),
    raw: bool = True,
    surplus: int = 3,
    detector_noise: float = 4.0,
) -> Motions:
    """Write `data_3d_h36m.npz` and both `data_2d_h36m_*.npz`.

    Parameters
    ----------
    frames
        Of every take.
    raw
        With the 32 joints of the original files, else with the 17 in use.
    surplus
        Frames that the 2D is longer than the 3D.
    detector_noise
        Standard deviation of the noise of the 2D of `cpn_ft_h36m_dbb`, pixels.

    Returns
    -------
    dict
        The 17 joints of every take, world frame.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    calibration = read_calibration("human36m_cameras.json")
    motions: Motions = {}
    positions, exact, detected = {}, {}, {}
    for number, key in enumerate((s, a) for s in subjects for a in actions):
        longer = figure(H36M17, frames + surplus, number)
        motions[key] = longer[:frames]
        positions[key] = (_raw_joints(motions[key]) if raw else motions[key]).astype(np.float32)
        views = [project(longer, camera) for camera in calibration[key[0]]]
        exact[key] = [view.astype(np.float32) for view in views]
        detected[key] = [
            (view + rng.normal(0, detector_noise, view.shape)).astype(np.float32) for view in views
        ]
    metadata = _symmetry(H36M17, "h36m")
    _save(folder / "data_3d_h36m.npz", positions_3d=_nest(positions))
    for name, views_2d in (("gt", exact), ("cpn_ft_h36m_dbb", detected)):
        path = folder / f"data_2d_h36m_{name}.npz"
        _save(path, positions_2d=_nest(views_2d), metadata=metadata)
    return motions


def _raw_joints(joints: np.ndarray) -> np.ndarray:
    """(frames, 32, 3): the named joints in their raw places, the rest a metre beside the hip."""
    raw = np.repeat(joints[:, :1] + [1.0, 0, 0], 32, axis=1)
    for place, joint in H36M_RAW.items():
        raw[:, place] = joints[:, H36M17.index(joint)]
    return raw


def write_humaneva(
    folder: Path,
    *,
    frames: int = 40,
    actions: Sequence[str] = (*HUMANEVA_ACTIONS, "Gestures 1 chunk0"),
    subjects: Sequence[str] = ("S1", "S2", "S3"),
) -> Motions:
    """Write `data_3d_humaneva15.npz` and both `data_2d_humaneva15_*.npz`.

    The detections are COCO's 17 points without noise, and include a subject without 3D.
    """
    folder.mkdir(parents=True, exist_ok=True)
    calibration = read_calibration("humaneva_cameras.json")
    keys = [(f"{p}/{s}", a) for p in ("Train", "Validate") for s in subjects for a in actions]
    motions = {key: figure(HUMANEVA15, frames, number) for number, key in enumerate(keys)}
    exact, detected = {}, {}
    for number, key in enumerate(keys):
        cameras = calibration[key[0].split("/")[1]]
        points = figure(COCO17, frames, number)
        exact[key] = [project(motions[key], c, HUMANEVA_LENS).astype(np.float32) for c in cameras]
        detected[key] = [project(points, c, HUMANEVA_LENS).astype(np.float32) for c in cameras]
    detected["Unlabeled/S4", "Walking 1"] = [None, None, None]
    positions = {key: motion.astype(np.float32) for key, motion in motions.items()}
    _save(folder / "data_3d_humaneva15.npz", positions_3d=_nest(positions))
    for name, views, joint_set, layout in (
        ("gt", exact, HUMANEVA15, "humaneva15"),
        ("detectron_pt_coco", detected, COCO17, "coco"),
    ):
        path = folder / f"data_2d_humaneva15_{name}.npz"
        _save(path, positions_2d=_nest(views), metadata=_symmetry(joint_set, layout))
    return motions


def write_3dhp(folder: Path, *, frames: int = 40, invalid: int = 1) -> Motions:
    """Write `data_train_3dhp.npz` and `data_test_3dhp.npz`; the last test frames are not valid.

    Returns
    -------
    dict
        Joints of every view in its camera's frame, metres: ("S1", "Seq1 0") and ("TS1", "").
    """
    folder.mkdir(parents=True, exist_ok=True)
    motions: Motions = {}
    train: dict[str, list[Any]] = {}
    for number, (subject, sequence) in enumerate(
        (f"S{s}", f"Seq{q}") for s in range(1, 9) for q in (1, 2)
    ):
        views = {}
        for camera in MPI_CAMERAS:
            motions[subject, f"{sequence} {camera}"] = joints = _before_camera(
                figure(MPI_INF_3DHP17, frames, number), int(camera)
            )
            views[camera] = _view(joints, 1498.0, (1024.0, 1024.0))
        train[f"{subject} {sequence}"] = [views, 25]
    test = {}
    for number in range(1, 7):
        motions[f"TS{number}", ""] = joints = _before_camera(
            figure(MPI_INF_3DHP17, frames, number), number
        )
        outdoor = number > 4
        lens = (1684.0, (960.0, 540.0)) if outdoor else (1498.0, (1024.0, 1024.0))
        valid = (np.arange(frames) < frames - invalid).astype(np.float64)
        test[f"TS{number}"] = _view(joints, *lens) | {"valid": valid}
    _save(folder / "data_train_3dhp.npz", data=train)
    _save(folder / "data_test_3dhp.npz", data=test)
    return motions


def _before_camera(world: np.ndarray, number: int) -> np.ndarray:
    """Metres in the frame of a level camera 1.4 m high and 4 m away; each number another side."""
    turned = world @ Rotation.from_euler("z", 0.8 * number).as_matrix().T
    return np.stack([-turned[..., 1], 1.4 - turned[..., 2], 4 + turned[..., 0]], axis=-1)


def _view(joints: np.ndarray, focal: float, centre: tuple[float, float]) -> dict[str, np.ndarray]:
    pixels = joints[..., :2] / joints[..., 2:] * focal + np.array(centre)
    return {"data_3d": (joints * 1000).astype(np.float32), "data_2d": pixels.astype(np.float32)}
