"""RTMDet's convolutions find their places in the network."""

from __future__ import annotations

import click
import numpy as np
import pytest
import torch

from glagcn_cli.detection import models
from glagcn_cli.detection.openmmlab import building
from glagcn_cli.detection.rtmdet.network import RTMDetNano
from glagcn_weights.convert_rtmdet import Convolution, running_order, to_state_dict

ODD_NAME = "what an exporter calls a convolution with a batch norm folded in"


@pytest.fixture(scope="module")
def network() -> RTMDetNano:
    torch.manual_seed(0)
    return RTMDetNano().eval()


@pytest.fixture
def exported(network: RTMDetNano) -> list[Convolution]:
    """Convolutions of a random network as a file has them."""
    state = {name: value.numpy() for name, value in network.state_dict().items()}
    return [
        (ODD_NAME if ".conv" in name else f"{name}.weight", state[f"{name}.weight"], bias)
        for name in running_order(RTMDetNano())
        for bias in [state[f"{name}.bias"]]
    ]


def test_every_convolution_comes_to_its_place(
    network: RTMDetNano, exported: list[Convolution]
) -> None:
    found = to_state_dict(exported, torch.float32)
    for name, value in network.state_dict().items():
        assert torch.equal(found[name], value), name


def test_shipped_weights_are_in_half_precision(exported: list[Convolution]) -> None:
    assert {value.dtype for value in to_state_dict(exported).values()} == {torch.half}
    shipped = building.read_checkpoint(models.find_files("rtmdet-nano", "detector")[1])
    assert {value.dtype for value in shipped["state_dict"].values()} == {torch.half}
    assert shipped["meta"]["licence"] == "Apache-2.0"


def test_convolutions_run_in_mmdets_order() -> None:
    model = building.bare_model(
        building.read_config(models.find_config("rtmdet-nano")), "mmdet"
    ).eval()
    order: list[str] = []
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda *_, name=name: order.append(name))
    with torch.no_grad():
        model(torch.zeros(1, 3, 64, 64))
    assert order == running_order(RTMDetNano())
    assert len(order) == 123


def test_convolutions_of_another_network_are_refused(exported: list[Convolution]) -> None:
    with pytest.raises(click.ClickException, match="122 convolutions, the network 123"):
        to_state_dict(exported[:-1])
    with pytest.raises(click.ClickException, match="does not fit"):
        to_state_dict([*exported[1:], exported[0]])
    name = next(place for place, (stored, *_) in enumerate(exported) if "rtm_cls" in stored)
    exported[name] = ("bbox_head.rtm_reg.0.weight", *exported[name][1:])
    with pytest.raises(click.ClickException, match="does not fit"):
        to_state_dict(exported)


def test_maps_do_not_depend_on_fused_convolutions(network: RTMDetNano) -> None:
    picture = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with_gradients = network(picture)  # convolved and activated one after the other
    with torch.inference_mode():
        fused = network(picture)
    for maps, others in zip(with_gradients, fused, strict=True):
        for one, other in zip(maps, others, strict=True):
            np.testing.assert_allclose(one.detach(), other, atol=1e-4)
