"""A walk whose events of gait are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import SHIN, THIGH, Figure

ANKLE = 0.08
STEP, CADENCE = 0.66, 108.0  # metres; steps a minute
SPEED = STEP * CADENCE / 60


def pendulum_walk(
    seconds: float = 6.0, fps: float = 50.0, heading: float = 0.0, lag: float = 0.5
) -> NDArray:
    """A walk of known events: ankles stand still for 62 % of a stride, then fly at one speed.

    Knees are placed by two circles; the left foot strikes at strides 0, 1, ... and the right one
    half a stride later (`lag`). Faces +z at heading 0.
    """
    time = np.arange(round(seconds * fps)) / fps
    stride_time, stride = 2 * 60 / CADENCE, 2 * STEP
    joints = Figure(len(time), path=(0, 0, 0)).joints
    height = ANKLE + 0.93 * (THIGH + SHIN)
    root = np.stack([0 * time, 0 * time + height, SPEED * time], axis=1)
    joints += root[:, None]
    for side, late in (("left", 0.0), ("right", lag)):
        hip, knee, ankle = H36M17.indices([f"{side}_{j}" for j in ("hip", "knee", "ankle")])
        number, phase = np.divmod(time / stride_time - late, 1.0)
        fly = np.clip((phase - 0.62) / 0.38, 0, 1)
        forward = (number + late + fly) * stride
        # Half of what the body travels in a stance lies ahead of the pelvis when the foot strikes.
        joints[:, ankle, 2] = forward + 0.31 * stride
        joints[:, ankle, 1] = ANKLE + 0.10 * np.sin(np.pi * fly)
        joints[:, ankle, 0] = joints[:, hip, 0]
        joints[:, knee] = _knee(joints[:, hip], joints[:, ankle])
    turned = Rotation.from_euler("y", heading, degrees=True).apply(joints.reshape(-1, 3))
    return turned.reshape(joints.shape)


def _knee(hip: NDArray, ankle: NDArray) -> NDArray:
    down = ankle - hip
    reach = np.minimum(np.linalg.norm(down, axis=1), THIGH + SHIN - 1e-6)[:, None]
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    along = (reach**2 + THIGH**2 - SHIN**2) / (2 * reach)
    forwards = np.cross([1.0, 0.0, 0.0], down)
    forwards *= np.sign(forwards[:, 2:])
    return hip + along * down + np.sqrt(np.maximum(THIGH**2 - along**2, 0)) * forwards
