from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from glagcn_cli.model.blocks import (
    AdaptiveGraphConvolution,
    GraphTemporalBlock,
    TemporalConvolution,
    strided_level,
)
from glagcn_cli.model.graph import adjacency
from glagcn_cli.skeleton import H36M17

torch.set_num_threads(1)
FIXED = adjacency(H36M17)


def shaken(module: nn.Module, seed: int = 0) -> nn.Module:
    """Give every weight and statistic a random value, so that nothing hides in a neutral start."""
    generator = torch.Generator().manual_seed(seed)

    def normal(tensor: torch.Tensor, scale: float) -> torch.Tensor:
        return torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype) * scale

    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(normal(parameter, 0.3))
        for name, buffer in module.named_buffers():
            if name.endswith("running_var"):
                buffer.copy_(normal(buffer, 1.0).abs() + 0.5)
            elif name.endswith("running_mean"):
                buffer.copy_(normal(buffer, 0.5))
    return module.double().eval()


def features(channels: int, frames: int, batch: int = 2, joints: int = 17) -> torch.Tensor:
    generator = torch.Generator().manual_seed(channels * 1000 + frames)
    shape = (batch, channels, joints, frames)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def batch_norm(norm: nn.BatchNorm2d, x: np.ndarray) -> np.ndarray:
    """Batch norm of (channels, ...) in evaluation mode, from its definition."""
    mean, variance, weight, bias = (
        t.detach().numpy()[:, None, None]
        for t in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    return (x - mean) / np.sqrt(variance + norm.eps) * weight + bias


def point_convolution(convolution: nn.Conv2d, x: np.ndarray) -> np.ndarray:
    weight = convolution.weight.detach().numpy()[:, :, 0, 0]
    return np.einsum("oc,ctv->otv", weight, x) + convolution.bias.detach().numpy()[:, None, None]


def slow_graph_convolution(layer: AdaptiveGraphConvolution, x: np.ndarray) -> np.ndarray:
    """The formula, term by term, for one sample (channels, frames, joints)."""
    _, frames, joints = x.shape
    summed: np.ndarray | float = 0.0
    for k in range(3):
        theta, phi = point_convolution(layer.conv_a[k], x), point_convolution(layer.conv_b[k], x)
        embedding = theta.shape[0]
        similarity = np.zeros((joints, joints))
        for v in range(joints):
            for w in range(joints):
                product = (theta[:, :, v] * phi[:, :, w]).sum()
                similarity[v, w] = product / (embedding * frames)
        mixed = np.zeros_like(x)
        for w in range(joints):
            exponents = [np.exp(similarity[v, w]) for v in range(joints)]
            for v in range(joints):
                adaptive = exponents[v] / sum(exponents)
                edge = FIXED[k, v, w].item() + layer.PA[k, v, w].item() + adaptive
                mixed[:, :, w] += x[:, :, v] * edge
        summed = summed + point_convolution(layer.conv_d[k], mixed)
    shortcut = x
    if isinstance(layer.down, nn.Sequential):
        shortcut = batch_norm(layer.down[1], point_convolution(layer.down[0], x))
    return np.maximum(batch_norm(layer.bn, summed) + shortcut, 0)


@pytest.mark.parametrize("in_channels, out_channels", [(8, 8), (2, 12)])
def test_adaptive_convolution_equals_the_formula(in_channels: int, out_channels: int) -> None:
    layer = shaken(AdaptiveGraphConvolution(in_channels, out_channels, FIXED, dropout=0.1))
    x = features(in_channels, frames=5)
    with torch.no_grad():
        fast = layer(x).mT.numpy()
    for sample in range(len(x)):
        slow = slow_graph_convolution(layer, x[sample].mT.numpy())
        np.testing.assert_allclose(fast[sample], slow, atol=1e-10)
    assert fast.std() > 0.1


def test_the_adaptive_part_differs_from_sample_to_sample() -> None:
    layer = shaken(AdaptiveGraphConvolution(8, 8, FIXED, dropout=0.0))
    graphs = layer.graph(features(8, frames=5))
    assert (graphs[0] - graphs[1]).abs().max() > 0.01


def test_the_adaptive_part_sums_to_one_over_the_first_joint() -> None:
    layer = shaken(AdaptiveGraphConvolution(8, 8, FIXED, dropout=0.0))
    adaptive = layer.graph(features(8, frames=5)) - layer.A - layer.PA
    torch.testing.assert_close(adaptive.sum(dim=2), torch.ones(2, 3, 17, dtype=torch.float64))


@pytest.mark.parametrize("in_channels", [8, 2])
def test_a_fresh_graph_convolution_is_its_shortcut(in_channels: int) -> None:
    torch.manual_seed(0)
    layer = AdaptiveGraphConvolution(in_channels, 8, FIXED, dropout=0.1).train()
    assert (layer.bn.weight == 1e-6).all() and (layer.PA == 1e-6).all()
    x = features(in_channels, frames=9).float()
    torch.testing.assert_close(layer(x), torch.relu(layer.down(x)), atol=1e-4, rtol=0)


def test_convolutions_start_with_kaiming_fan_out() -> None:
    torch.manual_seed(0)
    convolution = TemporalConvolution(64, 64, 9, 1).conv
    assert convolution.weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert not convolution.bias.any()


@pytest.mark.parametrize(
    "stride, frames, expected",
    [(1, 27, 27), (3, 27, 9), (3, 3, 1), (3, 2, 1), (3, 1, 1), (1, 1, 1)],
)
def test_temporal_convolution_equals_the_formula(stride: int, frames: int, expected: int) -> None:
    layer = shaken(TemporalConvolution(4, 6, 9, stride))
    x = features(4, frames)
    with torch.no_grad():
        fast = layer(x).mT.numpy()
    weight, bias = layer.conv.weight.detach().numpy(), layer.conv.bias.detach().numpy()
    slow = np.zeros((2, 6, expected, 17)) + bias[:, None, None]
    for t in range(expected):
        for tap in range(9):
            if 0 <= (source := t * stride + tap - 4) < frames:
                slow[:, :, t] += np.einsum("oc,ncv->nov", weight[:, :, tap, 0], x[..., source])
    np.testing.assert_allclose(fast, batch_norm(layer.bn, slow), atol=1e-10)


@pytest.mark.parametrize("in_channels, stride, residual", [
    (8, 1, True), (2, 1, True), (8, 3, True), (8, 3, False),
])  # fmt: skip
def test_a_block_is_graph_then_time_plus_residual(in_channels, stride, residual) -> None:
    block = shaken(GraphTemporalBlock(in_channels, 8, FIXED, stride=stride, residual=residual))
    x = features(in_channels, frames=9)
    expected = block.tcn1(block.gcn1(x))
    if residual:
        same = in_channels == 8 and stride == 1
        expected = expected + (
            x if same else block.residual.bn(block.residual.conv(x)[..., ::stride])
        )
    assert (block.residual is not None) == residual
    torch.testing.assert_close(block(x), torch.relu(expected))
    assert block(x).shape == (2, 8, 17, 9 // stride)


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("frames", [1, 2, 3, 9, 27])
@pytest.mark.parametrize("channels", [16, 64])
def test_temporal_convolution_holds_in_bfloat16(stride: int, frames: int, channels: int) -> None:
    """Also where processors with AMX compute one output of a strided convolution wrongly."""
    layer = shaken(TemporalConvolution(channels, channels, 9, stride)).float()
    x = features(channels, frames).float().contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        exact = layer(x)
        with torch.autocast("cpu", torch.bfloat16):
            half = layer(x).float()
    assert torch.linalg.vector_norm(half - exact) < 0.02 * torch.linalg.vector_norm(exact)


class Silent(nn.Module):
    """A block whose output is zero."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(x[..., ::3])


@pytest.mark.parametrize("frames", [3, 27, 81])
def test_the_strided_skip_takes_the_middle_of_each_three(frames: int) -> None:
    x = features(8, frames)
    assert torch.equal(strided_level(x, nn.Identity(), Silent()), x[..., 1::3])


def test_a_level_with_a_real_block_made_silent_is_the_middle_frames() -> None:
    keep = shaken(GraphTemporalBlock(8, 8, FIXED))
    shrink = shaken(GraphTemporalBlock(8, 8, FIXED, stride=3, residual=False), seed=1)
    x = features(8, 27)
    torch.testing.assert_close(
        strided_level(x, keep, shrink), x[..., [1, 4, 7, 10, 13, 16, 19, 22, 25]] + shrink(keep(x))
    )
    nn.init.zeros_(shrink.tcn1.bn.weight)
    nn.init.zeros_(shrink.tcn1.bn.bias)
    assert torch.equal(strided_level(x, keep, shrink), x[..., 1::3])


def test_the_graph_stays_finite_in_half_precision_over_long_windows():
    """The undivided sum over channels and 243 frames is beyond what half precision can hold."""
    torch.manual_seed(0)
    convolution = AdaptiveGraphConvolution(96, 96, adjacency(H36M17), dropout=0).half()
    x = torch.randn(1, 96, 17, 243).relu() * 6
    graph = convolution.graph(x.half())
    assert graph.isfinite().all()
    expected = convolution.float().graph(x)
    torch.testing.assert_close(graph.float(), expected, atol=0.05, rtol=0.05)
