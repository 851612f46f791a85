"""Bones keep their lengths: a network's output does not know that, a skeleton does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .skeleton import H36M17

SHORTEST = 1e-6  # metres; a bone without direction keeps the one it has, however small


def bone_lengths(joints: NDArray[np.floating]) -> dict[str, float]:
    """Median length of every H36M-17 bone over (frames, 17, 3) metres, left and right made equal.

    Keys are the joints at the bones' ends.
    """
    parents, children = np.array(H36M17.bone_indices).T
    lengths = np.median(np.linalg.norm(joints[:, children] - joints[:, parents], axis=-1), axis=0)
    by_joint = dict(zip(children.tolist(), lengths.tolist(), strict=True))
    return {
        H36M17.joints[joint]: (length + by_joint[H36M17.mirror[joint]]) / 2
        for joint, length in by_joint.items()
    }


def steady_bones(joints: NDArray[np.floating], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give every bone its median length in all frames, keeping its directions.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, H36M-17.
    valid
        (frames,) bool: frames the medians are taken over; at least one.

    Returns
    -------
    NDArray
        (frames, 17, 3): the root stays, the bones are laid end to end from there.
    """
    lengths = bone_lengths(joints[valid])
    steady = joints.astype(np.float64)
    for parent, child in H36M17.bone_indices:  # from the root outwards
        bone = joints[:, child].astype(np.float64) - joints[:, parent]
        length = np.maximum(np.linalg.norm(bone, axis=1, keepdims=True), SHORTEST)
        steady[:, child] = steady[:, parent] + bone / length * lengths[H36M17.joints[child]]
    return steady
