"""Bones of a body as a tree: which joints move with which bone, and which bones are as long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..joint_set import JointSet


@dataclass(frozen=True)
class Tree:
    """Bones of a body.

    Parameters
    ----------
    ends
        Outer joints of the bones.
    starts
        Their inner joints.
    reach
        (joints, 1 + bones): 1 where a joint moves with the root (all), and with a bone.
    kinds
        (bones,) numbers of the lengths: left and right share one.
    stands
        (joints,) 1 for ankles, which stand on the floor, else 0.
    """

    ends: list[int]
    starts: list[int]
    reach: NDArray[np.float64]
    kinds: NDArray[np.intp]
    stands: NDArray[np.float64]

    @classmethod
    def of(cls, joint_set: JointSet) -> Tree:
        """Return the bones of a joint set."""
        parents = joint_set.parents
        ends = [joint for joint, parent in enumerate(parents) if parent >= 0]
        reach = np.zeros((len(joint_set), 1 + len(ends)))
        reach[:, 0] = 1
        for joint in range(len(joint_set)):
            inner = joint
            while parents[inner] >= 0:
                reach[joint, 1 + ends.index(inner)] = 1
                inner = parents[inner]
        names = [joint_set.joints[end].removeprefix("left_").removeprefix("right_") for end in ends]
        kinds = np.unique(names, return_inverse=True)[1]
        stands = np.array([float(joint.endswith("_ankle")) for joint in joint_set.joints])
        return cls(ends, [parents[end] for end in ends], reach, kinds, stands)

    def bones(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return bones (..., bones, 3) of joints (..., joints, 3)."""
        return joints[..., self.ends, :] - joints[..., self.starts, :]

    def usual_lengths(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the lengths (kinds,) that bones have in the middle of all poses."""
        lengths = np.median(np.linalg.norm(self.bones(joints), axis=-1), axis=0)
        return np.bincount(self.kinds, lengths) / np.bincount(self.kinds)
