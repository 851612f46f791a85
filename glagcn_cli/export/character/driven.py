"""A bone of a character that turns with the rig."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..rig.rotations import swing

Vectors = NDArray[np.float64]

SHORTEST = 1e-9  # of what has a direction


@dataclass(frozen=True)
class Driven:
    """A bone that turns with the rig.

    Parameters
    ----------
    node
        Its node.
    joints
        Joints of the rig between whose orientations it is turned.
    share
        Of the way from the first to the second.
    to_t_pose
        The turn from its rest pose, stood upright, to the T-pose.
    """

    node: int
    joints: tuple[str, str]
    share: float
    to_t_pose: Rotation


def turning(node: int, joint: str, turn: Rotation) -> Driven:
    """Return a bone that has the orientation of one joint of the rig."""
    return Driven(node, (joint, joint), 0.0, turn)


def aligned(parent: Rotation, direction: Vectors, wanted: Vectors) -> Rotation:
    """Add to the turn of the bone above what brings a rest direction to its place in the T-pose."""
    length = np.linalg.norm(direction)
    if length < SHORTEST:
        return parent
    return swing(parent.apply(direction / length), wanted) * parent
