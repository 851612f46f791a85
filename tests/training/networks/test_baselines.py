"""The temporal convolution baseline: its form, its cost, and that it learns."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from glagcn_cli.lifting.checkpoints import LifterCard
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.normalisation import PERSON
from glagcn_cli.model.architecture import CENTRE, SEQUENCE, Architecture
from glagcn_training.networks.baselines import (
    PUBLISHED_WIDTH,
    TemporalConvolutionLifter,
    baseline_like,
)
from glagcn_training.networks.compute_cost import architecture_macs, count_macs
from tests.helpers.synthetic_motion import walking

torch.set_num_threads(1)


def lifter(seed: int = 0, **numbers) -> TemporalConvolutionLifter:
    torch.manual_seed(seed)
    network = TemporalConvolutionLifter(Architecture(**({"window": 27} | numbers)), width=32)
    for layer in network.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    return network


def walking_windows(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Windows of walking people seen from many sides: side view in, centre frame out."""
    rng = np.random.default_rng(seed)
    clip = walking(120)
    firsts = rng.integers(0, 120 - 27, count)
    motion = np.stack([clip[first : first + 27] for first in firsts])
    motion = motion - motion[:, :, :1]
    yaw = rng.uniform(0, 2 * np.pi, count)
    cos, sin, zero = np.cos(yaw), np.sin(yaw), np.zeros(count)
    turns = np.stack(
        [
            np.stack([cos, -sin, zero], -1),
            np.stack([zero, zero, zero - 1], -1),
            np.stack([sin, cos, zero], -1),
        ],
        axis=1,
    )
    seen = torch.from_numpy(np.einsum("nij,ntvj->ntvi", turns, motion)).float()
    return seen[..., :2], seen[:, 13]


def error(network: TemporalConvolutionLifter, inputs: Tensor, targets: Tensor) -> Tensor:
    return (network(inputs).centre - targets).norm(dim=-1).mean()


def train(network, optimizer, steps: range) -> None:
    network.train()
    for step in steps:
        loss = error(network, *walking_windows(32, seed=step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize("window", [27, 81, 243])
def test_the_centre_frame_of_a_window(window) -> None:
    network = lifter(window=window).eval()
    x = torch.randn(2, window, 17, 2).requires_grad_()
    y = network(x).centre
    assert y.shape == (2, 17, 3)
    y.square().sum().backward()
    assert (x.grad.abs().amax(dim=(0, 2, 3)) > 0).all(), "a frame of the window is not heard"


def test_it_is_the_network_of_the_paper() -> None:
    """VideoPose3D states 16.95 million parameters at 243 frames and 8.56 at 27."""
    for window, published in ((243, 16.95e6), (27, 8.56e6)):
        network = TemporalConvolutionLifter(Architecture(window=window), PUBLISHED_WIDTH)
        parameters = sum(parameter.numel() for parameter in network.parameters())
        assert parameters == pytest.approx(published, rel=1e-3)


def test_striding_gives_what_dilating_gives() -> None:
    """The weights serve in MMPose's dilated form, as VideoPose3D uses them on whole clips."""
    from mmpose.models import TCN

    network = lifter().eval()
    dilated = TCN(in_channels=34, stem_channels=32, num_blocks=2, kernel_sizes=(3, 3, 3))
    dilated.eval()
    dilated.load_state_dict(network.backbone.state_dict())
    x = torch.randn(2, 27, 17, 2)
    expected = network.head(dilated(x.reshape(2, 27, 34).transpose(1, 2)))
    torch.testing.assert_close(network(x).centre, expected)


def test_other_joint_sets() -> None:
    network = lifter(joint_set="humaneva15").eval()
    assert network(torch.randn(2, 27, 15, 2)).centre.shape == (2, 15, 3)


@pytest.mark.parametrize("shape", [(2, 81, 17, 2), (2, 27, 15, 2), (27, 17, 2), (2, 27, 17, 3)])
def test_other_windows_are_refused(shape) -> None:
    with pytest.raises(ValueError, match="expected \\(batch, 27, 17, 2\\)"):
        lifter()(torch.randn(shape))


@pytest.mark.parametrize(
    "architecture",
    [
        Architecture(window=27),
        Architecture("released", window=243),
        Architecture(window=27, channels=8, joint_set="humaneva15"),
    ],
)
def test_it_can_be_made_to_cost_what_a_gla_gcn_costs(architecture) -> None:
    cost = architecture_macs(architecture)
    with torch.device("meta"):
        network = baseline_like(architecture)
    assert network.joint_set.name == architecture.joint_set
    assert count_macs(network) == pytest.approx(cost, rel=0.03)


@pytest.mark.parametrize("branch", [SEQUENCE, CENTRE])
def test_it_lifts_clips_as_a_lifter_does(branch) -> None:
    """Validation, evaluation and ablations run it so, by its centre frame."""
    network = lifter(window=9)
    keypoints = np.random.default_rng(0).normal(300, 50, (20, 17, 2))
    one = Lifter(network, LifterCard(network.architecture, PERSON, 25))
    lifted = one.lift_keypoints(keypoints, None, (1280, 720), 25, branch=branch)
    assert lifted.joints.shape == (20, 17, 3) and np.isfinite(lifted.joints).all()


def test_it_learns_to_lift_walking() -> None:
    network = lifter()
    inputs, targets = walking_windows(64, seed=1000)
    before = error(network.train(), inputs, targets).item()
    train(network, torch.optim.AdamW(network.parameters(), 3e-3), range(60))
    after = error(network.eval(), inputs, targets).item()
    assert after < 0.3 * before and after < 0.25, f"{before:.3f} m -> {after:.3f} m"


def test_training_resumes_from_its_state() -> None:
    whole = lifter()
    train(whole, torch.optim.AdamW(whole.parameters(), 3e-3), range(6))
    first = lifter()
    optimizer = torch.optim.AdamW(first.parameters(), 3e-3)
    train(first, optimizer, range(3))
    stored = io.BytesIO()
    torch.save({"network": first.state_dict(), "optimizer": optimizer.state_dict()}, stored)
    stored.seek(0)
    state = torch.load(stored, weights_only=True)
    second = lifter(seed=1)
    second.load_state_dict(state["network"])
    optimizer = torch.optim.AdamW(second.parameters(), 3e-3)
    optimizer.load_state_dict(state["optimizer"])
    train(second, optimizer, range(3, 6))
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], tensor, rtol=0, atol=0)
