"""Feet and palms of one network on the body of another."""

from __future__ import annotations

import pytest
import torch

from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.attached import Attached, limb_ends
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_cli.skeleton import H36M17, H36M25

BODY = len(H36M17)


def network(joint_set, seed):
    torch.manual_seed(seed)
    sizes = Architecture(
        window=9, channels=8, global_blocks=1, in_channels=3, uncertainty=True, gravity=True,
        joint_set=joint_set.name,
    )  # fmt: skip
    return build_lifter(sizes).eval()


def test_added_joints_hang_on_ankles_and_wrists():
    hung = [H36M17.joints[joint] for joint in limb_ends(H36M25)]
    assert hung == ["left_ankle", "right_ankle"] * 2 + ["left_wrist", "right_wrist"] * 2


@torch.no_grad()
def test_the_body_is_one_networks_and_what_hangs_on_it_the_others():
    body, whole = network(H36M17, 0), network(H36M25, 1)
    both = Attached(body, whole).eval()
    seen = torch.randn(3, 9, len(H36M25), 3)
    alone, other, found = body(seen[:, :, :BODY].contiguous()), whole(seen), both(seen)
    for name in ("sequence", "centre"):
        joints = getattr(found, name)
        assert torch.equal(joints[..., :BODY, :], getattr(alone, name))
        ends = limb_ends(H36M25)
        hung = joints[..., BODY:, :] - joints[..., ends, :]
        expected = getattr(other, name)[..., BODY:, :] - getattr(other, name)[..., ends, :]
        torch.testing.assert_close(hung, expected)
        errors = getattr(found, f"{name}_error")
        assert torch.equal(errors[..., :BODY], getattr(alone, f"{name}_error"))
        assert torch.equal(errors[..., BODY:], getattr(other, f"{name}_error")[..., BODY:])
    assert torch.equal(found.up, alone.up)
    torch.testing.assert_close(both.sequence(seen).sequence, found.sequence)


def test_bodies_of_other_sets_are_refused():
    with pytest.raises(ValueError, match="does not extend"):
        Attached(network(H36M25, 0), network(H36M25, 1))
