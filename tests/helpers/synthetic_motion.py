"""Motion made on the spot: a walking figure in the world frame of the motion packs (z up)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from glagcn_cli.skeleton import H36M17, H36M25

_REST = {
    "hip": (0, 0, 0.92), "right_hip": (0, -0.1, 0.92), "right_knee": (0, -0.1, 0.5),
    "right_ankle": (0, -0.1, 0.08), "left_hip": (0, 0.1, 0.92), "left_knee": (0, 0.1, 0.5),
    "left_ankle": (0, 0.1, 0.08), "spine": (0, 0, 1.14), "thorax": (0, 0, 1.38),
    "neck": (0, 0, 1.515), "head": (0.02, 0, 1.615), "left_shoulder": (0, 0.17, 1.38),
    "left_elbow": (0, 0.22, 1.1), "left_wrist": (0.05, 0.24, 0.86),
    "right_shoulder": (0, -0.17, 1.38), "right_elbow": (0, -0.22, 1.1),
    "right_wrist": (0.05, -0.24, 0.86),
}  # fmt: skip


def walking(frames: int, speed: float = 1.2) -> np.ndarray:
    """(frames, 17, 3) metres: walks along +x at 50 frames/s, its left side at +y."""
    joints = np.repeat(np.array([_REST[j] for j in H36M17.joints])[None], frames, axis=0)
    time = np.arange(frames) / 50
    swing = np.sin(2 * np.pi * 0.9 * time)
    for joint, share in (("knee", 0.15), ("ankle", 0.35), ("elbow", -0.1), ("wrist", -0.25)):
        joints[:, H36M17.index(f"left_{joint}"), 0] += share * swing
        joints[:, H36M17.index(f"right_{joint}"), 0] -= share * swing
    joints[..., 0] += speed * time[:, None]
    return joints.astype(np.float32)


_EXTREMITIES = {
    "heel": ("ankle", (-0.05, 0.0, -0.065)), "big_toe": ("ankle", (0.19, 0.0, -0.065)),
    "index_knuckle": ("wrist", (0.03, 0.0, -0.08)),
    "little_knuckle": ("wrist", (-0.03, 0.0, -0.07)),
}  # fmt: skip


def with_extremities(joints: np.ndarray) -> np.ndarray:
    """(frames, 25, 3) of (frames, 17, 3): soles level, toes to +x, palms to the thighs."""
    added = []
    for name in H36M25.joints[len(H36M17) :]:
        side, kind = name.split("_", 1)
        parent, offset = _EXTREMITIES[kind]
        added.append(joints[:, H36M17.index(f"{side}_{parent}")] + np.array(offset))
    return np.concatenate([joints, np.stack(added, axis=1)], axis=1).astype(np.float32)


def write_pack(path: Path, splits: tuple[str, ...], frames: int = 60) -> None:
    """Write a motion pack with one walking clip for each split named."""
    motion = np.concatenate([walking(frames, 0.6 + 0.3 * i) for i in range(len(splits))])
    relative = (motion[:, 1:] - motion[:, :1]) / 1e-4
    np.savez(
        path,
        rel=np.round(relative).astype(np.int16),
        rel_unit=np.float32(1e-4),
        root=motion[:, 0],
        offsets=np.arange(len(splits) + 1) * frames,
        split=np.array(splits),
        fps=np.int16(50),
        joints=np.array(H36M17.joints),
    )
