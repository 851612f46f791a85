"""Motion packs with feet and palms, made on the spot."""

from __future__ import annotations

import numpy as np

from glagcn_cli.skeleton import H36M17
from tests.helpers.synthetic_motion import walking

FRAMES = 60
FORWARD, DOWN, LEFT = np.array([1.0, 0, 0]), np.array([0, 0, -1.0]), np.array([0, 1.0, 0])


def write_whole_pack(path, source="marker", usable=None, splits=("train",)):
    """Write a pack of clips that walk with level soles and hanging hands, palms inwards."""
    body = walking(FRAMES)
    parts, names = [], list(H36M17.joints)
    for side in ("left", "right"):
        ankle, wrist = (body[:, H36M17.index(f"{side}_{joint}")] for joint in ("ankle", "wrist"))
        points = {
            "heel": ankle - 0.06 * FORWARD + 0.03 * DOWN,
            "ball": ankle + 0.12 * FORWARD + 0.03 * DOWN,
            "toe": ankle + 0.18 * FORWARD, "hand": wrist + 0.05 * DOWN,
        }  # fmt: skip
        parts += points.values()
        names += [side[0] + mark for mark in points]
    joints = np.concatenate([body, np.stack(parts, axis=1)], axis=1)
    relative = np.round((joints[:, 1:] - joints[:, :1]) / 1e-4).astype(np.int16)
    inwards = np.stack([-LEFT, LEFT])
    count = len(splits)

    def repeated(array):
        return np.concatenate([array] * count)

    np.savez(
        path, rel=repeated(relative), rel_unit=np.float32(1e-4), root=repeated(joints[:, 0]),
        offsets=np.arange(count + 1) * FRAMES, split=np.array(splits), fps=np.int16(50),
        joints=np.array(names), source=np.array([source] * count),
        palm=np.tile(np.round(127 * inwards), (count * FRAMES, 1, 1)).astype(np.int8),
        palm_unit=np.float32(1 / 127),
        extra_ok=repeated(np.ones((FRAMES, 4), bool) if usable is None else usable),
    )  # fmt: skip
