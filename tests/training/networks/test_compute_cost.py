"""Costs counted by torch against the figures of the field and against counting by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import GLAGCN, ReleasedGLAGCN, build_lifter
from glagcn_training.networks.compute_cost import (
    architecture_macs,
    call_macs,
    count_macs,
    sequence_macs,
)

JOINTS = 17


def paper(**numbers) -> GLAGCN:
    network = build_lifter(Architecture(**({"window": 27, "channels": 8} | numbers)))
    assert isinstance(network, GLAGCN)
    return network


def graph_convolution_by_hand(frames: int, source: int, width: int) -> int:
    """Six embeddings, three similarities, three mixings, three 1x1 convolutions, shortcut."""
    positions, embedding = frames * JOINTS, width // 4
    embeddings = 6 * positions * source * embedding
    similarities = 3 * JOINTS * JOINTS * embedding * frames
    mixings = 3 * source * frames * JOINTS * JOINTS
    convolutions = 3 * positions * source * width
    shortcut = 0 if source == width else positions * source * width
    return embeddings + similarities + mixings + convolutions + shortcut


def sequence_by_hand(frames: int, width: int, blocks: int) -> int:
    positions = frames * JOINTS
    total = positions * width * 3  # the head
    for block in range(blocks):
        source = width if block else 2
        total += graph_convolution_by_hand(frames, source, width)
        total += positions * width * width * 9  # along time
        total += 0 if block else positions * source * width  # the residual
    return total


@pytest.mark.parametrize(
    "layer, shape, expected",
    [
        (nn.Linear(5, 7), (3, 5), 3 * 5 * 7),
        (nn.Conv1d(4, 6, 3, stride=3), (2, 4, 9), 2 * 3 * 4 * 6 * 3),
        (nn.Conv2d(4, 6, (9, 1), padding=(4, 0)), (2, 4, 10, 17), 2 * 10 * 17 * 4 * 6 * 9),
        (nn.BatchNorm2d(4), (2, 4, 3, 3), 0),
    ],
)
def test_a_layer_costs_what_one_counts_by_hand(layer, shape, expected) -> None:
    assert call_macs(layer, torch.randn(shape)) == expected


def test_products_are_counted_however_they_are_written() -> None:
    """The graph is a product that repeats its first factor; heads are an einsum."""
    graph, weight = torch.randn(2, 3, 17, 17), torch.randn(17, 8, 3)
    assert call_macs(lambda x: x @ graph, torch.randn(2, 1, 40, 17)) == 2 * 3 * 40 * 17 * 17
    assert (
        call_macs(lambda x: torch.einsum("nctv,vcd->ntvd", x, weight), torch.randn(2, 8, 5, 17))
        == 2 * 5 * 17 * 8 * 3
    )


@pytest.mark.parametrize("window, published", [(27, 0.18e9), (81, 0.54e9), (243, 1.6e9)])
def test_the_released_variant_costs_what_is_known_of_it(window, published) -> None:
    network = ReleasedGLAGCN(Architecture("released", window=window))
    assert count_macs(network) == pytest.approx(published, rel=0.03)


@pytest.mark.parametrize("frames, blocks", [(27, 1), (40, 3)])
def test_the_sequence_branch_costs_what_one_counts_by_hand(frames, blocks) -> None:
    network = paper(window=81, global_blocks=blocks)
    assert sequence_macs(network, frames) == sequence_by_hand(frames, 8, blocks)


def test_counting_neither_runs_nor_changes_the_network() -> None:
    network = paper().train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert count_macs(network) == architecture_macs(network.architecture)
    assert network.training
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)
