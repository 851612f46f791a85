"""Forward kinematics of nodes with translation, rotation and scale, as glTF and FBX have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation


@dataclass
class LocalTransforms:
    """Transforms of nodes in their parents.

    Parameters
    ----------
    translations
        (frames, nodes, 3).
    rotations
        (frames, nodes, 4) quaternions x, y, z, w.
    scales
        (frames, nodes, 3).
    """

    translations: NDArray[np.float64]
    rotations: NDArray[np.float64]
    scales: NDArray[np.float64]

    def in_world(self, parents: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute positions (frames, nodes, 3) and linear parts (frames, nodes, 3, 3)."""
        shape = self.translations.shape
        turns = Rotation.from_quat(self.rotations.reshape(-1, 4)).as_matrix()
        linear = turns.reshape(*shape, 3) * self.scales[..., None, :]
        positions = self.translations.copy()
        for node, parent in enumerate(parents):
            if parent >= 0:
                moved = linear[:, parent] @ positions[:, node, :, None]
                positions[:, node] = positions[:, parent] + moved[..., 0]
                linear[:, node] = linear[:, parent] @ linear[:, node]
        return positions, linear


def pose(
    parents: Sequence[int], rest: LocalTransforms, motion: LocalTransforms
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Pose a skeleton.

    Parameters
    ----------
    parents
        A parent stands before its children; -1 for a root.
    rest
        One frame.
    motion
        All frames.

    Returns
    -------
    rest, positions, rotations
        As in `Animation`: (nodes, 3), (frames, nodes, 3) and (frames, nodes, 3, 3), the turn of
        each node from rest. It scales where the motion scales the node.
    """
    rest_positions, rest_linear = rest.in_world(parents)
    positions, linear = motion.in_world(parents)
    return rest_positions[0], positions, linear @ np.linalg.pinv(rest_linear[0])
