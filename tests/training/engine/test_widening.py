"""A wider network, or one that reads scores, begins as the lifter that it takes over."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_training.engine.widening import widened

NARROW = Architecture(window=27, channels=8, in_channels=3, uncertainty=True, gravity=True)


@pytest.fixture(scope="module")
def narrow():
    """A lifter in which everything counts: fresh blocks are nearly their shortcuts."""
    torch.manual_seed(1)
    network = build_lifter(NARROW).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    return network


@pytest.mark.parametrize("channels", [9, 12, 16, 32])
def test_a_wider_network_says_what_the_narrow_one_says(narrow, channels):
    wide = build_lifter(replace(NARROW, channels=channels)).eval()
    own = wide.state_dict()
    taken = {name: widened(name, given, own[name]) for name, given in narrow.state_dict().items()}
    wide.load_state_dict(taken)
    seen = torch.randn(3, 27, 17, 3)
    with torch.no_grad():
        for said, expected in zip(wide(seen), narrow(seen), strict=True):
            assert expected.std() > 0.001
            torch.testing.assert_close(said, expected, atol=1e-4, rtol=1e-4)


def test_the_graphs_of_samples_count_in_that(narrow):
    """A test without them would not see that a product of more channels is divided by more."""
    seen = torch.rand(2, 3, 17, 27)
    graphs = narrow.layers_global[0].gcn1.graph(seen)
    assert (graphs[0] - graphs[1]).abs().max() > 0.001


def test_nothing_is_narrowed():
    wide, narrow = torch.ones(12, 8, 1, 1), torch.zeros(8, 8, 1, 1)
    assert widened("layers_global.1.gcn1.conv_d.0.weight", wide, narrow) is wide
