"""Joints of the 17 where a rig's motion has them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.export.rig.rig import NAMES, RIG_JOINTS, UP, RigMotion
from glagcn_cli.skeleton import H36M17


def joint_positions(motion: RigMotion) -> NDArray[np.float64]:
    """(frames, 17, 3) metres, scene frame: forward kinematics, as H36M-17 joints."""
    turns = motion.turns()
    positions = motion.rig.positions(motion.root, turns)
    joints = np.empty((len(motion), len(H36M17), 3))
    for i, joint in enumerate(RIG_JOINTS):
        joints[:, H36M17.index(joint.sits_at)] = positions[i]
    head = NAMES.index("Head")
    reach = UP * motion.rig.lengths["head"]
    joints[:, H36M17.index("head")] = positions[head] + turns[head].apply(reach)
    return joints
