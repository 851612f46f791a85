"""A made-up walk whose feet stand still on the floor while they carry the body."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.scene.contacts import ANKLE_HEIGHT
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import HALF_HIPS, SHIN, THIGH, Figure

STRIDE, CYCLE, STANCE = 1.0, 0.95, 0.6  # metres, seconds, share of the cycle
HIP_HEIGHT = 0.85
LIFT = 0.12  # metres of an ankle in mid-swing


class PlantedWalk(NamedTuple):
    """``joints`` (frames, 17, 3) metres, y up; ``contacts`` (frames, 2) left and right foot."""

    joints: NDArray[np.float64]
    contacts: NDArray[np.bool_]


def planted_walk(
    heading: float = 90.0, frames: int = 200, fps: int = 50, stand_from: float = np.inf
) -> PlantedWalk:
    """Walk past x = z = 0 half-way; from `stand_from` seconds on stand with both feet down."""
    seconds = np.minimum(np.arange(frames) / fps, stand_from)
    speed = STRIDE / CYCLE
    along = speed * (seconds - seconds[frames // 2])
    path = np.stack([0 * along, HIP_HEIGHT + 0 * along, along], axis=1)
    joints = Figure(frames, knee=2.0, elbow=20.0, path=path).joints
    contacts = np.zeros((frames, 2), bool)
    for foot, (side, phase, sign) in enumerate((("left", 0.0, 1), ("right", 0.5, -1))):
        step, share = np.divmod(seconds / CYCLE + phase, 1.0)
        swung = np.clip((share - STANCE) / (1 - STANCE), 0, 1)
        contacts[:, foot] = (share < STANCE) | (np.arange(frames) / fps > stand_from)
        # Smooth in position and speed where the foot leaves the floor and comes down.
        moved = step - phase + swung**3 * (10 - 15 * swung + 6 * swung**2)
        offset = along[0] - speed * seconds[0]
        ankle = np.zeros((frames, 3))
        ankle[:, 0] = sign * HALF_HIPS
        ankle[:, 1] = ANKLE_HEIGHT + LIFT * (16 * swung**2 * (1 - swung) ** 2)
        ankle[:, 2] = offset + STRIDE * (moved + STANCE / 2)
        if stand_from < np.inf:
            last = int(stand_from * fps)
            ankle[last:, 1] = ANKLE_HEIGHT
        hip, knee, end = H36M17.indices([f"{side}_{j}" for j in ("hip", "knee", "ankle")])
        joints[:, end] = ankle
        joints[:, knee] = _knee(joints[:, hip], ankle)
    turned = Rotation.from_euler("y", heading, degrees=True).apply(joints.reshape(-1, 3))
    return PlantedWalk(turned.reshape(joints.shape), contacts)


def _knee(hip: NDArray[np.float64], ankle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the circles of thigh and shank meet in the plane of walking, in front (z)."""
    down, forth = hip[:, 1] - ankle[:, 1], ankle[:, 2] - hip[:, 2]
    reach = np.hypot(down, forth)
    assert (reach < THIGH + SHIN).all(), "the figure's legs are too short for its steps"
    inner = np.arccos((THIGH**2 + reach**2 - SHIN**2) / (2 * THIGH * reach))
    slope = np.arctan2(forth, down) + inner
    knee = hip.copy()
    knee[:, 1] -= THIGH * np.cos(slope)
    knee[:, 2] += THIGH * np.sin(slope)
    return knee
