"""Losses of feet and palms: by known joints alone, and by direction."""

from __future__ import annotations

import pytest
import torch

from glagcn_cli.model.gla_gcn import LifterOutput
from glagcn_cli.skeleton import H36M17, H36M25
from glagcn_training.extremity_losses import directions, extremity_losses
from glagcn_training.losses import LossWeights, lifting_losses
from tests.helpers.synthetic_motion import walking, with_extremities

AFTER = len(H36M17)


def poses() -> torch.Tensor:
    return torch.from_numpy(with_extremities(walking(6)))[None].double()


def of(predicted, true, position=1.0, direction=1.0):
    return extremity_losses([(predicted, true)], H36M25, position, direction)


def test_the_truth_costs_nothing_and_a_metre_a_metre():
    true, moved = poses(), poses()
    moved[..., AFTER:, 0] += 1.0
    assert of(true, true)["loss_extremities"] == 0
    assert of(true, true)["loss_extremity_direction"] == pytest.approx(0, abs=1e-12)
    assert of(moved, true)["loss_extremities"] == pytest.approx(1.0)


def test_unknown_joints_cost_nothing_and_give_no_gradient_of_nan():
    true, predicted = poses(), poses()
    true[:, :3, AFTER:] = torch.nan
    predicted[:, :3, AFTER:] += 5.0
    predicted.requires_grad_(True)
    losses = of(predicted, true)
    assert losses["loss_extremities"] == 0
    sum(losses.values()).backward()
    assert predicted.grad.isfinite().all()
    true[:] = torch.nan
    assert of(predicted, true)["loss_extremities"] == 0


def test_a_longer_hand_in_the_same_direction_has_no_loss_of_direction():
    true, longer = poses(), poses()
    for side in ("left", "right"):
        wrist = H36M25.index(f"{side}_wrist")
        for finger in ("index", "little"):
            knuckle = H36M25.index(f"{side}_{finger}_knuckle")
            longer[..., knuckle, :] += 0.5 * (longer[..., knuckle, :] - longer[..., wrist, :])
    losses = of(longer, true)
    assert losses["loss_extremities"] > 0.01
    assert losses["loss_extremity_direction"] == pytest.approx(0, abs=1e-9)


def test_a_turned_palm_is_off_by_twice_the_sine_of_half_the_angle():
    true, turned = poses(), poses()
    for finger, other in (("index", "little"), ("little", "index")):  # by half a turn
        turned[..., H36M25.index(f"left_{finger}_knuckle"), :] = true[
            ..., H36M25.index(f"left_{other}_knuckle"), :
        ]
    apart = (directions(turned, H36M25) - directions(true, H36M25)).norm(dim=-1)
    assert apart[..., 4] == pytest.approx(2.0)
    assert apart[..., 9] == pytest.approx(0.0)


def test_the_bodys_terms_are_those_of_the_body_alone():
    true, predicted = poses(), poses() + 0.1 * torch.randn(poses().shape).double()
    weights = LossWeights(velocity=1.0, bone_length=1.0, bone_direction=1.0)
    whole, alone = (
        lifting_losses(
            LifterOutput(sequence=predicted[:, :, :joints], centre=predicted[:, 3, :joints]),
            true[:, :, :joints], None, joint_set, weights,
        )
        for joints, joint_set in ((len(H36M25), H36M25), (AFTER, H36M17))
    )  # fmt: skip
    assert whole.keys() == alone.keys()
    for name, value in whole.items():
        torch.testing.assert_close(value, alone[name])
