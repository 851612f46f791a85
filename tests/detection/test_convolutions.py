from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from glagcn_cli.detection import convolutions
from glagcn_cli.detection.convolutions import Activation, convolve
from glagcn_cli.detection.mobile_blocks import Conv
from tests.helpers.processors import needs_bfloat16

ACTIVATED = {
    "none": lambda x: x,
    "relu": functional.relu,
    "relu6": functional.relu6,
    "silu": functional.silu,
}


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    convolutions._can_fuse.cache_clear()
    yield
    convolutions._can_fuse.cache_clear()


def _layer(groups: int) -> tuple[Tensor, Tensor, Tensor]:
    """Input, weight and bias whose results fall below 0 and above 6."""
    random = torch.Generator().manual_seed(5)
    x = torch.randn(2, 6, 8, 10, generator=random) * 4
    weight = torch.randn(6, 6 // groups, 3, 3, generator=random)
    return x, weight, torch.randn(6, generator=random)


@pytest.mark.parametrize("activation", ACTIVATED)
@pytest.mark.parametrize(
    ("stride", "groups", "biased"), [(1, 1, True), (2, 6, True), (1, 6, False)]
)
def test_equals_a_convolution_and_an_activation(
    activation: Activation, stride: int, groups: int, biased: bool
) -> None:
    x, weight, bias = _layer(groups)
    kept = bias if biased else None
    wanted = ACTIVATED[activation](functional.conv2d(x, weight, kept, stride, 1, 1, groups))
    with torch.inference_mode():
        found = convolve(x, weight, kept, stride, 1, groups, activation)
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)
    assert (wanted < 0).any() or activation != "none"
    assert (wanted >= 6).any(), "the bound must matter"


@needs_bfloat16
def test_computes_in_the_precision_of_autocast() -> None:
    x, weight, bias = _layer(1)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        found = convolve(x, weight, bias, 1, 1, 1, "relu6")
        wanted = functional.relu6(functional.conv2d(x, weight, bias, 1, 1))
    assert found.dtype == wanted.dtype == torch.bfloat16
    torch.testing.assert_close(found, wanted, atol=0.1, rtol=0.02)


def test_with_gradients_there_are_gradients() -> None:
    x, weight, bias = _layer(1)
    convolve(x, weight.requires_grad_(), bias, 1, 1, 1, "relu").sum().backward()
    assert weight.grad is not None
    assert weight.grad.abs().sum() > 0


@pytest.mark.parametrize("broken", ["absent", "wrong"])
def test_does_without_an_operator_that_is_absent_or_wrong(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stand_in(x: Tensor, *_: object) -> Tensor:
        if broken == "absent":
            raise AttributeError("no such operator")
        return torch.zeros_like(x)

    monkeypatch.setattr(convolutions, "_fused", stand_in)
    x, weight, bias = _layer(1)
    with torch.inference_mode():
        found = convolve(x, weight, bias, 1, 1, 1, "relu6")
    assert torch.equal(found, functional.relu6(functional.conv2d(x, weight, bias, 1, 1)))


def test_this_machine_fuses_if_its_torch_can() -> None:
    if not torch.backends.mkldnn.is_available():
        pytest.skip("torch without oneDNN")
    assert convolutions._can_fuse(), "the operator has changed: everything works, but slower"


@pytest.mark.parametrize("depthwise", [False, True])
def test_a_stride_of_two_pads_below_and_right_only(depthwise: bool) -> None:
    layer = Conv(4, 4, 3, 2, depthwise=depthwise).requires_grad_(False)
    x = torch.randn(2, 4, 8, 6)
    padded = functional.pad(x, (0, 1, 0, 1))
    wanted = functional.conv2d(padded, layer.weight, layer.bias, 2, groups=4 if depthwise else 1)
    torch.testing.assert_close(layer(x), wanted)
