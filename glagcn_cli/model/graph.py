"""The fixed part of the skeleton graph: which joints exchange features."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..skeleton import JointSet

NEVER = -1e4
"""Before a softmax: as good as minus infinity, and within half precision's range."""

SUBSETS = 3  # the joint itself, its child (inward), its parent (outward)


def adjacency(joint_set: JointSet) -> Tensor:
    """Return the adjacency of the three subsets, each normalised by column.

    Parameters
    ----------
    joint_set
        Joints whose bones form a tree. The joints that it adds to another set (feet and palms) read
        from the body, and the body not from them.

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
    body = len(joint_set.body)
    for parent, child in joint_set.bone_indices:
        subsets[1, child, parent] = float(child < body or parent >= body)
        subsets[2, parent, child] = 1.0
    columns = subsets.sum(axis=1, keepdims=True)
    return torch.from_numpy(subsets / np.maximum(columns, 1.0))


def unread(joint_set: JointSet) -> Tensor | None:
    """Return what keeps the body's joints from reading added ones in the adaptive graph.

    Missing feet and palms then leave the body as it is, and a network of the body alone begins
    with the same output when it learns them.

    Returns
    -------
    Tensor or None
        (joints, joints) to be added before the softmax over the first: `NEVER` from an added joint
        to one of the body, 0 elsewhere. None for a set that extends no other.
    """
    if joint_set.extends is None:
        return None
    barred = torch.zeros(len(joint_set), len(joint_set))
    barred[joint_set.added, : len(joint_set.body)] = NEVER
    return barred
