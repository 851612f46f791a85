"""Feet and palms of one network on the body of another."""

from __future__ import annotations

import torch
from torch import Tensor

from ..skeleton import JointSet
from .gla_gcn import LifterNetwork, LifterOutput


class Attached(LifterNetwork):
    """A network of a body, with the feet and palms that a second one hangs on its limbs.

    The body comes out as that of the first network, whether or not feet and palms are seen. Those
    are as far from their ankles and wrists as the second network says.

    Parameters
    ----------
    body
        Network of the joints that ``whole`` extends; it reads these of the same input.
    whole
        Network with feet and palms.
    """

    has_sequence, has_centre = True, True

    def __init__(self, body: LifterNetwork, whole: LifterNetwork) -> None:
        super().__init__()
        self.body, self.whole = body, whole
        self.joint_set = whole.joint_set
        if whole.joint_set.body is not body.joint_set:
            raise ValueError(f"{whole.joint_set.name} does not extend {body.joint_set.name}")
        self._ends = limb_ends(whole.joint_set)

    def sequence(self, keypoints: Tensor) -> LifterOutput:
        """Lift all frames of windows (N, T, V, C)."""
        return self._attached(self.body.sequence(self._of_body(keypoints)),
                              self.whole.sequence(keypoints))  # fmt: skip

    def forward(self, keypoints: Tensor) -> LifterOutput:
        """Run all heads of both networks on windows of shape (N, T, V, C)."""
        return self._attached(self.body(self._of_body(keypoints)), self.whole(keypoints))

    def _of_body(self, keypoints: Tensor) -> Tensor:
        return keypoints[:, :, : len(self.body.joint_set)].contiguous()

    def _attached(self, body: LifterOutput, whole: LifterOutput) -> LifterOutput:
        """Put the added joints of one output on the body of another."""
        return LifterOutput(
            self._joints(body.sequence, whole.sequence),
            self._joints(body.centre, whole.centre),
            self._errors(body.sequence_error, whole.sequence_error),
            self._errors(body.centre_error, whole.centre_error),
            body.up,
        )

    def _joints(self, body: Tensor | None, whole: Tensor | None) -> Tensor | None:
        if body is None or whole is None:
            return None
        added = whole[..., self.joint_set.added, :]
        moved = body[..., self._ends, :] - whole[..., self._ends, :]
        return torch.cat([body, added + moved], dim=-2)

    def _errors(self, body: Tensor | None, whole: Tensor | None) -> Tensor | None:
        if body is None or whole is None:
            return None
        return torch.cat([body, whole[..., self.joint_set.added]], dim=-1)


def limb_ends(joint_set: JointSet) -> list[int]:
    """Return the joint of the body that each added joint hangs on, directly or not."""
    found = []
    for joint in range(len(joint_set.body), len(joint_set)):
        while joint >= len(joint_set.body):
            joint = joint_set.parents[joint]
        found.append(joint)
    return found
