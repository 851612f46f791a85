"""The fixed part of the skeleton graph: which joints exchange features."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..skeleton import JointSet

SUBSETS = 3  # the joint itself, its child (inward), its parent (outward)


def adjacency(joint_set: JointSet) -> Tensor:
    """Return the adjacency of the three subsets, each normalised by column.

    Parameters
    ----------
    joint_set
        Joints whose bones form a tree.

    Returns
    -------
    Tensor
        (3, joints, joints) float32; entry [k, v, w] is the weight from joint v to joint w. Subset 0
        is the joint itself, 1 goes inward (child to parent), 2 outward (parent to child). Columns
        sum to 1, or to 0 without any source.
    """
    joints = len(joint_set)
    subsets = np.zeros((SUBSETS, joints, joints), dtype=np.float32)
    subsets[0] = np.eye(joints)
    for parent, child in joint_set.bone_indices:
        subsets[1, child, parent] = 1.0
        subsets[2, parent, child] = 1.0
    columns = subsets.sum(axis=1, keepdims=True)
    return torch.from_numpy(subsets / np.maximum(columns, 1.0))
