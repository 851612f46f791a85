"""A joint set: which point is which, what is left and right, which bones join them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class JointSet:
    """Names and connections of the joints of a detector, data set or lifter.

    Parameters
    ----------
    name
        Short name in checkpoints and exports.
    joints
        Joint names in array order; sides are named ``left_*`` and ``right_*``.
    bones
        Pairs (parent, child) of joint names, as drawn. They form a tree for lifter output.
    extends
        Set whose joints and bones come first in this one; None where this one stands alone.
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]
    extends: JointSet | None = None

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Return the position of a joint by name."""
        return self.joints.index(joint)

    def indices(self, joints: Sequence[str]) -> list[int]:
        """Return the positions of several joints by name."""
        return [self.joints.index(joint) for joint in joints]

    @property
    def body(self) -> JointSet:
        """The set without what it adds to another: feet and palms."""
        return self.extends or self

    @property
    def added(self) -> slice:
        """Positions of the joints that it adds to the set it extends."""
        return slice(len(self.body), len(self))

    @cached_property
    def bone_indices(self) -> tuple[tuple[int, int], ...]:
        """Pairs (parent, child) of joint positions."""
        return tuple((self.index(parent), self.index(child)) for parent, child in self.bones)

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """Parent of each joint, -1 for the root; raises ``ValueError`` where bones form no tree."""
        parents = [-1] * len(self)
        for parent, child in self.bone_indices:
            if parents[child] != -1:
                raise ValueError(f"{self.name}: {self.joints[child]} has two parents, not a tree")
            parents[child] = parent
        reached = {parents.index(-1)} if -1 in parents else set()
        for _ in parents:
            reached |= {child for child, parent in enumerate(parents) if parent in reached}
        if len(reached) < len(parents):
            raise ValueError(f"{self.name}: the bones do not form one tree")
        return tuple(parents)

    @cached_property
    def root(self) -> int:
        """Position of the joint without a parent; raises ``ValueError`` where there is no tree."""
        return self.parents.index(-1)

    @cached_property
    def carriers(self) -> tuple[int, ...]:
        """Joint of the body with which each joint moves: itself, or what an added one hangs on."""
        carriers = list(range(len(self)))
        for joint in range(len(self))[self.added]:
            while carriers[joint] >= len(self.body):
                carriers[joint] = self.parents[carriers[joint]]
        return tuple(carriers)

    @cached_property
    def left(self) -> tuple[int, ...]:
        """Positions of the joints of the left side."""
        return tuple(i for i, joint in enumerate(self.joints) if joint.startswith("left_"))

    @cached_property
    def right(self) -> tuple[int, ...]:
        """Positions of the joints of the right side, in the order of ``left``."""
        return tuple(self.index("right_" + self.joints[i].removeprefix("left_")) for i in self.left)

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """Permutation that swaps left and right joints."""
        swapped = list(range(len(self)))
        for left, right in zip(self.left, self.right, strict=True):
            swapped[left], swapped[right] = right, left
        return tuple(swapped)
