"""Loss terms: known answers, units, and gradients where a network begins."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.model.gla_gcn import LifterOutput
from glagcn_cli.skeleton import H36M17, HUMANEVA15, JointSet
from glagcn_training.losses import SHORTEST_BONE, LossWeights, bones, uncertainty_loss
from glagcn_training.losses import lifting_losses as losses_of_all

STICK = JointSet("stick", ("foot", "knee", "hand"), (("foot", "knee"), ("knee", "hand")))
ALL = LossWeights(1, 1, 1, 1, 1)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def lifting_losses(output, targets, joint_set, weights):
    """Loss terms of a network that says nothing but (sequence, centre)."""
    return losses_of_all(LifterOutput(*output), targets, None, joint_set, weights)


def stick(*heights: float) -> torch.Tensor:
    """Joints above one another: (1, 1, 3, 3)."""
    return torch.tensor([[[[0.0, 0.0, z] for z in heights]]])


def test_the_two_position_errors_of_the_paper():
    targets = torch.zeros(2, 5, 17, 3)
    sequence = torch.zeros(2, 5, 17, 3)
    sequence[:, :, :, 0], sequence[:, :, :, 1] = 0.3, 0.4
    centre = torch.zeros(2, 17, 3)
    centre[0, 0, 2] = 3.4
    losses = lifting_losses((sequence, centre), targets, H36M17, LossWeights())
    assert {name: round(float(loss), 5) for name, loss in losses.items()} == {
        "loss_global": 0.5,
        "loss_local": 0.1,
    }


def test_the_centre_is_compared_with_the_middle_frame():
    targets = torch.arange(5.0)[None, :, None, None].expand(1, 5, 17, 3)
    losses = lifting_losses((None, targets[:, 2]), targets, H36M17, LossWeights())
    assert list(losses) == ["loss_local"] and losses["loss_local"] == 0


def test_bones_known_answers():
    true, predicted = stick(0, 1, 2), stick(0, 1.2, 1.8)
    weights = LossWeights(0, 0, bone_length=1, bone_direction=1)
    losses = lifting_losses((predicted, predicted[:, 0]), true, STICK, weights)
    assert float(losses["loss_bone_length"]) == pytest.approx((0.2 + 0.4) / 2)
    assert float(losses["loss_bone_direction"]) == pytest.approx(0)
    turned = predicted[..., [2, 0, 1]]  # along x instead of z: the unit vectors part by sqrt(2)
    losses = lifting_losses((turned, turned[:, 0]), true, STICK, weights)
    assert float(losses["loss_bone_length"]) == pytest.approx((0.2 + 0.4) / 2)
    assert float(losses["loss_bone_direction"]) == pytest.approx(2**0.5)


def test_bone_terms_are_the_mean_of_both_outputs():
    true, wrong = stick(0, 1, 2), stick(0, 1.2, 1.8)
    weights = LossWeights(0, 0, bone_length=1)
    both = lifting_losses((wrong, true[:, 0]), true, STICK, weights)
    assert float(both["loss_bone_length"]) == pytest.approx(0.15)
    only = lifting_losses((None, wrong[:, 0]), true, STICK, weights)
    assert float(only["loss_bone_length"]) == pytest.approx(0.3)


def test_velocity_is_blind_to_a_shift_and_in_metres_per_frame():
    true = torch.randn(3, 7, 17, 3)
    time = torch.arange(7.0)[None, :, None, None]
    weights = LossWeights(0, 0, velocity=1)
    shifted = lifting_losses((true + 5, true[:, 3]), true, H36M17, weights)
    assert float(shifted["loss_velocity"]) == pytest.approx(0, abs=1e-5)
    faster = true + 0.01 * time * torch.tensor([0.0, 1.0, 0.0])
    drifting = lifting_losses((faster, true[:, 3]), true, H36M17, weights)
    assert float(drifting["loss_velocity"]) == pytest.approx(0.01, rel=1e-3)


def test_terms_are_multiplied_by_their_weights_and_those_of_weight_0_left_out():
    targets, sequence = torch.randn(2, 3, 17, 3), torch.randn(2, 3, 17, 3)
    output = (sequence, sequence[:, 1])
    once = lifting_losses(output, targets, H36M17, ALL)
    weights = LossWeights(0, 3, 4, 5, 6)
    more = lifting_losses(output, targets, H36M17, weights)
    assert "loss_global" in once and "loss_global" not in more
    factors = dict(loss_local=3, loss_bone_length=4, loss_bone_direction=5, loss_velocity=6)
    for name, factor in factors.items():
        torch.testing.assert_close(more[name], factor * once[name])
    assert all(name.startswith("loss") and loss.dim() == 0 for name, loss in once.items())


def test_bones_agree_with_numpy_and_with_the_joint_set():
    joints = np.random.default_rng(0).normal(size=(2, 15, 3))
    parents, children = zip(*HUMANEVA15.bone_indices, strict=True)
    expected = joints[:, list(children)] - joints[:, list(parents)]
    np.testing.assert_array_equal(bones(torch.from_numpy(joints), HUMANEVA15), expected)


def test_gradients_are_finite_and_small_where_all_joints_are_in_one_place():
    predicted = torch.zeros(2, 3, 17, 3, requires_grad=True)
    targets = torch.randn(2, 3, 17, 3)
    losses = lifting_losses((predicted, predicted[:, 1]), targets, H36M17, ALL)
    for name, loss in losses.items():
        (gradient,) = torch.autograd.grad(loss, predicted, retain_graph=True)
        assert gradient.isfinite().all(), name
        assert gradient.norm() < 1 / SHORTEST_BONE, name


def test_a_perfect_answer_has_no_gradient_and_no_loss():
    targets = torch.randn(2, 3, 17, 3)
    predicted = targets.clone().requires_grad_()
    total = sum(lifting_losses((predicted, predicted[:, 1]), targets, H36M17, ALL).values())
    total.backward()
    assert total.item() == 0 and not predicted.grad.any()


def test_half_precision_answers_are_compared_in_single_precision():
    output = stick(0.001, 1.0, 2.0).to(torch.bfloat16)  # 1 - 0.001 is 1 in bfloat16
    losses = lifting_losses(
        (output, output[:, 0]), output.float(), STICK, LossWeights(bone_length=1)
    )
    assert all(loss == 0 and loss.dtype == torch.float32 for loss in losses.values())


@pytest.mark.parametrize(
    "weights, message",
    [(LossWeights(velocity=1), "sequence"), (LossWeights(1, 0), "nothing to train with")],
)
def test_weights_that_a_network_without_a_sequence_cannot_serve(weights, message):
    with pytest.raises(ValueError, match=message):
        lifting_losses((None, torch.zeros(1, 17, 3)), torch.zeros(1, 3, 17, 3), H36M17, weights)


def test_gravity_is_compared_where_network_and_data_know_it():
    true = torch.zeros(2, 3, 17, 3)
    down, up = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.0, -1.0, 0.0])
    said = LifterOutput(true, true[:, 1], up=down.expand(2, 3, 3))
    weights = LossWeights(gravity=0.5)
    losses = losses_of_all(said, true, up.expand(2, 3, 3), H36M17, weights)
    assert float(losses["loss_gravity"]) == pytest.approx(0.5 * 2)
    assert "loss_gravity" not in losses_of_all(said, true, None, H36M17, weights)
    silent = said._replace(up=None)
    assert "loss_gravity" not in losses_of_all(silent, true, up.expand(2, 3, 3), H36M17, weights)


def test_the_uncertainty_that_costs_least_is_the_mean_error():
    true = torch.zeros(4000, 1, 3)
    predicted = torch.randn(4000, 1, 3) * 0.05
    error = predicted.norm(dim=-1).mean()
    levels = torch.linspace(0.5, 2, 31) * error
    costs = [uncertainty_loss(level.expand(4000, 1), predicted, true) for level in levels]
    best = levels[int(torch.stack(costs).argmin())]
    assert float(best) == pytest.approx(float(error), rel=0.06)


def test_uncertainty_does_not_move_the_joints():
    predicted = torch.randn(2, 3, 17, 3, requires_grad=True)
    expected = torch.full((2, 3, 17), 0.1, requires_grad=True)
    said = LifterOutput(predicted, predicted[:, 1], expected, expected[:, 1])
    weights = LossWeights(0, 0, uncertainty=1)
    loss = losses_of_all(said, torch.zeros(2, 3, 17, 3), None, H36M17, weights)
    loss["loss_uncertainty"].backward()
    assert predicted.grad is None and expected.grad.abs().min() > 0
